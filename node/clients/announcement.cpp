#include "node/clients/announcement.h"

#include <cstdint>

namespace node {

Announcement announcement_of(const Config& config) {
  const auto announced = [&config](const char* name, const char* otherwise) {
    const std::int64_t value = config.integer(name);
    return static_cast<std::uint16_t>(value != 0 ? value : config.integer(otherwise));
  };
  const auto door = [&config](const char* name) {
    return static_cast<std::uint16_t>(config.integer(name));
  };
  return {.host = config.text("cluster-announce-ip"),
          .client_port = announced("cluster-announce-port", "port"),
          .raft_port = announced("cluster-announce-bus-port", "raft-port"),
          .hostname = config.text("cluster-announce-hostname"),
          .plain_port = door(config.hot().cluster_enabled ? "plain-port" : "port"),
          .sentinel_port = door("sentinel-port")};
}

}  // namespace node
