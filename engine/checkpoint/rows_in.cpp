#include "engine/checkpoint/rows_in.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "base/codec.h"

namespace engine::checkpoint {

// What is complete, up to the first key that is not.
bool RowsIn::insert_complete() {
  for (; !loading_.empty(); loading_.pop_front()) {
    auto& [entry, value] = loading_.front();
    if (entry.key_bytes > 0 || entry.value_bytes > 0) return true;
    if (table_.find(entry.key) != DenseTable::kNone || values_.contains(entry.value_id))
      return false;
    if (!value.empty()) {
      entry.value = entry.type == Type::kString
                        ? Value::from_text(std::move(value), true)
                        : Value::from_packed(entry.type, entry.packing, std::move(value));
    }
    if (entry.value_id != 0) begin_segments(entry);
    times_.enlist(table_.at(table_.insert(entry.key, std::move(entry.value), entry.expiry_ms)));
  }
  return true;
}

// Its head is there, its segments follow behind the rows of all keys.
void RowsIn::begin_segments(DecodedEntry& entry) {
  LoadingValue value;
  value.collection = std::get<CollectionRef>(entry.value.content());
  value.collection->attach(std::make_shared<Segments>(id_, entry.value_id));
  value.position = table_.size();
  value.bytes_before = value.collection->memory_bytes();
  value.content_before = value.collection->content_bytes();
  out_.note_value_id(entry.value_id);
  values_[entry.value_id] = std::move(value);
}

bool RowsIn::load(const base::Row& row) {
  out_.note_stored();
  if (row.key.value != kRow) return load_block(row) && insert_complete();
  const bool is_old = !row.body.starts_with(kKeysVersion);
  return (is_old ? load_old(row) : load_keys(row)) && insert_complete();
}

bool RowsIn::load_old(const base::Row& row) {
  if (!loading_.empty() || row.key.position != table_.size() || row.key.block != 0) return false;
  out_.note_old_row(row.key.position);
  return load_entry(row.body, row.key.position);
}

// All pieces of a row of keys come before the blocks of any of them.
bool RowsIn::load_keys(const base::Row& row) {
  const Position first = row.key.position, end = first + kKeysPerRow;
  Position next = table_.size() + loading_.size();
  if (row.key.block == 0) pieces_ = 0;
  const bool is_next = row.key.block == 0 ? next == first && loading_.empty() : next > first;
  if (first % kKeysPerRow != 0 || !is_next || row.key.block != pieces_) return false;
  if (++pieces_ > 1) out_.note_blocks({first, kRow}, pieces_);
  base::Decoder in(std::string_view(row.body).substr(1));
  if (in.at_end()) return false;
  for (; !in.at_end(); ++next) {
    const std::string_view bytes = in.bytes();
    if (!in.ok() || next >= end || !load_entry(bytes, next)) return false;
  }
  return true;
}

bool RowsIn::load_entry(std::string_view bytes, Position position) {
  auto decoded = decode_row(bytes, secret_);
  if (!decoded) return false;
  const std::uint64_t value = decoded->value_bytes, key = decoded->key_bytes;
  if (value > 0) out_.note_blocks({position, kValueBlocks}, blocks_for(value));
  if (key > 0) out_.note_blocks({position, kKeyBlocks}, blocks_for(key));
  if (key == 0) table_.prefetch_index(table_.hash_of(decoded->key));
  loading_.push_back({std::move(*decoded), {}});
  return true;
}

bool RowsIn::load_block(const base::Row& row) {
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

bool RowsIn::finish_segment(LoadingValue& loading) {
  if (loading.pieces == 0) return true;
  const std::uint64_t pieces = std::exchange(loading.pieces, 0);
  if (!loading.collection->load_segment(loading.segment, std::exchange(loading.bytes, {})))
    return false;
  loading.collection->segments()->note_stored(loading.segment, pieces);
  return true;
}

bool RowsIn::load_segment(const base::Row& row) {
  const auto found = values_.find(row.key.position);
  if (!loading_.empty() || row.key.value != 0 || found == values_.end()) return false;
  LoadingValue& loading = found->second;
  const std::uint64_t segment = row.key.block / Segments::kPiecesMax;
  if (segment != loading.segment && !finish_segment(loading)) return false;
  if (row.key.block % Segments::kPiecesMax != loading.pieces) return false;
  loading.segment = segment;
  ++loading.pieces;
  loading.bytes += row.body;
  return true;
}

bool RowsIn::finish() {
  for (auto& [id, loading] : values_) {
    if (!finish_segment(loading) || !loading.collection->finish_load()) return false;
    note_growth(loading);
    times_.enlist(table_.at(loading.position));
  }
  values_.clear();
  return loading_.empty();
}

void RowsIn::abandon() {
  loading_.clear();
  for (auto& [id, loading] : values_) note_growth(loading);
  values_.clear();
}

// The table counts of a collection what it had when it was put there.
void RowsIn::note_growth(const LoadingValue& loading) {
  table_.note_growth(loading.collection->memory_bytes() - loading.bytes_before,
                     loading.collection->content_bytes() - loading.content_before);
}

}  // namespace engine::checkpoint
