// SLOWLOG: the last commands that took longer than slowlog-log-slower-than, of this node alone.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/time.h"
#include "engine/command/command.h"

namespace node {

class SlowLog {
 public:
  struct Entry {
    std::uint64_t id = 0;
    std::int64_t time_s = 0;
    std::int64_t duration_us = 0;
    std::vector<std::string> words;  // shortened as in Redis
    std::string address, name;
  };

  // What is kept of a command.
  [[nodiscard]] static Entry entry_of(engine::Arguments words, std::int64_t time_s,
                                      std::int64_t duration_us, std::string address,
                                      std::string name);
  void add(Entry entry, std::size_t length_max);  // gets its id here
  void shorten(std::size_t length_max);
  void reset() { entries_.clear(); }
  // The newest first.
  [[nodiscard]] const std::deque<Entry>& entries() const { return entries_; }

 private:
  std::deque<Entry> entries_;
  std::uint64_t next_id_ = 0;
};

}  // namespace node
