// What one connection wants to be told of planned hand-overs (CLIENT MAINT_NOTIFICATIONS), and what
// it has been told. Set by the command; maintenance.h keeps the second half.
#pragma once

#include <cstdint>

namespace node {

// How the address of another node is written for it (moving-endpoint-type).
enum class MovingEndpoint : std::uint8_t {
  kAddress,  // the host that all nodes announce
  kName,     // the announced host name, where there is one
  kNothing,  // it knows an address of its own where somebody answers
};

struct MaintenanceMode {
  bool is_on = false;
  MovingEndpoint endpoint = MovingEndpoint::kAddress;
  bool knows_of_hand_over = false;  // it was told that one has begun, and not that it is over
  bool is_sent_away = false;        // it was told to go to another node
};

}  // namespace node
