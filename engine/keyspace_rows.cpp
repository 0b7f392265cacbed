// What checkpoints and loading do with a keyspace: entries become rows, rows become entries (DESIGN
// decision 18; docs/formats.md, chapter Rows).
#include <algorithm>

#include "base/check.h"
#include "engine/keyspace.h"

namespace engine {
namespace {

constexpr std::uint64_t kRow = 0, kValueBlocks = 1, kKeyBlocks = 2;  // RowKey::value

std::uint64_t blocks_for(std::uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes; }

}  // namespace

void Keyspace::freeze(bool is_full) {
  // What a checkpoint that was given up had taken counts as changed again; the store may or may not
  // hold its blocks.
  dirty_.add_all(frozen_);
  dirty_.add_all(emitted_);
  for (const auto& [place, blocks] : emitted_blocks_)
    stored_blocks_[place] = std::max(stored_blocks_[place], blocks);
  emitted_blocks_.clear();
  emitted_.clear();
  for (const auto& segments : written_) segments->abandon();
  for (const auto& segments : gone_frozen_) segments->abandon();
  written_.clear();
  gone_frozen_.insert(gone_frozen_.end(), gone_.begin(), gone_.end());
  gone_.clear();
  forget_frozen();
  if (is_full) dirty_.add_below(table_.size());
  frozen_ = std::move(dirty_);
  dirty_.clear();
  frozen_size_ = table_.size();
  cursor_ = 0;
}

void Keyspace::forget_frozen() {
  frozen_.clear();
  pending_.clear();
  pending_bytes_ = 0;
}

// A collection or a string that is too large for its row gets rows of its own, for ever.
void Keyspace::prepare_segments(const CollectionRef& collection, Pending& pending) {
  if (!collection) return;
  if (collection->segments() == nullptr) {
    if (!wants_segments(ValueView(collection))) return;
    collection->attach(std::make_shared<Segments>(id_, next_value_id_++));
    collection->segments()->dirty_all(collection->segment_end());
  }
  pending.collection = collection;
  pending.segments = collection->segments();
  pending.segments->freeze();
  written_.push_back(pending.segments);
}

// Decides the rows of a frozen position as it is now. A long string is shared, not copied.
void Keyspace::emit_position(Position position) {
  emitted_.add(position);
  was_stored_ = true;
  Pending values{.position = position, .value = kValueBlocks, .has_row = true};
  Pending keys{.position = position, .value = kKeyBlocks};
  if (position < frozen_size_) {
    const Entry& entry = table_.at(position);
    prepare_segments(entry.value().collection_ref(), values);
    values.row = encode_row(entry, values.segments == nullptr ? 0 : values.segments->value());
    if (has_value_blocks(entry)) values.text = entry.large();
    if (has_key_blocks(entry)) keys.text = LargeText(std::string(entry.key()));
  }
  emit_later(std::move(values));
  emit_later(std::move(keys));
}

void Keyspace::emit_later(Pending pending) {
  const BlockPlace place(pending.position, pending.value);
  const auto before = stored_blocks_.find(place);
  pending.blocks_before = before == stored_blocks_.end() ? 0 : before->second;
  pending.blocks = pending.text ? blocks_for(pending.text.bytes().size()) : 0;
  const bool has_blocks = pending.blocks > 0 || pending.blocks_before > 0;
  if (has_blocks) emitted_blocks_[place] = pending.blocks;
  if (!has_blocks && !pending.has_row) return;
  pending_bytes_ += pending.row.size() + (pending.text ? pending.text.bytes().size() : 0);
  pending_.push_back(std::move(pending));
}

// False if the budget ran out before the end of it.
bool Keyspace::take_from(Pending& pending, std::size_t& budget, std::vector<base::Row>& rows) {
  const auto take = [&](std::uint64_t value, std::uint64_t block, std::string body) {
    pending_bytes_ -= body.size();
    budget -= std::min(budget, body.size() + sizeof(base::Row));
    rows.push_back({{id_, pending.position, value, block}, std::move(body)});
  };
  if (std::exchange(pending.has_row, false)) take(kRow, 0, std::exchange(pending.row, {}));
  const std::uint64_t end = std::max(pending.blocks, pending.blocks_before);
  for (; pending.next < end && budget > 0; ++pending.next) {
    const bool is_there = pending.next < pending.blocks;
    take(pending.value, pending.next,
         is_there ? pending.text.bytes().substr(pending.next * kBlockBytes, kBlockBytes)
                  : std::string());
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
    cursor_ = frozen_.next(cursor_);
    if (cursor_ == Bitmap::kNone) {
      cursor_ = 0;
      frozen_.clear();
      return emit_deletions(budget, rows);
    }
    if (budget == 0) return false;
    frozen_.remove(cursor_);
    emit_position(cursor_);
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
  CHECK(pending_.empty());
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

void Keyspace::insert_loaded() {
  if (!loading_value_.empty()) {
    loading_.value =
        loading_.type == Type::kString
            ? Value::from_text(std::move(loading_value_), true)
            : Value::from_packed(loading_.type, loading_.packing, std::move(loading_value_));
  }
  loading_value_.clear();
  if (loading_.value_id != 0) begin_segments();
  table_.insert(loading_.key, std::move(loading_.value), loading_.expiry_ms);
  is_loading_ = false;
}

// Its head is there, its segments follow behind the rows of all keys.
void Keyspace::begin_segments() {
  LoadingValue value;
  value.collection = std::get<CollectionRef>(loading_.value.content());
  value.collection->attach(std::make_shared<Segments>(id_, loading_.value_id));
  value.bytes_before = value.collection->memory_bytes();
  next_value_id_ = std::max(next_value_id_, loading_.value_id + 1);
  loading_values_[loading_.value_id] = std::move(value);
}

bool Keyspace::load(const base::Row& row) {
  was_stored_ = true;
  if (row.key.value == kRow) {
    auto decoded = decode_row(row.body);
    if (!decoded || is_loading_ || row.key.position != table_.size()) return false;
    if (loading_values_.contains(decoded->value_id)) return false;
    loading_ = std::move(*decoded);
    if (loading_.value_bytes > 0)
      stored_blocks_[{row.key.position, kValueBlocks}] = blocks_for(loading_.value_bytes);
    if (loading_.key_bytes > 0)
      stored_blocks_[{row.key.position, kKeyBlocks}] = blocks_for(loading_.key_bytes);
  } else if (!load_block(row)) {
    return false;
  }
  is_loading_ = loading_.key_bytes > 0 || loading_.value_bytes > 0;
  if (is_loading_) return true;
  if (find(loading_.key) != nullptr) return false;
  insert_loaded();
  return true;
}

bool Keyspace::load_block(const base::Row& row) {
  const bool is_key = row.key.value == kKeyBlocks;
  std::uint64_t& missing = is_key ? loading_.key_bytes : loading_.value_bytes;
  std::string& bytes = is_key ? loading_.key : loading_value_;
  if (!is_loading_ || row.key.position != table_.size() || row.key.value > kKeyBlocks) return false;
  if (row.key.block != bytes.size() / kBlockBytes ||
      row.body.size() != std::min<std::uint64_t>(missing, kBlockBytes))
    return false;
  bytes.append(row.body);
  missing -= row.body.size();
  return true;
}

bool Keyspace::finish_segment(LoadingValue& loading) {
  if (loading.pieces == 0) return true;
  loading.collection->segments()->note_stored(loading.segment, loading.pieces);
  loading.pieces = 0;
  return loading.collection->load_segment(loading.segment, std::exchange(loading.bytes, {}));
}

bool Keyspace::load_segment(const base::Row& row) {
  const auto found = loading_values_.find(row.key.position);
  if (is_loading_ || row.key.value != 0 || found == loading_values_.end()) return false;
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
    table_.note_growth(loading.collection->memory_bytes() - loading.bytes_before);
  }
  loading_values_.clear();
  return !is_loading_;
}

}  // namespace engine
