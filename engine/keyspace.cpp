#include "engine/keyspace.h"

#include <algorithm>

#include "base/check.h"

namespace engine {
namespace {

constexpr std::uint64_t kRow = 0, kValueBlocks = 1, kKeyBlocks = 2;  // RowKey::value

std::uint64_t blocks_for(std::uint64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes; }

}  // namespace

const Entry* Keyspace::find(const HashedKey& key) const {
  const Position position = table_.find(key);
  return position == DenseTable::kNone ? nullptr : &table_.at(position);
}

void Keyspace::touch(Position position) {
  if (frozen_.has(position)) {
    frozen_.remove(position);
    emit_position(position);
  }
  dirty_.add(position);
}

bool Keyspace::assign(const HashedKey& key, Value&& value, std::int64_t expiry_ms) {
  const Position position = table_.find(key);
  if (position == DenseTable::kNone) {
    touch(table_.place_for(key));
    table_.insert(key, std::move(value), expiry_ms);
    return true;
  }
  touch(position);
  table_.assign(position, std::move(value), expiry_ms);
  return false;
}

void Keyspace::replace(Position position, Value&& value) {
  touch(position);
  table_.assign(position, std::move(value), table_.at(position).expiry_ms());
}

void Keyspace::set_expiry(Position position, std::int64_t expiry_ms) {
  touch(position);
  table_.set_expiry(position, expiry_ms);
}

void Keyspace::remove(Position position) {
  touch(position);
  table_.remove(position);
}

void Keyspace::end_step() {
  if (table_.has_holes()) table_.close_holes([this](Position position) { touch(position); });
}

// ---- checkpoint ----

void Keyspace::freeze(bool is_full) {
  // What a checkpoint that was given up had taken counts as changed again; the store may or may not
  // hold its blocks.
  dirty_.add_all(frozen_);
  dirty_.add_all(emitted_);
  for (const auto& [place, blocks] : emitted_blocks_)
    stored_blocks_[place] = std::max(stored_blocks_[place], blocks);
  emitted_blocks_.clear();
  emitted_.clear();
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

// Decides the rows of a frozen position as it is now. A long string is shared, not copied.
void Keyspace::emit_position(Position position) {
  emitted_.add(position);
  was_stored_ = true;
  Pending values{.position = position, .value = kValueBlocks, .has_row = true};
  Pending keys{.position = position, .value = kKeyBlocks};
  if (position < frozen_size_) {
    const Entry& entry = table_.at(position);
    values.row = encode_row(entry);
    if (has_value_blocks(entry)) values.text = entry.value().large();
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
  return pending.next == end;
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
      return true;
    }
    if (budget == 0) return false;
    frozen_.remove(cursor_);
    emit_position(cursor_);
  }
  return false;
}

void Keyspace::finish_checkpoint() {
  CHECK(pending_.empty());
  emitted_.clear();
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
  if (!loading_value_.empty()) loading_.value = Value::from_text(std::move(loading_value_), true);
  loading_value_.clear();
  table_.insert(loading_.key, std::move(loading_.value), loading_.expiry_ms);
  is_loading_ = false;
}

bool Keyspace::load(const base::Row& row) {
  was_stored_ = true;
  if (row.key.value == kRow) {
    auto decoded = decode_row(row.body);
    if (!decoded || is_loading_ || row.key.position != table_.size()) return false;
    loading_ = std::move(*decoded);
    if (loading_.value_bytes > 0)
      stored_blocks_[{row.key.position, kValueBlocks}] = blocks_for(loading_.value_bytes);
    if (loading_.key_bytes > 0)
      stored_blocks_[{row.key.position, kKeyBlocks}] = blocks_for(loading_.key_bytes);
  } else {
    const bool is_key = row.key.value == kKeyBlocks;
    std::uint64_t& missing = is_key ? loading_.key_bytes : loading_.value_bytes;
    std::string& bytes = is_key ? loading_.key : loading_value_;
    if (!is_loading_ || row.key.position != table_.size() || row.key.value > kKeyBlocks)
      return false;
    if (row.key.block != bytes.size() / kBlockBytes ||
        row.body.size() != std::min<std::uint64_t>(missing, kBlockBytes))
      return false;
    bytes.append(row.body);
    missing -= row.body.size();
  }
  is_loading_ = loading_.key_bytes > 0 || loading_.value_bytes > 0;
  if (is_loading_) return true;
  if (find(loading_.key) != nullptr) return false;
  insert_loaded();
  return true;
}

}  // namespace engine
