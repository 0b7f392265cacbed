// Replicated settings (DESIGN decision 8): those that can change a reply or an order. A change is
// an entry of the log.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types/hash_secret.h"
#include "engine/types/packed_limits.h"

namespace engine {

class Settings {
 public:
  Settings();
  // The value in force; nullopt: no replicated setting of that name.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  // False: unknown name. Values were validated by the node that proposed them (node/config).
  bool set(std::string_view name, std::string_view value);
  [[nodiscard]] std::uint64_t proto_max_bulk_len() const { return proto_max_bulk_len_; }
  [[nodiscard]] PackedLimits hash_limits() const { return hash_; }
  [[nodiscard]] PackedLimits sorted_set_limits() const { return sorted_set_; }
  [[nodiscard]] std::uint64_t set_max_intset_entries() const { return set_max_intset_entries_; }
  [[nodiscard]] std::int64_t list_max_listpack_size() const { return list_max_listpack_size_; }
  [[nodiscard]] std::uint64_t stream_node_max_bytes() const { return stream_node_max_bytes_; }
  [[nodiscard]] std::uint64_t stream_node_max_entries() const { return stream_node_max_entries_; }
  // Budgets (DESIGN decision 25): of the reply to one element of the log or one read, and of what
  // one element may add to the data beyond what came with it.
  [[nodiscard]] std::uint64_t reply_bytes_max() const { return reply_bytes_max_; }
  [[nodiscard]] std::uint64_t growth_bytes_max() const { return growth_bytes_max_; }
  // Drawn by the first leader (node/service_leadership.cpp); nobody outside sees it. Lives as long
  // as the settings.
  [[nodiscard]] const HashSecret& hash_secret() const { return hash_secret_; }
  static constexpr std::string_view kHashSecret = "hash-secret";
  [[nodiscard]] std::uint64_t hll_sparse_max_bytes() const { return hll_sparse_max_bytes_; }
  // Whether notify-keyspace-events asks for events of this class (Redis 7.0: 'A' is all but 'm' and
  // 'n'; 'K' or 'E' is needed).
  [[nodiscard]] bool wants_event(char event_class) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const {
    return values_;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  void adopt_numbers();

  HashSecret hash_secret_;
  std::string event_classes_;
  PackedLimits hash_, sorted_set_;
  std::uint64_t set_max_intset_entries_ = 0;
  std::int64_t list_max_listpack_size_ = 0;
  std::uint64_t stream_node_max_bytes_ = 0, stream_node_max_entries_ = 0;
  std::uint64_t hll_sparse_max_bytes_ = 0;
  std::uint64_t reply_bytes_max_ = 0, growth_bytes_max_ = 0;
  std::uint64_t proto_max_bulk_len_ = 512ULL * 1024 * 1024;
};

}  // namespace engine
