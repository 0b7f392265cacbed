// Clients that wait: what a push costs beside how many wait at its key, what many ready keys cost
// in one step, and what a write costs beside how many wait in XREAD BLOCK for other keys. None of
// them may grow with the crowd but by its logarithm.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "engine/element_stream.h"
#include "engine/engine.h"

namespace {

using Words = std::vector<std::string>;

engine::ClientRef client(std::uint64_t number) {
  return {base::NodeId(1), 1, base::ConnectionId(number)};
}

std::vector<std::string_view> views(const Words& words) { return {words.begin(), words.end()}; }

class Node {
 public:
  void apply(engine::BatchWriter& batch) {
    engine_.begin_entry({.index = base::LogIndex(1), .time_ms = 1, .seed = 1});
    const std::string payload = batch.seal(1, 1);
    stream_.begin(payload);
    while (const engine::Element* element = stream_.next()) {
      out_.clear();
      resp::ReplyWriter reply(out_, 2);
      engine_.apply(*element, reply, effects_);
    }
    engine_.end_entry();
  }
  void call(const Words& words) {
    writer_.command(0, {}, false, views(words));
    apply(writer_);
  }
  void block(std::uint64_t number, const Words& words) {
    writer_.blocking(client(number), 2, 0, {}, false, views(words));
    apply(writer_);
  }
  // Whoever was served since; one at least.
  std::vector<std::uint64_t> take_served() {
    std::vector<std::uint64_t> numbers;
    for (const engine::ServedReply& one : std::exchange(effects_.served, {}))
      numbers.push_back(one.client.connection.value());
    CHECK(!numbers.empty());
    return numbers;
  }
  engine::BatchWriter& writer() { return writer_; }
  engine::Engine& engine() { return engine_; }

 private:
  engine::Engine engine_;
  engine::ElementStream stream_{engine_};
  engine::BatchWriter writer_;
  engine::Effects effects_;
  std::string out_;
};

std::string key(std::uint64_t number) { return "q" + std::to_string(number); }

// The one that was served waits again.
void push(benchmark::State& state) {
  Node node;
  for (std::int64_t i = 1; i <= state.range(0); ++i)
    node.block(static_cast<std::uint64_t>(i), {"BLPOP", "q", "0"});
  for (auto _ : state) {
    node.call({"RPUSH", "q", "a"});
    for (const std::uint64_t served : node.take_served()) node.block(served, {"BLPOP", "q", "0"});
  }
}
BENCHMARK(push)->Name("waiters/RPUSH serves one of so many")->Arg(1000)->Arg(1'000'000);

void add_to_stream(benchmark::State& state) {
  const Words wait = {"XREADGROUP", "GROUP", "g", "c", "NOACK", "BLOCK", "0", "STREAMS", "x", ">"};
  Node node;
  node.call({"XGROUP", "CREATE", "x", "g", "$", "MKSTREAM"});
  for (std::int64_t i = 1; i <= state.range(0); ++i)
    node.block(static_cast<std::uint64_t>(i), wait);
  for (auto _ : state) {
    node.call({"XADD", "x", "MAXLEN", "10", "*", "f", "v"});
    for (const std::uint64_t served : node.take_served()) node.block(served, wait);
  }
}
BENCHMARK(add_to_stream)->Name("waiters/XADD serves one of so many")->Arg(1000)->Arg(1'000'000);

// All keys at which somebody waits become ready in one step.
void touch_all(benchmark::State& state) {
  Node node;
  for (std::int64_t i = 1; i <= state.range(0); ++i)
    node.block(static_cast<std::uint64_t>(i), {"BLPOP", key(static_cast<std::uint64_t>(i)), "0"});
  for (auto _ : state) node.call({"FLUSHDB"});
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(touch_all)->Name("waiters/FLUSHDB, keys waited for")->Arg(1000)->Arg(1'000'000);

void write_beside_readers(benchmark::State& state) {
  Node node;
  for (std::int64_t i = 1; i <= state.range(0); ++i) {
    const auto number = static_cast<std::uint64_t>(i);
    node.engine().stream_watches().watch(base::ConnectionId(number), 0, {key(number)});
  }
  for (auto _ : state) {
    node.call({"SET", "other", "v"});
    benchmark::DoNotOptimize(node.engine().stream_watches().changed());
    node.engine().stream_watches().end_look();
  }
}
BENCHMARK(write_beside_readers)
    ->Name("waiters/SET beside so many XREAD BLOCK of other keys")
    ->Arg(1000)
    ->Arg(1'000'000);

}  // namespace
