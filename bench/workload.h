// The commands of a run: prepared once as text, then copied with fresh digits, so that making a
// command costs the generator next to nothing. The sequence follows from the seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/prng.h"
#include "bench/options.h"

namespace bench {

class Workload {
 public:
  explicit Workload(const Options& options);
  // Appends the next command of the mix.
  void append(std::string& out);
  // Appends SET of key `number`, or for the first ones what caches the scripts of the mix.
  void append_fill(std::string& out, std::uint64_t number) const;
  static void append_wait(std::string& out) { out += "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n"; }

 private:
  struct Template {
    std::string text;
    std::size_t key_at = 0;     // where the 12 digits of the key stand
    std::size_t member_at = 0;  // those of a field or member; 0: none
    std::uint64_t keys = 1;
  };
  static Template prepare(const Options& options, Command command);

  std::uint64_t keys_;
  base::Prng prng_;
  Template fill_;
  std::vector<std::string> preparations_;  // instead of the first SETs
  std::vector<Template> templates_;
  std::vector<std::size_t> turns_;  // one template's place per unit of weight
};

}  // namespace bench
