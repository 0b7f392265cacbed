// How one connection wants to be told of keys that change (CLIENT TRACKING). Set and undone by
// tracking.h, which keeps its tables in step.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace node {

struct TrackingMode {
  bool is_on = false;
  bool is_broadcast = false;  // BCAST: of all keys with a prefix, whoever read them
  bool opts_in = false, opts_out = false;
  bool no_loop = false;           // not of what it changes itself
  std::int64_t redirect = 0;      // the client that is told instead; 0: itself
  bool is_redirect_lost = false;  // that one was gone when there was something to tell
  std::set<std::string, std::less<>> prefixes;
  // CLIENT CACHING: holds for the next command, or for the whole transaction that begins with it.
  bool has_caching = false;

  // Whether what is read now is remembered.
  [[nodiscard]] bool remembers() const {
    if (!is_on || is_broadcast) return false;
    return opts_in ? has_caching : !(opts_out && has_caching);
  }
};

}  // namespace node
