// quorate-steps [SCALE [NAME]]: how long the service thread is held where much memory is taken or
// given back. Keys come one by one; a large value, or a whole database, goes, and commands follow
// one another as they would on a busy node, until everything is freed. For each: how many elements,
// how many steps it took, the longest of them in CPU time of the thread, and how many took more
// than 5 ms. Exit code 1 if any did. SCALE multiplies the numbers of elements (1); NAME: only what
// has it in its name.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "node/service.h"
#include "server/allocator.h"

namespace {

using Words = std::vector<std::string>;

constexpr double kLongestMs = 5;
constexpr const char* kGrowth = "growth, strings one by one";
constexpr std::size_t kPerBatch = 256;

double thread_ms() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

class Node {
 public:
  // One entry with so many commands; its CPU time.
  double apply(const std::vector<Words>& commands) {
    engine::BatchWriter writer;
    for (const Words& words : commands) {
      const std::vector<std::string_view> argv(words.begin(), words.end());
      writer.command(0, {}, false, argv);
    }
    const std::string payload = writer.seal(time_ms_, 1);
    const double begun = thread_ms();
    apply_payload(payload);
    return thread_ms() - begun;
  }
  // Once around the service's turn: what it does about expired keys and fields too.
  double sweep() {
    constexpr std::size_t kKeysMax = 1000, kFieldsMax = 250;
    const double begun = thread_ms();
    engine::BatchWriter writer;
    std::vector<engine::SweptKey> keys;
    const auto expired = engine_.expired(time_ms_, kKeysMax);
    for (const auto& key : expired) keys.push_back({key.database, key.key, key.expiry_ms});
    writer.swept(keys);
    std::vector<engine::SweptFields> hashes;
    const auto fields = engine_.expired_fields(time_ms_, kFieldsMax);
    for (const auto& one : fields)
      hashes.push_back({one.database, one.key, one.first_ms, one.count});
    writer.swept_fields(hashes);
    apply_payload(writer.seal(time_ms_, 1));
    return thread_ms() - begun;
  }
  // A snapshot was installed, with nothing in it.
  double replace() {
    const double begun = thread_ms();
    engine::Engine installed;
    engine::Engine replaced = std::exchange(engine_, std::move(installed));
    engine_.bury(std::move(replaced));
    return thread_ms() - begun;
  }
  void pass(std::int64_t ms) { time_ms_ += ms; }
  [[nodiscard]] std::uint64_t memory_bytes() const { return engine_.memory_bytes(); }

 private:
  void apply_payload(std::string_view payload) {
    engine::BatchReader reader(payload);
    engine_.begin_entry({.index = base::LogIndex(++index_), .time_ms = time_ms_, .seed = 1});
    engine::Element element;
    while (reader.next(element)) {
      out_.clear();
      resp::ReplyWriter reply(out_, 2);
      engine_.apply(element, reply, effects_);
    }
    engine_.end_entry();
  }

