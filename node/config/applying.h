// Which element of the log the service is carrying out just now, in memory that outlives the
// process: if carrying it out ends the process, the next start knows what did (DESIGN decision 7).
// The memory is the driver's (server/applying_page.h); the service stores numbers and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace node {

struct Applying {
  // volatile: the last store before a death counts, whoever reads it.
  volatile std::uint64_t index = 0;    // of the entry; 0: none is being applied
  volatile std::uint64_t element = 0;  // within it, from 0
};

// What raft-skip-entry leaves out: "N", a whole entry, or "N:K", its element K.
struct SkippedEntry {
  std::uint64_t index = 0;  // 0: nothing
  bool is_whole = true;
  std::uint64_t element = 0;

  [[nodiscard]] bool leaves_out(std::uint64_t at_index, std::uint64_t at_element) const {
    return index != 0 && index == at_index && (is_whole || element == at_element);
  }
};

// nullopt: neither empty, which is nothing, nor one of the two.
[[nodiscard]] std::optional<SkippedEntry> parse_skipped_entry(std::string_view text);

}  // namespace node
