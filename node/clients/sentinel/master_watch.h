// The events that a Redis Sentinel publishes, derived by comparing what was known with what is.
// Invariants: what is known first is no event; while no master is known nothing is told, and the
// comparison goes on with the last one known. The words are those of Redis Sentinel 7.0.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/clients/sentinel/master_view.h"

namespace node::sentinel {

struct Event {
  std::string channel;  // "+switch-master"
  std::string message;
};

class MasterWatch {
 public:
  explicit MasterWatch(std::string master_name) : name_(std::move(master_name)) {}
  // What has happened since the last view.
  [[nodiscard]] std::vector<Event> take(MasterView now);

 private:
  void compare(const MasterView& now, std::vector<Event>& events) const;
  void tell_switch(const MasterView& now, std::vector<Event>& events) const;
  void tell_state(const MasterView& before, const MasterView& now,
                  std::vector<Event>& events) const;

  std::string name_;
  std::optional<MasterView> former_;
};

}  // namespace node::sentinel
