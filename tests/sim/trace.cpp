#include "tests/sim/trace.h"

#include <cstdio>

#include "base/crc.h"
#include "base/prng.h"

namespace sim {

namespace {

std::string stamped(Time now, const std::string& who, const std::string& what) {
  char time[32];
  std::snprintf(time, sizeof time, "%10.6f ", static_cast<double>(now) / kSecond);
  return time + who + ": " + what;
}

}  // namespace

void Trace::detail(const std::string& who, const std::string& what) const {
  if (is_verbose_) std::printf("%s\n", stamped(scheduler_.now(), who, what).c_str());
}

void Trace::say(const std::string& who, const std::string& what) {
  std::string line = stamped(scheduler_.now(), who, what);
  note(base::crc32c(line));
  if (is_verbose_) std::printf("%s\n", line.c_str());
  lines_.push_back(std::move(line));
  if (lines_.size() > kLinesKept) lines_.pop_front();
}

void Trace::note(std::uint64_t value) { fingerprint_ = base::mix64(fingerprint_ + value); }

std::string Trace::last_lines() const {
  std::string all;
  for (const std::string& line : lines_) all += line + "\n";
  return all;
}

}  // namespace sim
