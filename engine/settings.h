// Replicated settings (DESIGN decision 8): those that can change a reply or an order. A change is
// an entry of the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

class Settings {
 public:
  Settings();
  // The value in force; nullopt: no replicated setting of that name.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  // False: unknown name. Values were validated by the node that proposed them (node/config).
  bool set(std::string_view name, std::string_view value);
  [[nodiscard]] std::uint64_t proto_max_bulk_len() const { return proto_max_bulk_len_; }
  // Whether notify-keyspace-events asks for events of this class (Redis 7.0: 'A' is all but 'm' and
  // 'n'; 'K' or 'E' is needed).
  [[nodiscard]] bool wants_event(char event_class) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::string event_classes_;
  std::uint64_t proto_max_bulk_len_ = 512ULL * 1024 * 1024;
};

}  // namespace engine
