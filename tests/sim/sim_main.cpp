// quorate-sim: runs seeds of the simulator.
//   --seed N        one seed; with --verbose everything that happens
//   --seeds A..B    all of them; --jobs N processes
//   --demand        fail unless the seeds together met what CI asks for
// A failure prints the seed and the commit; the same seed and commit give the same run.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace {

struct Options {
  std::uint64_t first = 1, last = 1;
  unsigned jobs = 1;
  bool is_verbose = false, demands = false;
  std::string commit;
};

std::string commit() {
  std::string text;
  std::FILE* git =
      popen("git -C " QUORATE_SOURCE_DIR " describe --always --dirty 2>/dev/null", "r");
  for (int c = 0; git != nullptr && (c = std::fgetc(git)) != EOF && c != '\n';)
    text.push_back(static_cast<char>(c));
  if (git != nullptr) pclose(git);
  return text;
}

volatile std::sig_atomic_t has_seed = 0;
char seed_text[96];

// A CHECK within the code under test aborts: say which seed it was.
void on_abort(int) {
  if (has_seed != 0) (void)!write(STDERR_FILENO, seed_text, strlen(seed_text));
  _exit(3);
}

void remember_seed(std::uint64_t seed, const Options& options) {
  std::snprintf(seed_text, sizeof seed_text, "FAILED seed %llu (commit %s): aborted\n",
                static_cast<unsigned long long>(seed), options.commit.c_str());
  has_seed = 1;
}

