#include "engine/keyspace.h"

#include <algorithm>

#include "base/check.h"
#include "engine/codec.h"

namespace engine {
namespace {

constexpr std::size_t kEntryBytes = sizeof(TableEntry) + 8;  // with its share of the index

}  // namespace

std::size_t Keyspace::cost(const TableEntry& entry) {
  return kEntryBytes + (entry.key.size() > 15 ? entry.key.capacity() + 1 : 0) + entry.value.heap_bytes();
}

const TableEntry* Keyspace::find(std::string_view key) const {
  const Position position = table_.find(key);
  return position == DenseTable::kNone ? nullptr : &table_.at(position);
}

void Keyspace::touch(Position position) {
  if (frozen_.has(position)) {
    early_bytes_ += emit_position(position, early_);
    frozen_.remove(position);
  }
  dirty_.add(position);
}

TableEntry& Keyspace::assign(std::string_view key) {
  const Position position = table_.find(key);
  if (position != DenseTable::kNone) return edit(position);
  touch(table_.place_for(key));
  TableEntry& entry = table_.at(table_.insert(key));
  edited_cost_ = 0;
  edited_had_expiry_ = false;
  return entry;
}

TableEntry& Keyspace::edit(Position position) {
  touch(position);
  TableEntry& entry = table_.at(position);
  edited_cost_ = cost(entry);
  edited_had_expiry_ = entry.expiry_ms != kNoExpiry;
  return entry;
}

void Keyspace::changed(const TableEntry& entry) {
  bytes_ += cost(entry) - edited_cost_;
  const bool has_expiry = entry.expiry_ms != kNoExpiry;
  expires_ += (has_expiry ? 1U : 0U);
  expires_ -= (edited_had_expiry_ ? 1U : 0U);
}

void Keyspace::set_expiry(Position position, std::int64_t expiry_ms) {
  TableEntry& entry = edit(position);
  entry.expiry_ms = expiry_ms;
  changed(entry);
}

void Keyspace::remove(Position position) {
  touch(position);
  const TableEntry& entry = table_.at(position);
  bytes_ -= cost(entry);
  if (entry.expiry_ms != kNoExpiry) --expires_;
  table_.remove(position);
}

void Keyspace::end_step() {
  if (table_.has_holes()) table_.close_holes([this](Position position) { touch(position); });
}

// ---- checkpoint ----

void Keyspace::freeze(bool is_full) {
  clear_early();
  dirty_.add_all(frozen_);   // of a checkpoint that was given up
  dirty_.add_all(emitted_);
  emitted_.clear();
  emitted_blocks_.clear();
  if (is_full) dirty_.add_below(table_.size());
  frozen_ = std::move(dirty_);
  dirty_.clear();
  frozen_size_ = table_.size();
  cursor_ = 0;
}

std::size_t Keyspace::emit_position(Position position, std::vector<base::Row>& rows) {
  emitted_.add(position);
  was_stored_ = true;
  std::uint64_t blocks = 0;
  std::size_t bytes = 0;
  EncodedEntry encoded;
  if (position < frozen_size_) encoded = encode_entry(table_.at(position));
  bytes += encoded.row.size() + sizeof(base::Row);
  rows.push_back({{id_, position, 0, 0}, std::move(encoded.row)});
  for (std::string& block : encoded.blocks) {
    bytes += block.size();
    rows.push_back({{id_, position, 1, blocks++}, std::move(block)});
  }
  const auto stored = stored_blocks_.find(position);
  const std::uint64_t stored_count = stored == stored_blocks_.end() ? 0 : stored->second;
  for (std::uint64_t block = blocks; block < stored_count; ++block) rows.push_back({{id_, position, 1, block}, {}});
  if (blocks > 0 || stored_count > 0) emitted_blocks_[position] = blocks;
  return bytes;
}

bool Keyspace::emit(std::size_t bytes_max, std::vector<base::Row>& rows) {
  std::size_t bytes = 0;
  while (bytes < bytes_max) {
    cursor_ = frozen_.next(cursor_);
    if (cursor_ == Bitmap::kNone) {
      cursor_ = 0;
      frozen_.clear();
      return true;
    }
    bytes += emit_position(cursor_, rows);
    frozen_.remove(cursor_);
  }
  return false;
}

void Keyspace::unfreeze_done() {
  emitted_.clear();
  for (const auto& [position, blocks] : emitted_blocks_) {
    blocks == 0 ? static_cast<void>(stored_blocks_.erase(position)) : static_cast<void>(stored_blocks_[position] = blocks);
  }
  emitted_blocks_.clear();
}

// ---- load ----

bool Keyspace::load(const base::Row& row) {
  was_stored_ = true;
  if (row.key.value != 0) {
    if (row.key.position != loading_ || missing_blocks_ == 0 || row.body.size() > missing_bytes_) return false;
    TableEntry& entry = table_.at(loading_);
    bytes_ -= cost(entry);
    entry.value.edit().append(row.body);
    bytes_ += cost(entry);
    missing_bytes_ -= row.body.size();
    --missing_blocks_;
    return true;
  }
  auto decoded = decode_entry(row.body);
  if (!decoded || missing_blocks_ != 0 || row.key.position != table_.size() || find(decoded->key) != nullptr) return false;
  loading_ = table_.insert(decoded->key);
  TableEntry& entry = table_.at(loading_);
  entry.value = std::move(decoded->value);
  entry.expiry_ms = decoded->expiry_ms;
  if (entry.expiry_ms != kNoExpiry) ++expires_;
  bytes_ += cost(entry);
  missing_blocks_ = decoded->blocks;
  missing_bytes_ = decoded->total_bytes;
  if (decoded->blocks > 0) stored_blocks_[loading_] = decoded->blocks;
  return true;
}

bool Keyspace::finish_load() { return missing_blocks_ == 0 && missing_bytes_ == 0; }

}  // namespace engine
