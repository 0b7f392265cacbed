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
    {"crashes", &Counters::crashes},
    {"checkpoint_crashes", &Counters::checkpoint_crashes},
    {"install_crashes", &Counters::install_crashes},
    {"torn_disk_actions", &Counters::torn_disk_actions},
    {"partitions", &Counters::partitions},
    {"breaks", &Counters::breaks},
    {"pauses", &Counters::pauses},
    {"wall_jumps", &Counters::wall_jumps},
    {"full_disks", &Counters::full_disks},
    {"stops", &Counters::stops},
    {"operations", &Counters::operations},
    {"unknown", &Counters::unknown},
    {"refused", &Counters::refused},
    {"transactions", &Counters::transactions},
    {"lost_watches", &Counters::lost_watches},
    {"redirects", &Counters::redirects},
    {"in_doubt", &Counters::in_doubt},
    {"digests", &Counters::digests},
    {"scans", &Counters::scans},
    {"mixed", &Counters::mixed},
    {"queued", &Counters::queued},
    {"served", &Counters::served},
    {"undecided", &Counters::undecided},
};

}  // namespace

void Counters::add(const Counters& other) {
  for (const Field& field : kFields) this->*field.value += other.*field.value;
}

std::string Counters::text() const {
  std::string text;
  for (const Field& field : kFields)
    text += std::string(field.name) + " " + std::to_string(this->*field.value) + "\n";
  return text;
}

void Counters::read(const std::string& name, std::uint64_t value) {
  for (const Field& field : kFields) {
    if (name == field.name) this->*field.value = value;
  }
}

}  // namespace sim
