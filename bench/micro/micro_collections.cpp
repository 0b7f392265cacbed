// Dense collections, small and large: fields and members of 70 bytes written, read and removed.
// The time is that of one command, in batches of 256.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/prng.h"
#include "engine/command/table.h"
#include "engine/element_stream.h"
#include "engine/engine.h"

namespace {

constexpr std::size_t kPerBatch = 256;

using Command = std::vector<std::string>;

class Node {
 public:
  void apply(std::string_view payload) {
    engine_.begin_entry({.index = base::LogIndex(1), .time_ms = 1, .seed = 1});
    stream_.begin(payload);
    while (const engine::Element* element = stream_.next()) {
      out_.clear();
      resp::ReplyWriter reply(out_, 2);
      engine_.apply(*element, reply, effects_);
    }
    engine_.end_entry();
  }
  void apply_all(const std::vector<Command>& commands) {
    for (std::size_t first = 0; first < commands.size(); first += kPerBatch) {
      engine::BatchWriter writer;
      for (std::size_t i = first; i < std::min(commands.size(), first + kPerBatch); ++i) {
        const std::vector<std::string_view> argv(commands[i].begin(), commands[i].end());
        writer.command(0, {}, false, argv);
      }
      apply(writer.seal(1, 1));
    }
  }
  [[nodiscard]] const engine::Engine& engine() const { return engine_; }

 private:
  engine::Engine engine_;
  engine::ElementStream stream_{engine_};
  engine::Effects effects_;
  std::string out_;
};

// 1000 keys of `members` each, or one key if there are more than a thousand.
std::string key_of(std::uint64_t members, std::uint64_t number) {
  return "key:" + std::to_string(members > 1000 ? 0 : number % 1000);
}

std::string member_of(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "member:" + std::string(63 - digits.size(), '.') + digits;
}

enum class Kind { kHash, kSet, kSortedSet };

Command writing(Kind kind, const std::string& key, std::uint64_t member, std::uint64_t round) {
  switch (kind) {
    case Kind::kHash: return {"HSET", key, member_of(member), "value:" + std::to_string(round)};
    case Kind::kSet: return {"SADD", key, member_of(member)};
    case Kind::kSortedSet: break;
  }
  return {"ZADD", key, std::to_string(round % 1000), member_of(member)};
}

std::vector<Command> filling(Kind kind, std::uint64_t members) {
  std::vector<Command> commands;
  const std::uint64_t keys = members > 1000 ? 1 : 1000;
  for (std::uint64_t key = 0; key < keys; ++key) {
    for (std::uint64_t member = 0; member < members; ++member)
      commands.push_back(writing(kind, key_of(members, key), member, member));
  }
  return commands;
}

std::vector<std::string> batches(const std::vector<Command>& commands) {
  std::vector<std::string> payloads;
  for (std::size_t first = 0; first + kPerBatch <= commands.size(); first += kPerBatch) {
    engine::BatchWriter writer;
    for (std::size_t i = first; i < first + kPerBatch; ++i) {
      const std::vector<std::string_view> argv(commands[i].begin(), commands[i].end());
      writer.command(0, {}, false, argv);
    }
    payloads.push_back(writer.seal(1, 1));
  }
  return payloads;
}

void apply_in_turn(benchmark::State& state, Node& node, const std::vector<Command>& commands) {
  const std::vector<std::string> payloads = batches(commands);
  std::size_t next = 0;
  for (auto _ : state) node.apply(payloads[next++ % payloads.size()]);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kPerBatch));
}

void overwrite(benchmark::State& state, Kind kind) {
  const auto members = static_cast<std::uint64_t>(state.range(0));
  Node node;
  node.apply_all(filling(kind, members));
  base::Prng prng(1);
  std::vector<Command> commands;
  for (std::uint64_t i = 0; i < 64 * kPerBatch; ++i)
    commands.push_back(writing(kind, key_of(members, prng.below(1000)), prng.below(members), i));
  apply_in_turn(state, node, commands);
}

// A member goes and comes back, by turns.
void replace(benchmark::State& state, Kind kind) {
  const auto members = static_cast<std::uint64_t>(state.range(0));
  Node node;
  node.apply_all(filling(kind, members));
  base::Prng prng(1);
  std::vector<Command> commands;
  const char* removal = kind == Kind::kHash ? "HDEL" : kind == Kind::kSet ? "SREM" : "ZREM";
  for (std::uint64_t i = 0; i < 32 * kPerBatch; ++i) {
    const std::string key = key_of(members, prng.below(1000));
    const std::uint64_t member = prng.below(members);
    commands.push_back({removal, key, member_of(member)});
    commands.push_back(writing(kind, key, member, i));
  }
  apply_in_turn(state, node, commands);
}

void get(benchmark::State& state, Kind kind) {
  const auto members = static_cast<std::uint64_t>(state.range(0));
  Node node;
  node.apply_all(filling(kind, members));
  base::Prng prng(2);
  std::vector<Command> commands;
  const char* name = kind == Kind::kHash ? "HGET" : kind == Kind::kSet ? "SISMEMBER" : "ZSCORE";
  for (std::uint64_t i = 0; i < 65536; ++i)
    commands.push_back({name, key_of(members, prng.below(1000)), member_of(prng.below(members))});
  const engine::CommandSpec* spec =
      engine::engine_commands().resolve(std::vector<std::string_view>{name, "key", "member"}).spec;
  std::string out;
  std::size_t next = 0;
  for (auto _ : state) {
    const Command& command = commands[next++ % commands.size()];
    const std::vector<std::string_view> argv(command.begin(), command.end());
    out.clear();
    resp::ReplyWriter reply(out, 2);
    benchmark::DoNotOptimize(
        node.engine().query({.spec = spec, .argv = argv, .now_ms = 1, .seed = 1}, reply));
  }
}

#define QUORATE_SIZES ->Arg(5)->Arg(30)->Arg(120)->Arg(1000)->Arg(100'000)
BENCHMARK_CAPTURE(overwrite, HSET, Kind::kHash) QUORATE_SIZES;
BENCHMARK_CAPTURE(overwrite, SADD, Kind::kSet) QUORATE_SIZES;
BENCHMARK_CAPTURE(overwrite, ZADD, Kind::kSortedSet) QUORATE_SIZES;
BENCHMARK_CAPTURE(replace, HDEL, Kind::kHash) QUORATE_SIZES;
BENCHMARK_CAPTURE(replace, SREM, Kind::kSet) QUORATE_SIZES;
BENCHMARK_CAPTURE(replace, ZREM, Kind::kSortedSet) QUORATE_SIZES;
BENCHMARK_CAPTURE(get, HGET, Kind::kHash) QUORATE_SIZES;
BENCHMARK_CAPTURE(get, SISMEMBER, Kind::kSet) QUORATE_SIZES;
BENCHMARK_CAPTURE(get, ZSCORE, Kind::kSortedSet) QUORATE_SIZES;

}  // namespace