  engine::Engine engine_;
  engine::Effects effects_;
  std::string out_;
  std::int64_t time_ms_ = 1'700'000'000'000;
  std::uint64_t index_ = 0;
};

std::uint64_t allocated_bytes() {
  node::ProcessFacts facts;
  server::read_allocator(facts);
  return facts.allocated_bytes;
}

struct Case {
  std::string name;
  std::uint64_t count;
  std::size_t per_command;  // elements that a command of `make` adds
  std::function<Words(std::uint64_t first)> make;
  Words end;                 // makes it go; empty: its time comes, or
  bool is_replaced = false;  // the engine is
};

class Steps {
 public:
  void count(double ms) {
    ++count_;
    longest_ms_ = std::max(longest_ms_, ms);
    late_ += ms > kLongestMs ? 1 : 0;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // `steps`: those until it was done. True if none was too long.
  bool report(const std::string& name, std::uint64_t elements, std::uint64_t steps) const {
    std::printf("%-34s %11llu %9llu steps, longest %7.2f ms, %llu above %.0f ms\n", name.c_str(),
                static_cast<unsigned long long>(elements), static_cast<unsigned long long>(steps),
                longest_ms_, static_cast<unsigned long long>(late_), kLongestMs);
    std::fflush(stdout);
    return late_ == 0;
  }

 private:
  std::uint64_t count_ = 0, late_ = 0;
  double longest_ms_ = 0;
};

// No insert pays for moving the others.
bool grow(std::uint64_t keys) {
  Node node;
  Steps steps;
  const std::string value(100, 'v');
  for (std::uint64_t i = 0; i < keys; ++i)
    steps.count(node.apply({{"SET", "key:" + std::to_string(i), value}}));
  return steps.report(kGrowth, keys, steps.count());
}

// Nothing more goes when as many steps have freed nothing.
constexpr std::uint64_t kIdleSteps = 2000;

bool run(const Case& one) {
  Node node;
  std::vector<Words> commands;
  for (std::uint64_t i = 0; i < one.count; i += one.per_command) {
    commands.push_back(one.make(i));
    if (commands.size() * one.per_command < kPerBatch) continue;
    node.apply(commands);
    commands.clear();
  }
  node.apply(commands);
  node.pass(1'000'000'000);
  Steps steps;
  std::uint64_t last = 0, least = UINT64_MAX;
  if (!one.end.empty()) steps.count(node.apply({one.end}));
  if (one.is_replaced) steps.count(node.replace());
  while (steps.count() < last + kIdleSteps) {
    steps.count(node.apply({{"SET", "small", std::to_string(steps.count() % 10)}}));
    steps.count(node.sweep());
    if (const std::uint64_t now = allocated_bytes(); now < least) least = now, last = steps.count();
  }
  return steps.report(one.name, one.count, last);
}

Words many(Words words, std::uint64_t first, std::size_t count, const Words& before,
           const Words& behind) {
  for (std::uint64_t i = first; i < first + count; ++i) {
    words.insert(words.end(), before.begin(), before.end());
    words.push_back("element:" + std::to_string(i));
    words.insert(words.end(), behind.begin(), behind.end());
  }
  return words;
}

// Many small elements.
std::vector<Case> many_elements(const std::function<std::uint64_t(double)>& of) {
  const std::string value(100, 'v');
  const auto string_at = [value](std::uint64_t i) {
    return Words{"SET", "key:" + std::to_string(i), value};
  };
  const auto expiring = [value](std::uint64_t i) {
    return Words{"SET", "key:" + std::to_string(i), value, "PX", "1000"};
  };
  const auto one_hash = [value](std::uint64_t i) {
    return many({"HSET", "k"}, i, 128, {}, {value});
  };
  const auto one_set = [](std::uint64_t i) { return many({"SADD", "k"}, i, 128, {}, {}); };
  const auto sorted = [](std::uint64_t i) { return many({"ZADD", "k"}, i, 128, {"1"}, {}); };
  const auto list = [](std::uint64_t i) { return many({"RPUSH", "k"}, i, 128, {}, {}); };
  const auto stream = [](std::uint64_t i) {
    return Words{"XADD", "k", std::to_string(i + 1) + "-1", "field", std::to_string(i)};
  };
  // Every other command lets the fields of the one before it expire.
  const auto timed = [](std::uint64_t i) {
    const std::uint64_t first = i / 128 * 64;
    return i % 128 == 0 ? many({"HSET", "k"}, first, 64, {}, {"v"})
                        : many({"HPEXPIRE", "k", "1000", "FIELDS", "64"}, first, 64, {}, {});
  };
  const auto hashes = [](std::uint64_t i) {
    return many({"HSET", "key:" + std::to_string(i)}, 0, 100, {}, {std::string(70, 'v')});
  };
  return {{"FLUSHALL, strings", of(20e6), 1, string_at, {"FLUSHALL"}},
          {"FLUSHALL, hashes of 100", of(10e6), 100, hashes, {"FLUSHALL"}},
          {"another engine, strings", of(20e6), 1, string_at, {}, true},
          {"another engine, a hash", of(10e6), 128, one_hash, {}, true},
          {"expiry, strings", of(2e6), 1, expiring, {}},
          {"expiry, fields of a hash", of(2e6), 64, timed, {}},
          {"UNLINK, a hash", of(10e6), 128, one_hash, {"UNLINK", "k"}},
          {"overwrite, a hash", of(10e6), 128, one_hash, {"SET", "k", "v"}},
          {"UNLINK, a set", of(10e6), 128, one_set, {"UNLINK", "k"}},
          {"UNLINK, a sorted set", of(10e6), 128, sorted, {"UNLINK", "k"}},
          {"UNLINK, a list", of(20e6), 128, list, {"UNLINK", "k"}},
          {"UNLINK, a stream", of(10e6), 1, stream, {"UNLINK", "k"}}};
}

// A few huge ones.
std::vector<Case> huge_elements(const std::function<std::uint64_t(double)>& of) {
  const std::string large(1 << 20, 'L');
  const auto list = [large](std::uint64_t) { return Words{"RPUSH", "k", large}; };
  const auto hash = [large](std::uint64_t i) {
    return Words{"HSET", "k", std::to_string(i), large};
  };
  const auto huge_hash = [](std::uint64_t i) {
    return Words{"HSET", "k", std::to_string(i), std::string(256 << 20, 'H')};
  };
  const auto huge_string = [](std::uint64_t) {
    return Words{"SET", "k", std::string(256 << 20, 'H')};
  };
  return {{"UNLINK, a list of 1 MB elements", of(2000), 1, list, {"UNLINK", "k"}},
          {"UNLINK, a hash of 1 MB values", of(2000), 1, hash, {"UNLINK", "k"}},
          {"UNLINK, a hash of 256 MB values", 8, 1, huge_hash, {"UNLINK", "k"}},
          {"UNLINK, a string of 256 MB", 1, 1, huge_string, {"UNLINK", "k"}}};
}

}  // namespace

int main(int argc, char** argv) {
  if (!server::set_up_allocator()) std::puts("the allocator refused its settings");
  bool is_short = true;
  const double scale = argc > 1 ? std::atof(argv[1]) : 1;
  const auto of = [scale](double count) { return static_cast<std::uint64_t>(count * scale); };
  const std::string wanted = argc > 2 ? argv[2] : "";
  const auto is_wanted = [&wanted](std::string_view name) {
    return name.find(wanted) != std::string_view::npos;
  };
  if (is_wanted(kGrowth)) is_short &= grow(of(20e6));
  for (const auto& cases : {many_elements(of), huge_elements(of)}) {
    for (const Case& one : cases)
      if (is_wanted(one.name)) is_short &= run(one);
  }
  return is_short ? 0 : 1;
}
