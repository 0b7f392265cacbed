// Checkpoints and loading of the state: system rows (keyspace 0: log time, database names,
// settings, watches) are written whole each time, key rows as far as they changed (DESIGN decision
// 18).
#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "engine/scripts/script_state.h"
#include "engine/state/state.h"

namespace engine {
namespace {

// Version 4 has scripts, version 5 has functions too; a state without any is written as before.
constexpr std::uint8_t kSystemVersion = 5, kSystemWithScripts = 4, kSystemWithoutScripts = 3;
constexpr std::size_t kSystemPieceBytes = base::limits::kRecordBytesMax / 2;

base::Error row_error(const base::Row& row, std::string detail) {
  return {.cause = base::Cause::kCorrupt,
          .operation = "load row",
          .object = "keyspace " + std::to_string(row.key.keyspace) + " position " +
                    std::to_string(row.key.position),
          .detail = std::move(detail)};
}

std::string unknown_rules(std::uint32_t rules) {
  return "it was made by rules " + std::to_string(rules) + ", this program knows those up to " +
         std::to_string(kRulesKnown) + ": start a newer one here";
}

}  // namespace

std::string State::encode_system(const AppliedDigest& digest) const {
  std::string bytes;
  base::Encoder out(bytes);
  const std::uint8_t version = !script_state->libraries.empty() ? kSystemVersion
                               : !script_state->cache.empty()   ? kSystemWithScripts
                                                                : kSystemWithoutScripts;
  out.u8(version);
  out.i64(time_ms);
  out.u64(next_keyspace_id);
  out.varint(databases.size());
  for (const auto& keyspace : databases) out.u64(keyspace->id());
  out.varint(settings.all().size());
  for (const auto& [name, value] : settings.all()) {
    out.bytes(name);
    out.bytes(value);
  }
  watches.encode(bytes);
  waiters.encode(bytes);
  out.u32(rules);
  out.u64(digest.since.value());
  out.u64(digest.value);
  if (version >= kSystemWithScripts) script_state->cache.encode(out);
  if (version >= kSystemVersion) script_state->libraries.encode(out);
  return bytes;
}

void State::emit_system(std::vector<base::Row>& rows) {
  const std::string bytes = encode_system(applied);
  std::uint64_t position = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kSystemPieceBytes) {
    rows.push_back({{0, position++, 0, 0}, bytes.substr(at, kSystemPieceBytes)});
  }
  // As many as the store may hold, of a checkpoint that was given up too.
  for (std::uint64_t old = position; old < system_rows_stored_; ++old)
    rows.push_back({{0, old, 0, 0}, {}});
  system_rows_emitted_ = position;
  system_rows_stored_ = std::max(system_rows_stored_, position);
}

void State::begin_checkpoint(bool is_full) {
  is_checkpointing_ = true;
  system_rows_.clear();
  emit_system(system_rows_);
  for (auto& keyspace : databases) keyspace->freeze(is_full);
  // Flushed before this moment: no part of this state.
  dropped_frozen_.insert(dropped_frozen_.end(), dropped_.begin(), dropped_.end());
  dropped_.clear();
  is_dropped_sent_ = false;
  for (auto& keyspace : retired_) keyspace->abandon_checkpoint();
  retired_.erase(
      std::remove_if(retired_.begin(), retired_.end(), [](auto& k) { return k->free_some(0); }),
      retired_.end());
}

bool State::take_rows(std::size_t bytes_max, std::vector<base::Row>& rows,
                      std::vector<std::uint64_t>& dropped) {
  for (base::Row& row : system_rows_) rows.push_back(std::move(row));
  system_rows_.clear();
  if (!std::exchange(is_dropped_sent_, true))
    dropped.insert(dropped.end(), dropped_frozen_.begin(), dropped_frozen_.end());
  bool is_done = true;
  std::size_t budget = bytes_max;
  for (auto& keyspace : retired_) is_done &= keyspace->emit(budget, rows);
  for (auto& keyspace : databases) is_done &= keyspace->emit(budget, rows);
  return is_done;
}

void State::finish_checkpoint() {
  is_checkpointing_ = false;
  dropped_frozen_.clear();
  system_rows_stored_ = system_rows_emitted_;
  for (auto& keyspace : databases) keyspace->finish_checkpoint();
}

void State::abandon_checkpoint() {
  is_checkpointing_ = false;
  system_rows_.clear();
  for (auto& keyspace : databases) keyspace->abandon_checkpoint();
  for (auto& keyspace : retired_) keyspace->abandon_checkpoint();
}

std::size_t State::backlog_bytes() const {
  std::size_t bytes = 0;
  for (const auto& keyspace : databases) bytes += keyspace->pending_bytes();
  for (const auto& keyspace : retired_) bytes += keyspace->pending_bytes();
  return bytes;
}

Keyspace* State::loading_keyspace(std::uint64_t id) {
  const auto found = std::find_if(databases.begin(), databases.end(),
                                  [id](const auto& k) { return k->id() == id; });
  return found == databases.end() ? nullptr : found->get();
}

bool State::load_system() {
  base::Decoder in(loading_system_);
  const std::uint8_t version = in.u8();
  if (version < 1 || version > kSystemVersion) return false;
  time_ms = in.i64();
  next_keyspace_id = in.u64();
  if (in.varint() != databases.size()) return false;
  for (auto& keyspace : databases)
    keyspace = std::make_unique<Keyspace>(in.u64(), graveyard, settings.hash_secret());
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::string_view name = in.bytes();
    if (!settings.set(name, in.bytes())) return false;
  }
  for (auto& keyspace : databases) keyspace->adopt_secret();
  is_system_loaded_ = true;
  if (!watches.decode(in) || (version > 1 && !waiters.decode(in))) return false;
  if (version > 2) {
    rules = in.u32();
    applied.since = base::LogIndex(in.u64());
    applied.value = in.u64();
  }
  if (version > 3 && !script_state->cache.decode(in)) return false;
  if (version > 4 && !script_state->libraries.decode(in)) return false;
  return in.ok() && in.at_end();
}

base::Status State::load_row(const base::Row& row) {
  if (row.key.keyspace == 0) {
    loading_system_ += row.body;
    ++system_rows_stored_;
    return base::success();
  }
  if (!is_system_loaded_ && !load_system())
    return row_error(row, "the rows of the system state before it are malformed");
  if (rules > kRulesKnown) return row_error(row, unknown_rules(rules));
  const bool is_segment = (row.key.keyspace & Segments::kKeyspaceBit) != 0;
  Keyspace* keyspace = loading_keyspace(row.key.keyspace & ~Segments::kKeyspaceBit);
  if (keyspace == nullptr) return row_error(row, "no database has this keyspace");
  if (is_segment ? !keyspace->load_segment(row) : !keyspace->load(row))
    return row_error(row, "malformed or out of order");
  return base::success();
}

base::Status State::finish_load() {
  const base::Row end{};
  if (!is_system_loaded_ && !load_system())
    return row_error(end, "the rows of the system state are malformed");
  if (rules > kRulesKnown) return row_error(end, unknown_rules(rules));
  for (auto& keyspace : databases) {
    if (!keyspace->finish_load())
      return row_error({{keyspace->id(), keyspace->table().size(), 1, 0}, {}},
                       "blocks or segments are missing");
  }
  loading_system_.clear();
  access.begin(time_ms);
  return base::success();
}

}  // namespace engine
