// What checkpoints and loading do with a keyspace: entries become rows, rows become entries (DESIGN
// decision 18; docs/formats.md, chapter Rows).
#include <algorithm>

#include "base/check.h"
#include "base/codec.h"
#include "engine/keyspace.h"

namespace engine {
namespace {

constexpr std::uint64_t kRow = 0, kValueBlocks = 1, kKeyBlocks = 2;  // RowKey::value

constexpr char kKeysVersion = '\x81';  // of a row of keys; those of one key begin with 1 to 4
constexpr std::size_t kPieceBytes = 64 * 1024;  // a row of keys is cut behind the key that ends it

// What is kept costs this beyond its bytes, and may cost so much, or the given part of the memory
// that the keys take.
constexpr std::size_t kKeptCost = 96, kKeptBytes = 16 * 1024 * 1024, kKeptPart = 16;

void make_all_dirty(Collection& collection) {
  const std::uint64_t end = collection.segment_end();
  for (std::uint64_t i = collection.next_segment(0); i < end; i = collection.next_segment(i + 1))
    collection.segments()->make_dirty(i);
}

std::uint64_t blocks_for(std::uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes; }

}  // namespace

void Keyspace::abandon_checkpoint() {
  // What it had taken counts as changed again; the store may or may not hold its blocks.
  dirty_.add_all(frozen_);
  dirty_.add_all(emitted_);
  for (const auto& [place, blocks] : emitted_blocks_)
    stored_blocks_[place] = std::max(stored_blocks_[place], blocks);
  emitted_blocks_.clear();
  emitted_.clear();
  for (const auto& segments : written_) segments->abandon();
  for (const auto& segments : gone_frozen_) segments->abandon();
  written_.clear();
  frozen_.clear();
  pending_.clear();
  kept_.clear();
  draining_from_.reset();
  pending_bytes_ = kept_bytes_ = 0;
}

void Keyspace::freeze(bool is_full) {
  abandon_checkpoint();
  gone_frozen_.insert(gone_frozen_.end(), gone_.begin(), gone_.end());
  gone_.clear();
  if (is_full) dirty_.add_below((table_.size() + kKeysPerRow - 1) / kKeysPerRow);
  is_full_ = is_full;
  frozen_ = std::move(dirty_);
  dirty_.clear();
  frozen_size_ = table_.size();
  cursor_ = 0;
}

// A collection or a string that is too large for its row gets rows of its own, for as long as it
// stays in this keyspace.
void Keyspace::prepare_segments(const CollectionRef& collection, Pending& pending) {
  if (!collection) return;
  const bool was_elsewhere =
      collection->segments() != nullptr && collection->segments()->has_left();
  if (was_elsewhere) collection->attach(nullptr);
  if (collection->segments() == nullptr) {
    if (!wants_segments(ValueView(collection))) return;
    collection->attach(std::make_shared<Segments>(id_, next_value_id_++));
    make_all_dirty(*collection);
  } else if (is_full_) {
    make_all_dirty(*collection);
  }
  pending.collection = collection;
  pending.segments = collection->segments();
  pending.segments->freeze();
  written_.push_back(pending.segments);
}

// A long string is shared, not copied.
std::string Keyspace::decide(Position position) {
  const Entry& entry = table_.at(position);
  Pending values{.position = position, .value = kValueBlocks};
  Pending keys{.position = position, .value = kKeyBlocks};
  prepare_segments(entry.value().collection_ref(), values);
  std::string row = encode_row(entry, values.segments == nullptr ? 0 : values.segments->value());
  if (has_value_blocks(entry)) values.text = entry.large();
  if (has_key_blocks(entry)) keys.text = LargeText(std::string(entry.key()));
  emit_later(std::move(values));
  emit_later(std::move(keys));
  return row;
}

// Its entry is about to change, and its row waits for the sweep.
void Keyspace::keep(Position position) {
  const auto next = kept_.lower_bound(position);
  if (next != kept_.end() && next->first == position) return;
  const auto kept = kept_.emplace_hint(next, position, decide(position));
  kept_bytes_ += kept->second.size() + kKeptCost;
}

std::string Keyspace::take_kept(Kept::iterator& next) {
  std::string row = std::move(next->second);
  kept_bytes_ -= row.size() + kKeptCost;
  next = kept_.erase(next);
  return row;
}

std::size_t Keyspace::kept_bytes_max() const {
  return std::max(kKeptBytes, static_cast<std::size_t>(table_.memory_bytes() / kKeptPart));
}

std::size_t Keyspace::pending_bytes() const {
  const std::size_t most = kept_bytes_max();
  return pending_bytes_ + (kept_bytes_ > most ? kept_bytes_ - most : 0);
}

// The store writes a page of its file once for all rows of a transaction in it: so rows go in
// order, also those that go early because too much is kept for them.
std::optional<Keyspace::RowNumber> Keyspace::next_row() {
  if (kept_bytes_ > kept_bytes_max() && !draining_from_) draining_from_ = 0;
  if (draining_from_) {
    const auto kept = kept_.lower_bound(*draining_from_);
    if (kept != kept_.end()) {
      const RowNumber number = kept->first / kKeysPerRow;
      draining_from_ = (number + 1) * kKeysPerRow;
      return number;
    }
    draining_from_.reset();
  }
  cursor_ = frozen_.next(cursor_);
  if (cursor_ == Bitmap::kNone) return {};
  return cursor_;
}

void Keyspace::emit_row(RowNumber number, std::size_t& budget, std::vector<base::Row>& rows) {
  frozen_.remove(number);
  emitted_.add(number);
  was_stored_ = true;
  const Position first = number * kKeysPerRow;
  std::vector<std::string> pieces;
  auto kept = kept_.lower_bound(first);
  for (Position position = first; position < first + kKeysPerRow; ++position) {
    if (position >= frozen_size_) {  // blocks that are no more
      emit_later({.position = position, .value = kValueBlocks});
      emit_later({.position = position, .value = kKeyBlocks});
      continue;
    }
    const bool is_kept = kept != kept_.end() && kept->first == position;
    const std::string row = is_kept ? take_kept(kept) : decide(position);
    if (pieces.empty() || pieces.back().size() >= kPieceBytes) pieces.emplace_back(1, kKeysVersion);
    base::Encoder(pieces.back()).bytes(row);
  }
  const BlockPlace place(first, kRow);
  const auto stored = stored_blocks_.find(place);
  const std::uint64_t before = stored == stored_blocks_.end() ? 1 : stored->second;
  if (before > 1 || pieces.size() > 1) emitted_blocks_[place] = pieces.size();
  pieces.resize(std::max<std::size_t>(pieces.size(), before));
  for (std::uint64_t i = 0; i < pieces.size(); ++i) {
    budget -= std::min(budget, pieces[i].size() + sizeof(base::Row));
    rows.push_back({{id_, first, kRow, i}, std::move(pieces[i])});
  }
  for (Position position = first + 1; position < first + kKeysPerRow; ++position) {
    if (old_rows_.has(position)) rows.push_back({{id_, position, kRow, 0}, {}});
  }
}

void Keyspace::emit_later(Pending pending) {
  const BlockPlace place(pending.position, pending.value);
  const auto before = stored_blocks_.find(place);
  pending.blocks_before = before == stored_blocks_.end() ? 0 : before->second;
  pending.blocks = pending.text ? blocks_for(pending.text.bytes().size()) : 0;
  const bool has_blocks = pending.blocks > 0 || pending.blocks_before > 0;
  if (has_blocks) emitted_blocks_[place] = pending.blocks;
  if (!has_blocks && pending.segments == nullptr) return;
  pending_bytes_ += pending.text ? pending.text.bytes().size() : 0;
  pending_.push_back(std::move(pending));
}

// False if the budget ran out before the end of it.
bool Keyspace::take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows) {
  const std::uint64_t end = std::max(pending.blocks, pending.blocks_before);
  for (; pending.next < end && budget > 0; ++pending.next) {
    const bool is_there = pending.next < pending.blocks;
    std::string body =
        is_there ? std::string(pending.text.bytes().substr(pending.next * kBlockBytes, kBlockBytes))
                 : std::string();
    pending_bytes_ -= body.size();
    budget -= std::min(budget, body.size() + sizeof(base::Row));
    rows.push_back({{id_, pending.position, pending.value, pending.next}, std::move(body)});
  }
  if (pending.next < end || pending.segments == nullptr) return pending.next == end;
  return pending.segments->emit(*pending.collection, budget, rows);
}

