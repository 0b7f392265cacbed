#include "engine/rules/settings.h"

#include <algorithm>

#include "base/limits.h"
#include "base/number.h"

namespace engine {

// Defaults of Redis 7.0, but for the budgets, which it does not have.
Settings::Settings()
    : values_{{std::string(kHashSecret), ""},     {"growth-bytes-max", "1073741824"},
              {"reply-bytes-max", "536870912"},   {"hash-max-listpack-entries", "512"},
              {"hash-max-listpack-value", "64"},  {"hll-sparse-max-bytes", "3000"},
              {"list-compress-depth", "0"},       {"list-max-listpack-size", "-2"},
              {"notify-keyspace-events", ""},     {"proto-max-bulk-len", "536870912"},
              {"set-max-intset-entries", "512"},  {"stream-node-max-bytes", "4096"},
              {"stream-node-max-entries", "100"}, {"zset-max-listpack-entries", "128"},
              {"zset-max-listpack-value", "64"}} {
  adopt_numbers();
}

// Values were validated when they were proposed; what is no number counts as 0.
void Settings::adopt_numbers() {
  const auto integer = [this](std::string_view name) {
    return base::parse_integer(values_.find(name)->second).value_or(0);
  };
  const auto count = [&integer](std::string_view name) {
    return static_cast<std::uint64_t>(integer(name));
  };
  hash_ = {count("hash-max-listpack-entries"), count("hash-max-listpack-value")};
  sorted_set_ = {count("zset-max-listpack-entries"), count("zset-max-listpack-value")};
  set_max_intset_entries_ = count("set-max-intset-entries");
  list_max_listpack_size_ = integer("list-max-listpack-size");
  stream_node_max_bytes_ = count("stream-node-max-bytes");
  stream_node_max_entries_ = count("stream-node-max-entries");
  reply_bytes_max_ = count("reply-bytes-max");
  growth_bytes_max_ = count("growth-bytes-max");
  hll_sparse_max_bytes_ = count("hll-sparse-max-bytes");
  hash_secret_ = HashSecret::parse(values_.find(kHashSecret)->second).value_or(kNoSecret);
}

std::optional<std::string> Settings::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

bool Settings::wants_event(char event_class) const {
  const std::string& classes = event_classes_;
  const auto has = [&classes](char c) { return classes.find(c) != std::string::npos; };
  if (classes.empty() || (!has('K') && !has('E'))) return false;
  return has(event_class) || (has('A') && event_class != 'm' && event_class != 'n');
}

bool Settings::set(std::string_view name, std::string_view value) {
  const auto found = values_.find(name);
  if (found == values_.end()) return false;
  found->second = value;
  if (name == "proto-max-bulk-len")
    // A log of an earlier version may say more.
    proto_max_bulk_len_ = std::min(base::parse_unsigned(value).value_or(proto_max_bulk_len_),
                                   base::limits::kProtoBulkBytesMax);
  if (name == "notify-keyspace-events") event_classes_ = value;
  adopt_numbers();
  return true;
}

}  // namespace engine
