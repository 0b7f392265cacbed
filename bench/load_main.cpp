// quorate-bench: the load generator. See options.cpp for what it takes.
#include <sys/resource.h>

#include <cstdio>
#include <string>
#include <vector>

#include "bench/load.h"

namespace {

int fail(const base::Error& error) {
  std::fprintf(stderr, "quorate-bench: %s\n", error.text().c_str());
  return 1;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void print(const bench::Load& load, double cpu) {
  const bench::Tally& tally = load.tally();
  const auto us = [&tally](double q) {
    return static_cast<double>(tally.latencies.quantile(q)) / 1e3;
  };
  std::printf(
      "{\"ops\": %.1f, \"replies\": %llu, \"total\": %llu, \"errors\": %llu, \"mean_us\": %.1f, "
      "\"p50_us\": %.1f, "
      "\"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, \"generator_cpu_s\": %.3f}\n",
      static_cast<double>(tally.measured) / load.measured_seconds(),
      static_cast<unsigned long long>(tally.measured),
      static_cast<unsigned long long>(tally.replies), static_cast<unsigned long long>(tally.errors),
      tally.latencies.mean() / 1e3, us(0.5), us(0.99), us(0.999),
      static_cast<double>(tally.latencies.max()) / 1e3, cpu);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "--help") return std::fputs(bench::kHelp, stdout), 0;
  const auto options = bench::parse_options(arguments);
  if (!options.ok()) return fail(options.error());
  constexpr double kLeaderWithinSeconds = 15;
  const auto leader =
      bench::find_leader(options.value().host, options.value().port, kLeaderWithinSeconds);
  if (!leader.ok()) return fail(leader.error());
  bench::Load load(options.value());
  base::Status status = load.connect(leader.value().first, leader.value().second);
  if (status.ok() && options.value().fills) status = load.fill();
  if (!status.ok()) return fail(status.error());
  const double cpu_before = cpu_seconds();
  status = load.run();
  print(load, cpu_seconds() - cpu_before);
  return status.ok() ? 0 : fail(status.error());
}
