#include "tests/sim/counters.h"

namespace sim {
namespace {

struct Field {
  const char* name;
  std::uint64_t Counters::*value;
};

constexpr Field kFields[] = {
    {"elections", &Counters::elections},
    {"truncations", &Counters::truncations},
    {"installs", &Counters::installs},
    {"checkpoints", &Counters::checkpoints},
    {"sqlite_checkpoints", &Counters::sqlite_checkpoints},
    {"crashes", &Counters::crashes},
    {"checkpoint_crashes", &Counters::checkpoint_crashes},
    {"install_crashes", &Counters::install_crashes},
    {"amnesias", &Counters::amnesias},
    {"torn_disk_actions", &Counters::torn_disk_actions},
    {"stops", &Counters::stops},
    {"disk_deaths", &Counters::disk_deaths},
    {"operations", &Counters::operations},
    {"unknown", &Counters::unknown},
    {"refused", &Counters::refused},
    {"transactions", &Counters::transactions},
    {"lost_watches", &Counters::lost_watches},
    {"redirects", &Counters::redirects},
    {"in_doubt", &Counters::in_doubt},
    {"membership_changes", &Counters::membership_changes},
    {"demotions", &Counters::demotions},
    {"read_replicas", &Counters::read_replicas},
    {"meets", &Counters::meets},
    {"forgets", &Counters::forgets},
    {"failovers", &Counters::failovers},
    {"digests", &Counters::digests},
    {"leased_turns", &Counters::leased_turns},
    {"follower_reads", &Counters::follower_reads},
    {"plain", &Counters::plain},
    {"stale_reads", &Counters::stale_reads},
    {"cached_reads", &Counters::cached_reads},
    {"invalidated", &Counters::invalidated},
    {"scans", &Counters::scans},
    {"mixed", &Counters::mixed},
    {"queued", &Counters::queued},
    {"served", &Counters::served},
    {"published", &Counters::published},
    {"heard", &Counters::heard},
    {"undecided", &Counters::undecided},
    {"virtual_ms", &Counters::virtual_ms},
};

constexpr std::string_view kFaultPrefix = "fault.";

}  // namespace

void Counters::add(const Counters& other) {
  for (const Field& field : kFields) this->*field.value += other.*field.value;
  for (const auto& [kind, count] : other.faults) faults[kind] += count;
}

std::string Counters::text() const {
  std::string text;
  for (const Field& field : kFields)
    text += std::string(field.name) + " " + std::to_string(this->*field.value) + "\n";
  for (const auto& [kind, count] : faults)
    text += std::string(kFaultPrefix) + kind + " " + std::to_string(count) + "\n";
  return text;
}

void Counters::read(const std::string& name, std::uint64_t value) {
  if (name.starts_with(kFaultPrefix)) faults[name.substr(kFaultPrefix.size())] = value;
  for (const Field& field : kFields) {
    if (name == field.name) this->*field.value = value;
  }
}

}  // namespace sim
