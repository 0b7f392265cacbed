// quorate-server: arguments, configuration file, start.
#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "resp/parser.h"
#include "server/allocator.h"
#include "server/node_process.h"

namespace {

constexpr const char* kHelp =
    "Quorate: a server that speaks the Redis protocol and keeps every acknowledged write on a "
    "majority of its nodes.\n"
    "\n"
    "usage: quorate-server [FILE.conf] [--NAME VALUE ...]\n"
    "       quorate-server --help | --version\n"
    "\n"
    "One node, at once ready:      quorate-server --port 6379 --dir DATA\n"
    "A cluster of three: each with quorate-server --port PORT --raft-port RAFTPORT --dir DATA \\\n"
    "                                --raft-peers HOST:RAFTPORT,HOST:RAFTPORT,HOST:RAFTPORT\n"
    "\n"
    "The directives are those of redis.conf, and:\n"
    "  --raft-peers LIST             all nodes of a new cluster, the same list for each (comma or "
    "blank between)\n"
    "  --raft-port PORT              where peers connect; port + 10000 if not given\n"
    "  --raft-bind ADDRESS ...       addresses for peers; * -::* if not given\n"
    "  --raft-voter yes|no           no: a read replica that never votes nor leads, added by "
    "CLUSTER "
    "MEET; yes\n"
    "  --raft-election-timeout MS    a leader not heard for so long is replaced; 250\n"
    "  --raft-heartbeat-interval MS  50\n"
    "  --raft-catchup-log-max BYTES  log kept for a follower that is late; 1gb\n"
    "  --raft-skip-entry N[:K]       an entry (element) of the log that ends nodes and is left "
    "out\n"
    "  --reply-bytes-max BYTES       largest reply to a command; 512mb\n"
    "  --growth-bytes-max BYTES      the most one command may add to the data; 1gb\n"
    "  --raft-service-timeout MS     a node whose commands block it for so long does not lead; "
    "30000\n"
    "  --read-mode ticket|lease      lease: reads trust the clocks and cost no message; ticket\n"
    "  --raft-clock-drift-max N      percent that leases allow for; 5\n"
    "Often used: --bind --protected-mode --cluster-enabled --requirepass --loglevel --logfile "
    "--maxclients --unixsocket\n";

constexpr int kIncludeDepthMax = 16;

bool read_file(const std::string& path, std::string& text) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  text = all.str();
  return in.good() || in.eof();
}

// Loads a file, included files at their place.
base::Status load_file(node::Config& config, const std::string& path, int depth,
                       std::vector<std::string>& warnings) {
  std::string text, own;
  const auto fail = [&path](std::string detail) {
    return base::Error{.cause = base::Cause::kInvalid,
                       .operation = "configuration",
                       .object = path,
                       .detail = std::move(detail)};
  };
  if (depth > kIncludeDepthMax) return fail("files include each other too deeply");
  if (!read_file(path, text)) return fail("cannot be read");
  const auto load_own = [&]() -> base::Status {
    auto loaded = config.load_text(own, path);
    if (!loaded.ok()) return loaded.error();
    for (std::string& warning : loaded.value().warnings) warnings.push_back(std::move(warning));
    return base::success();
  };
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string> words;
    if (!resp::split_words(line, words) || words.size() != 2 || words[0] != "include") {
      own += line + "\n";
      continue;
    }
    own += "\n";
    base::Status status = load_own();
    if (status.ok()) status = load_file(config, words[1], depth + 1, warnings);
    if (!status.ok()) return status;
    own.assign(static_cast<std::size_t>(std::count(own.begin(), own.end(), '\n')),
               '\n');  // keeps line numbers
  }
  return load_own();
}

int complain(const base::Error& error) {
  std::fprintf(stderr, "quorate-server: %s\nTry quorate-server --help.\n", error.text().c_str());
  return 1;
}

std::string absolute(const std::string& path) {
  char resolved[PATH_MAX];
  return realpath(path.c_str(), resolved) != nullptr ? resolved : path;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
#ifdef QUORATE_FAILPOINTS
  const char* failpoint = std::getenv("QUORATE_FAILPOINT");
  if (failpoint != nullptr && !base::arm_failpoint(failpoint))
    return std::fprintf(stderr, "quorate-server: no such failpoint: %s\n", failpoint), 1;
#endif
  if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h"))
    return std::fputs(kHelp, stdout), 0;
  if (!arguments.empty() && (arguments[0] == "--version" || arguments[0] == "-v"))
    return std::puts("quorate-server 0.1.0 (redis 7.0.15)"), 0;
  node::Config config;
  std::vector<std::string> warnings;
  server::StartedBy started_by{.executable = absolute(argv[0]), .config_file = {}};
  if (!arguments.empty() && !arguments[0].starts_with("--")) {
    const base::Status status = load_file(config, arguments[0], 0, warnings);
    if (!status.ok()) return complain(status.error());
    started_by.config_file = absolute(arguments[0]);
    arguments.erase(arguments.begin());
  }
  const auto loaded = config.load_arguments(arguments);
  if (!loaded.ok()) return complain(loaded.error());
  warnings.insert(warnings.end(), loaded.value().warnings.begin(), loaded.value().warnings.end());
  if (!server::set_up_allocator())
    warnings.emplace_back("the allocator refused its settings: freeing much memory may take long");
  const base::Status finished = config.finish();
  if (!finished.ok()) return complain(finished.error());
  return server::run_node(config, started_by, warnings);
}
