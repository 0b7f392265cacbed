// The batch codec and the engine: SET applied from batches, GET asked, with few keys (in the
// processor's caches) and with a million (in memory).
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/prng.h"
#include "engine/command/table.h"
#include "engine/element_stream.h"
#include "engine/engine.h"

namespace {

constexpr std::size_t kPerBatch = 256;
const std::string kValue(100, 'v');

std::string key_name(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return "key:" + std::string(12 - digits.size(), '0') + digits;
}

std::string batch_of(const std::vector<std::vector<std::string>>& commands) {
  engine::BatchWriter writer;
  for (const auto& command : commands) {
    const std::vector<std::string_view> argv(command.begin(), command.end());
    writer.command(0, {}, false, argv);
  }
  return writer.seal(1, 1);
}

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
  void fill(std::uint64_t keys) {
    for (std::uint64_t first = 0; first < keys; first += kPerBatch) {
      std::vector<std::vector<std::string>> commands;
      for (std::uint64_t i = first; i < std::min(keys, first + kPerBatch); ++i)
        commands.push_back({"SET", key_name(i), kValue});
      apply(batch_of(commands));
    }
  }
  [[nodiscard]] const engine::Engine& engine() const { return engine_; }

 private:
  engine::Engine engine_;
  engine::ElementStream stream_{engine_};
  engine::Effects effects_;
  std::string out_;
};

std::vector<std::string> batches_of_sets(std::uint64_t keys) {
  base::Prng prng(1);
  std::vector<std::string> batches;
  for (int i = 0; i < 256; ++i) {
    std::vector<std::vector<std::string>> commands;
    for (std::size_t k = 0; k < kPerBatch; ++k)
      commands.push_back({"SET", key_name(prng.below(keys)), kValue});
    batches.push_back(batch_of(commands));
  }
  return batches;
}

void write_batch(benchmark::State& state) {
  const std::string name = key_name(42);
  const std::vector<std::string_view> argv = {"SET", name, kValue};
  engine::BatchWriter writer;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kPerBatch; ++i) writer.command(0, {}, false, argv);
    benchmark::DoNotOptimize(writer.seal(1, 1));
  }
}
BENCHMARK(write_batch)->Name("engine/write a batch of 256 SET");

void read_batch(benchmark::State& state) {
  const std::string payload = batches_of_sets(1000).front();
  engine::Element element;
  for (auto _ : state) {
    engine::BatchReader reader(payload);
    while (reader.next(element)) benchmark::DoNotOptimize(element.argv.data());
  }
}
BENCHMARK(read_batch)->Name("engine/read a batch of 256 SET");

void apply_sets(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  Node node;
  node.fill(keys);
  const std::vector<std::string> batches = batches_of_sets(keys);
  std::size_t next = 0;
  for (auto _ : state) node.apply(batches[next++ % batches.size()]);
}
BENCHMARK(apply_sets)->Name("engine/apply 256 SET, keys")->Arg(1000)->Arg(1'000'000);

void query_gets(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  Node node;
  node.fill(keys);
  base::Prng prng(2);
  std::vector<std::string> names;
  for (int i = 0; i < 65536; ++i) names.push_back(key_name(prng.below(keys)));
  const engine::CommandSpec* spec = engine::engine_commands().find("get");
  std::string out;
  std::size_t next = 0;
  for (auto _ : state) {
    const std::vector<std::string_view> argv = {"GET", names[next++ % names.size()]};
    out.clear();
    resp::ReplyWriter reply(out, 2);
    benchmark::DoNotOptimize(
        node.engine().query({.spec = spec, .argv = argv, .now_ms = 1, .seed = 1}, reply));
  }
}
BENCHMARK(query_gets)->Name("engine/GET, keys")->Arg(1000)->Arg(1'000'000);

void find_command(benchmark::State& state) {
  const std::vector<std::string_view> argv = {"SET", "key", "value"};
  for (auto _ : state) benchmark::DoNotOptimize(engine::engine_commands().resolve(argv).spec);
}
BENCHMARK(find_command)->Name("engine/resolve a command");

}  // namespace
