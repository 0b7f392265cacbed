// Claims: whatever bytes come behind a right checksum, RESTORE never reads outside them and takes
// no more memory than they can make; what is accepted is saved as something that is accepted and
// saved the same again, under these limits and others; and commands of every type can read it,
// change it, and the state that they make can be loaded again.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/command/table.h"
#include "engine/engine.h"
#include "engine/keyspace/entry.h"
#include "engine/rdb/load.h"
#include "engine/rdb/payload.h"

namespace {

using engine::Settings;
using engine::Value;

std::string dumped(const Value& value) {
  const engine::Entry entry("k", Value(value), engine::kNoExpiry);
  return engine::rdb::dump(entry.value());
}

const Settings& tiny_limits() {
  static const Settings kSettings = [] {
    Settings settings;
    for (const std::string_view name :
         {"hash-max-listpack-entries", "hash-max-listpack-value", "zset-max-listpack-entries",
          "zset-max-listpack-value", "set-max-intset-entries", "list-max-listpack-size"})
      CHECK(settings.set(name, "1"));
    return settings;
  }();
  return kSettings;
}

// True if it was accepted.
bool check_object(std::string_view input, const Settings& settings) {
  auto value = engine::rdb::load_object(input, settings);
  if (!value) return false;
  const std::string once = dumped(*value);
  CHECK(engine::rdb::is_intact(once));
  auto again = engine::rdb::load_object(once, settings);
  CHECK(again.has_value());
  CHECK(again->type() == value->type());
  CHECK(dumped(*again) == once);
  return true;
}

void run(engine::Engine& engine, const std::vector<std::string>& words) {
  const std::vector<std::string_view> argv(words.begin(), words.end());
  const engine::Resolved resolved = engine::engine_commands().resolve(argv);
  CHECK(resolved.error.empty());
  std::string replies;
  resp::ReplyWriter reply(replies, 2);
  if (resolved.spec->scope == engine::Scope::kRead) {
    static_cast<void>(engine.query({.spec = resolved.spec, .argv = argv, .now_ms = 1000}, reply));
    return;
  }
  engine::BatchWriter batch;
  batch.command(0, {}, false, argv);
  const std::string payload = batch.seal(1000, 1);
  engine::BatchReader reader(payload);
  engine::Element element;
  engine::Effects effects;
  static std::uint64_t index = 0;
  engine.begin_entry(
      {base::LogIndex(++index), reader.time_ms(), reader.seed(), reader.content_limit()});
  while (reader.next(element)) engine.apply(element, reply, effects);
  engine.end_entry();
}

const std::vector<std::vector<std::string>>& commands() {
  static const std::vector<std::vector<std::string>> kCommands = {
      {"LRANGE", "k", "0", "-1"},
      {"RPUSH", "k", "12345"},
      {"LSET", "k", "0", "changed"},
      {"LREM", "k", "1", "a"},
      {"SMEMBERS", "k"},
      {"SADD", "k", "12345", "a"},
      {"SREM", "k", "a"},
      {"HGETALL", "k"},
      {"HSET", "k", "f", "v"},
      {"HDEL", "k", "a", "f"},
      {"ZRANGE", "k", "0", "-1", "WITHSCORES"},
      {"ZADD", "k", "1.5", "a", "-3", "12345"},
      {"ZREM", "k", "a"},
      {"XRANGE", "k", "-", "+"},
      {"XINFO", "STREAM", "k", "FULL"},
      {"XADD", "k", "*", "f", "v"},
      {"XGROUP", "CREATE", "k", "fuzz", "0"},
      {"XREADGROUP", "GROUP", "fuzz", "c", "COUNT", "3", "STREAMS", "k", ">"},
      {"XACK", "k", "g", "1-1"},
      {"XTRIM", "k", "MAXLEN", "2"},
      {"APPEND", "k", "x"},
      {"COPY", "k", "copy", "REPLACE"},
      {"DUMP", "k"},
  };
  return kCommands;
}

// Footer: made by dump() of something else would be refused, so the object is put by its own dump.
void check_commands(std::string_view input) {
  const auto value = engine::rdb::load_object(input, Settings());
  CHECK(value.has_value());
  engine::Engine engine;
  run(engine, {"RESTORE", "k", "0", dumped(*value)});
  for (const auto& words : commands()) run(engine, words);
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  engine.begin_checkpoint(true);
  while (!engine.take_checkpoint_rows(1U << 20, rows, dropped)) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static_cast<void>(engine::rdb::is_intact(input));
  static_cast<void>(check_object(input, tiny_limits()));
  if (check_object(input, Settings())) check_commands(input);
  return 0;
}
