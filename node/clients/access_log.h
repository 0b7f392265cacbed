// ACL LOG: what was refused here lately, and logins that failed, the newest first. What happens
// again within a minute counts up instead of filling the list. Not state: each node has its own.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.h"

namespace node {

class AccessLog {
 public:
  struct Entry {
    std::string_view reason;   // "command", "key", "channel", "auth": literals
    std::string_view context;  // "toplevel", "multi", "lua": literals
    std::string object, username;
    std::string client;  // as CLIENT LIST shows it
    base::UnixMillis time_ms = 0;
    std::uint64_t count = 1;
  };

  // Keeps at most `count_max` entries.
  void add(Entry entry, std::size_t count_max);
  void clear() { entries_.clear(); }
  [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::deque<Entry> entries_;
};

}  // namespace node