bool run_one(std::uint64_t seed, const Options& options, sim::Counters& counters) {
  remember_seed(seed, options);
  const auto began = std::chrono::steady_clock::now();
  const sim::Result result = sim::simulate(seed, options.is_verbose);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  counters.add(result.counters);
  if (options.first == options.last) {
    std::printf("seed %llu: %.1f virtual seconds in %.2f s, fingerprint %016llx\n%s",
                static_cast<unsigned long long>(seed), result.virtual_seconds, took.count(),
                static_cast<unsigned long long>(result.fingerprint),
                result.counters.text().c_str());
  }
  if (!result.has_failed) return true;
  std::printf("FAILED seed %llu (commit %s): %s\nrun it again: quorate-sim --seed %llu --verbose\n",
              static_cast<unsigned long long>(seed), options.commit.c_str(), result.report.c_str(),
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return false;
}

// The seed that the next idle process takes, in memory that all of them share: no process has a
// long share left when the others are done.
using NextSeed = std::atomic<std::uint64_t>;
static_assert(NextSeed::is_always_lock_free);

NextSeed* share_next_seed(std::uint64_t first) {
  void* memory =
      mmap(nullptr, sizeof(NextSeed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("quorate-sim: memory for the processes to share");
    std::exit(2);
  }
  return new (memory) NextSeed(first);
}

// One seed after the other until none is left; stops at the first failure. What was met goes to
// `out`.
int run_share(const Options& options, NextSeed& next, std::FILE* out) {
  sim::Counters counters;
  for (std::uint64_t seed = next++; seed <= options.last; seed = next++) {
    if (!run_one(seed, options, counters)) return 1;
  }
  std::fputs(counters.text().c_str(), out);
  std::fflush(out);
  return 0;
}

struct Share {
  pid_t process = 0;
  std::FILE* met = nullptr;
};

bool collect(std::vector<Share>& shares, sim::Counters& total) {
  bool are_all_good = true;
  for (Share& share : shares) {
    int status = 0;
    waitpid(share.process, &status, 0);
    are_all_good = are_all_good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    sim::Counters counters;
    std::rewind(share.met);
    char name[64];
    unsigned long long value = 0;
    while (std::fscanf(share.met, "%63s %llu", name, &value) == 2) counters.read(name, value);
    std::fclose(share.met);
    total.add(counters);
  }
  return are_all_good;
}

// Far enough below what 100 seeds meet that another order of events, which any change may bring,
// does not decide.
bool is_enough(const sim::Counters& met) {
  const std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> wanted = {
      {"elections", {met.elections, 700}},
      {"conflicting truncations", {met.truncations, 50}},
      {"snapshot installs", {met.installs, 130}},
      {"crashes inside a checkpoint", {met.checkpoint_crashes, 70}},
      {"checkpoints in SQLite", {met.sqlite_checkpoints, 150}},
      {"changes of members", {met.membership_changes, 100}},
      {"voters made learners", {met.demotions, 3}},
      {"read replicas", {met.read_replicas, 3}},
      {"scans", {met.scans, 1000}},
      {"operations by plain doors", {met.plain, 10000}},
      {"linearizable reads of any node", {met.follower_reads, 10000}},
      {"bounded reads", {met.bounded_reads, 10000}},
      {"local reads", {met.local_reads, 10000}},
      {"reads out of caches", {met.cached_reads, 1000}},
      {"keys out of caches", {met.invalidated, 1000}},
      {"tokens given from queues", {met.served, 10000}},
      {"keyspace events heard", {met.events_heard, 10000}},
  };
  bool is_met = true;
  for (const auto& [name, counts] : wanted) {
    std::printf("%-28s %8llu, at least %llu wanted\n", name.c_str(),
                static_cast<unsigned long long>(counts.first),
                static_cast<unsigned long long>(counts.second));
    is_met = is_met && counts.first >= counts.second;
  }
  for (const auto& [kind, count] : met.faults) {
    constexpr std::uint64_t kOfEachKind = 5;
    if (count < kOfEachKind) std::printf("%-28s %8s, too few\n", kind.c_str(), "fault");
    is_met = is_met && count >= kOfEachKind;
  }
  if (!is_met) std::printf("FAILED: the simulator did not meet what it is for\n");
  // Of some ten thousand histories a few may be too large to be judged.
  constexpr std::uint64_t kUndecidedMost = 20;
  const bool is_decided = met.undecided <= kUndecidedMost;
  if (!is_decided) std::printf("FAILED: too many histories were too large to be judged\n");
  return is_met && is_decided;
}

int run_all(const Options& options) {
  std::vector<Share> shares;
  NextSeed* const next = share_next_seed(options.first);
  for (unsigned i = 0; i < options.jobs; ++i) {
    Share share{.process = 0, .met = std::tmpfile()};
    std::fflush(stdout);
    share.process = fork();
    if (share.process == 0) _exit(run_share(options, *next, share.met));
    shares.push_back(share);
  }
  sim::Counters total;
  const bool are_all_good = collect(shares, total);
  std::printf("seeds %llu..%llu, commit %s\n%s", static_cast<unsigned long long>(options.first),
              static_cast<unsigned long long>(options.last), options.commit.c_str(),
              total.text().c_str());
  if (!are_all_good) return 1;
  return options.demands && !is_enough(total) ? 1 : 0;
}

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--verbose") {
      options.is_verbose = true;
    } else if (word == "--demand") {
      options.demands = true;
    } else if (i + 1 < argc && word == "--jobs") {
      options.jobs = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (i + 1 < argc && (word == "--seed" || word == "--seeds")) {
      char* rest = nullptr;
      options.first = options.last = std::strtoull(argv[++i], &rest, 10);
      if (std::strncmp(rest, "..", 2) == 0) options.last = std::strtoull(rest + 2, &rest, 10);
      if (*rest != '\0') return false;
    } else {
      return false;
    }
  }
  return options.jobs > 0 && options.first <= options.last;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(
        stderr, "usage: quorate-sim [--seed N | --seeds A..B] [--jobs N] [--verbose] [--demand]\n");
    return 2;
  }
  options.commit = commit();
  std::signal(SIGABRT, on_abort);
  if (options.first != options.last) return run_all(options);
  sim::Counters counters;
  return run_one(options.first, options, counters) ? 0 : 1;
}
