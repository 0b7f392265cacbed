#include "node/clients/commands/debug_inspect.h"

#include <string>

#include "base/glob.h"
#include "base/limits.h"
#include "base/number.h"
#include "engine/context/context.h"
#include "node/config/directive_value.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

std::optional<engine::Engine::ObjectFacts> object_of(LocalCall& call) {
  auto facts = call.node.engine.object_facts(call.session.modes.database, call.argv[2],
                                             call.node.log_now_ms);
  if (!facts) call.reply.error("ERR no such key");
  return facts;
}

void object(LocalCall& call) {
  const auto facts = object_of(call);
  if (!facts) return;
  std::string text = "Value at:0x" + std::to_string(facts->position) +
                     " refcount:" + std::to_string(facts->references) +
                     " encoding:" + std::string(facts->encoding) +
                     " serializedlength:" + std::to_string(facts->serialized_bytes) +
                     " lru:" + std::to_string(facts->access & 0xFFFFFF) +
                     " lru_seconds_idle:" + std::to_string(facts->idle_s);
  call.reply.status(text);
}

void listpack(LocalCall& call) {
  const auto facts = object_of(call);
  if (!facts) return;
  facts->encoding == "listpack" ? call.reply.status("Listpack structure printed on stdout")
                                : call.reply.error("ERR Not a listpack encoded object.");
}

// As Redis's figures of a table of so many elements whose chains are all short: ours has none.
std::string table_statistics(std::uint64_t elements) {
  std::string text = "Hash table 0 stats (main hash table):\n";
  if (elements == 0) return text + "No stats available for empty dictionaries\n";
  return text + " number of elements: " + std::to_string(elements) + "\n";
}

void database_tables(LocalCall& call) {
  const auto number = base::parse_integer(call.argv[2]);
  if (!number) return call.reply.error("ERR value is not an integer or out of range");
  if (*number < 0 || *number >= base::limits::kDatabases)
    return call.reply.error("ERR Out of range database");
  engine::Engine::DatabaseInfo wanted;
  for (const auto& info : call.node.engine.databases())
    if (info.database == static_cast<std::uint32_t>(*number)) wanted = info;
  call.reply.verbatim("txt", "[Dictionary HT]\n" + table_statistics(wanted.keys) +
                                 "[Expires HT]\n" + table_statistics(wanted.expires));
}

void value_table(LocalCall& call) {
  const auto facts = object_of(call);
  if (!facts) return;
  if (facts->encoding != "hashtable" && facts->encoding != "skiplist") {
    return call.reply.error(
        "ERR The value stored at the specified key is not represented using an hash table");
  }
  call.reply.verbatim("txt", table_statistics(facts->count));
}

// STRINGMATCH-LEN <pattern> <string>
void match(LocalCall& call) {
  call.reply.integer(base::glob_match(call.argv[2], call.argv[3], false) ? 1 : 0);
}

// Accepted: our lists break chunks by list-max-listpack-size alone, and an element above a chunk's
// size always has one of its own.
void packed_threshold(LocalCall& call) {
  constexpr std::uint64_t kThresholdMax = 1ULL << 32;
  const auto bytes = parse_memory(call.argv[2]);
  bytes&&* bytes <= kThresholdMax
      ? call.reply.ok()
      : call.reply.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
}

struct Subcommand {
  std::string_view name;
  std::size_t words;
  void (*run)(LocalCall& call);
};
constexpr Subcommand kSubcommands[] = {
    {"object", 3, object},           {"listpack", 3, listpack},
    {"htstats", 3, database_tables}, {"htstats-key", 3, value_table},
    {"stringmatch-len", 4, match},   {"quicklist-packed-threshold", 3, packed_threshold},
    {"protocol", 3, show_protocol}};

}  // namespace

bool inspect(LocalCall& call) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (!equals_ignoring_case(call.argv[1], subcommand.name)) continue;
    if (call.argv.size() != subcommand.words) return false;
    if (call.node.loading.is_loading) {
      call.reply.error("LOADING Redis is loading the dataset in memory");
    } else {
      subcommand.run(call);
    }
    return true;
  }
  return false;
}

}  // namespace node