bool Keyspace::take_pending(std::size_t& budget, std::vector<base::Row>& rows) {
  while (!pending_.empty() && budget > 0) {
    if (take_from(pending_.front(), budget, rows)) pending_.pop_front();
  }
  return pending_.empty();
}

bool Keyspace::emit(std::size_t& budget, std::vector<base::Row>& rows) {
  while (take_pending(budget, rows)) {
    if (budget == 0) return false;
    const std::optional<RowNumber> next = next_row();
    if (!next) {
      cursor_ = 0;
      frozen_.clear();
      return emit_deletions(budget, rows);
    }
    emit_row(*next, budget, rows);
  }
  return false;
}

bool Keyspace::emit_deletions(std::size_t& budget, std::vector<base::Row>& rows) {
  for (const auto& segments : gone_frozen_) {
    if (!segments->emit_deletion(budget, rows)) return false;
  }
  return true;
}

void Keyspace::finish_checkpoint() {
  CHECK(pending_.empty() && kept_.empty());
  for (Position position = old_rows_.next(0); position != Bitmap::kNone;
       position = old_rows_.next(position + 1)) {
    if (emitted_.has(position / kKeysPerRow)) old_rows_.remove(position);
  }
  emitted_.clear();
  for (const auto& segments : written_) segments->finish();
  written_.clear();
  gone_frozen_.clear();
  for (const auto& [place, blocks] : emitted_blocks_) {
    if (blocks > 0) {
      stored_blocks_[place] = blocks;
    } else {
      stored_blocks_.erase(place);
    }
  }
  emitted_blocks_.clear();
}

