// What must not grow with the size of what it touches: SPOP of a few members of a large set, a
// change of one field of a large hash beside the checkpoint that writes it, a slice of what waits
// to be freed. The time is that of one command, of one change with the rows it causes, of one
// slice.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/element_stream.h"
#include "engine/engine.h"

namespace {

using Words = std::vector<std::string>;

// To fill a state takes thousands of times as long as what is measured: once for each measurement.
constexpr std::int64_t kIterations = 2000;

class Node {
 public:
  void call(const Words& words) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    engine::BatchWriter writer;
    writer.command(0, {}, false, argv);
    const std::string payload = writer.seal(1, ++seed_);
    engine.begin_entry({.index = base::LogIndex(1), .time_ms = 1, .seed = seed_});
    stream_.begin(payload);
    while (const engine::Element* element = stream_.next()) {
      out_.clear();
      resp::ReplyWriter reply(out_, 2);
      engine.apply(*element, reply, effects_);
    }
    engine.end_entry();
  }
  // A command for each thousand elements.
  void fill(const Words& begin, std::int64_t count, const std::string& value) {
    for (std::int64_t first = 0; first < count; first += kPerCommand) {
      Words words = begin;
      for (std::int64_t i = first; i < std::min(count, first + kPerCommand); ++i) {
        words.push_back("element:" + std::to_string(i));
        if (!value.empty()) words.push_back(value);
      }
      call(words);
    }
  }
  // Of what has changed since the last one.
  std::size_t checkpoint() {
    engine.begin_checkpoint(false);
    std::size_t bytes = 0;
    for (bool is_done = false; !is_done;) {
      rows_.clear();
      is_done = engine.take_checkpoint_rows(kRowsBytes, rows_, dropped_);
      for (const base::Row& row : rows_) bytes += row.body.size();
    }
    engine.finish_checkpoint();
    return bytes;
  }

  engine::Engine engine;

 private:
  static constexpr std::int64_t kPerCommand = 1000;
  static constexpr std::size_t kRowsBytes = 1 << 20;

  engine::ElementStream stream_{engine};
  engine::Effects effects_;
  std::string out_;
  std::uint64_t seed_ = 0;
  std::vector<base::Row> rows_;
  std::vector<std::uint64_t> dropped_;
};

// What was taken out is put back.
void pop(benchmark::State& state) {
  Node node;
  node.fill({"SADD", "set"}, state.range(0), {});
  std::int64_t next = state.range(0);
  for (auto _ : state) {
    Words back = {"SADD", "set"};
    for (int i = 0; i < 10; ++i) back.push_back("element:" + std::to_string(next++));
    node.call(back);
    node.call({"SPOP", "set", "10"});
  }
}
BENCHMARK(pop)
    ->Name("slices/SADD and SPOP of 10, of so many")
    ->Arg(1000)
    ->Arg(1'000'000)
    ->Iterations(kIterations);

void change_field(benchmark::State& state) {
  const std::string value(300, 'v');
  Node node;
  node.fill({"HSET", "hash"}, state.range(0), value);
  node.checkpoint();
  std::int64_t next = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    next = (next + 7919) % state.range(0);
    node.call({"HSET", "hash", "element:" + std::to_string(next), value});
    bytes += node.checkpoint();
  }
  state.counters["row bytes"] =
      benchmark::Counter(static_cast<double>(bytes), benchmark::Counter::kAvgIterations);
}
BENCHMARK(change_field)
    ->Name("slices/HSET of a field of 300 bytes and its rows, of so many")
    ->Arg(1000)
    ->Arg(1'000'000)
    ->Iterations(kIterations);

// The engine that a snapshot has replaced, or a large value that was dropped: a slice of either.
enum class What { kKeys, kFields };

void bury(Node& node, What what, std::int64_t count) {
  Node old;
  if (what == What::kKeys) old.fill({"MSET"}, count, "value");
  if (what == What::kFields) old.fill({"HSET", "hash"}, count, "value");
  node.engine.bury(std::move(old.engine));
}

void free_slice(benchmark::State& state, What what) {
  constexpr std::size_t kSlice = 256;
  Node node;
  for (auto _ : state) {
    if (node.engine.buried_bytes() == 0) {
      state.PauseTiming();
      bury(node, what, state.range(0));
      CHECK(node.engine.buried_bytes() > 0);
      state.ResumeTiming();
    }
    node.engine.free_buried(kSlice);
  }
}
BENCHMARK_CAPTURE(free_slice, keys, What::kKeys)
    ->Name("slices/free 256 keys of so many")
    ->Arg(1000)
    ->Arg(1'000'000)
    ->Iterations(kIterations);
BENCHMARK_CAPTURE(free_slice, fields, What::kFields)
    ->Name("slices/free 256 fields of so many")
    ->Arg(1000)
    ->Arg(1'000'000)
    ->Iterations(kIterations);

}  // namespace
