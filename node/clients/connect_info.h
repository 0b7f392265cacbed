// By which door a client came, and from where. Values.
#pragma once

#include <cstdint>
#include <string>

namespace node {

enum class Door : std::uint8_t {
  kPort,       // `port` of a node that speaks as one of Redis Cluster
  kPlainPort,  // `plain-port`, and `port` of a node that does not
  kSentinelPort,
  kUnixSocket,  // speaks as `port` does
};

struct ConnectInfo {
  Door door = Door::kPort;
  std::string remote_address;  // "127.0.0.1:51234", or the socket's path and ":0"
  std::string local_address;
  bool is_loopback = false;  // for protected mode
};

}  // namespace node