// ---- load ----

// What is complete, up to the first key that is not.
bool Keyspace::insert_loaded() {
  for (; !loading_.empty(); loading_.pop_front()) {
    auto& [entry, value] = loading_.front();
    if (entry.key_bytes > 0 || entry.value_bytes > 0) return true;
    if (find(entry.key) != nullptr || loading_values_.contains(entry.value_id)) return false;
    if (!value.empty()) {
      entry.value = entry.type == Type::kString
                        ? Value::from_text(std::move(value), true)
                        : Value::from_packed(entry.type, entry.packing, std::move(value));
    }
    if (entry.value_id != 0) begin_segments(entry);
    enlist(table_.insert(entry.key, std::move(entry.value), entry.expiry_ms));
  }
  return true;
}

// Its head is there, its segments follow behind the rows of all keys.
void Keyspace::begin_segments(DecodedEntry& entry) {
  LoadingValue value;
  value.collection = std::get<CollectionRef>(entry.value.content());
  value.collection->attach(std::make_shared<Segments>(id_, entry.value_id));
  value.position = table_.size();
  value.bytes_before = value.collection->memory_bytes();
  value.content_before = value.collection->content_bytes();
  next_value_id_ = std::max(next_value_id_, entry.value_id + 1);
  loading_values_[entry.value_id] = std::move(value);
}

void Keyspace::expect_growth(double times) {
  table_.reserve(static_cast<std::uint64_t>(static_cast<double>(table_.size()) * times));
}

bool Keyspace::load(const base::Row& row) {
  was_stored_ = true;
  if (row.key.value != kRow) return load_block(row) && insert_loaded();
  const bool is_old = !row.body.starts_with(kKeysVersion);
  return (is_old ? load_old(row) : load_keys(row)) && insert_loaded();
}

bool Keyspace::load_old(const base::Row& row) {
  if (!loading_.empty() || row.key.position != table_.size() || row.key.block != 0) return false;
  old_rows_.add(row.key.position);
  return load_entry(row.body, row.key.position);
}

// All pieces of a row of keys come before the blocks of any of them.
bool Keyspace::load_keys(const base::Row& row) {
  const Position first = row.key.position, end = first + kKeysPerRow;
  Position next = table_.size() + loading_.size();
  if (row.key.block == 0) loading_pieces_ = 0;
  const bool is_next = row.key.block == 0 ? next == first && loading_.empty() : next > first;
  if (first % kKeysPerRow != 0 || !is_next || row.key.block != loading_pieces_) return false;
  if (++loading_pieces_ > 1) stored_blocks_[{first, kRow}] = loading_pieces_;
  base::Decoder in(std::string_view(row.body).substr(1));
  if (in.at_end()) return false;
  for (; !in.at_end(); ++next) {
    const std::string_view bytes = in.bytes();
    if (!in.ok() || next >= end || !load_entry(bytes, next)) return false;
  }
  return true;
}

bool Keyspace::load_entry(std::string_view bytes, Position position) {
  auto decoded = decode_row(bytes, secret_);
  if (!decoded) return false;
  const std::uint64_t value = decoded->value_bytes, key = decoded->key_bytes;
  if (value > 0) stored_blocks_[{position, kValueBlocks}] = blocks_for(value);
  if (key > 0) stored_blocks_[{position, kKeyBlocks}] = blocks_for(key);
  if (key == 0) table_.prefetch_index(table_.hash_of(decoded->key));
  loading_.push_back({std::move(*decoded), {}});
  return true;
}

bool Keyspace::load_block(const base::Row& row) {
  const std::uint64_t place = row.key.position - table_.size();
  if (row.key.position < table_.size() || place >= loading_.size() || row.key.value > kKeyBlocks)
    return false;
  const bool is_key = row.key.value == kKeyBlocks;
  auto& [entry, value] = loading_[place];
  std::uint64_t& missing = is_key ? entry.key_bytes : entry.value_bytes;
  std::string& bytes = is_key ? entry.key : value;
  if (row.key.block != bytes.size() / kBlockBytes ||
      row.body.size() != std::min<std::uint64_t>(missing, kBlockBytes))
    return false;
  bytes.append(row.body);
  missing -= row.body.size();
  return true;
}

bool Keyspace::finish_segment(LoadingValue& loading) {
  if (loading.pieces == 0) return true;
  const std::uint64_t pieces = std::exchange(loading.pieces, 0);
  if (!loading.collection->load_segment(loading.segment, std::exchange(loading.bytes, {})))
    return false;
  loading.collection->segments()->note_stored(loading.segment, pieces);
  return true;
}

bool Keyspace::load_segment(const base::Row& row) {
  const auto found = loading_values_.find(row.key.position);
  if (!loading_.empty() || row.key.value != 0 || found == loading_values_.end()) return false;
  LoadingValue& loading = found->second;
  const std::uint64_t segment = row.key.block / Segments::kPiecesMax;
  if (segment != loading.segment && !finish_segment(loading)) return false;
  if (row.key.block % Segments::kPiecesMax != loading.pieces) return false;
  loading.segment = segment;
  ++loading.pieces;
  loading.bytes += row.body;
  return true;
}

bool Keyspace::finish_load() {
  for (auto& [id, loading] : loading_values_) {
    if (!finish_segment(loading) || !loading.collection->finish_load()) return false;
    table_.note_growth(loading.collection->memory_bytes() - loading.bytes_before,
                       loading.collection->content_bytes() - loading.content_before);
    enlist(loading.position);
  }
  loading_values_.clear();
  return loading_.empty();
}

}  // namespace engine
