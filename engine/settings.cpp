#include "engine/settings.h"

#include "base/number.h"

namespace engine {

// Defaults of Redis 7.0.
Settings::Settings()
    : values_{{"hash-max-listpack-entries", "512"}, {"hash-max-listpack-value", "64"},
              {"hll-sparse-max-bytes", "3000"},     {"list-compress-depth", "0"},
              {"list-max-listpack-size", "-2"},     {"notify-keyspace-events", ""},
              {"proto-max-bulk-len", "536870912"},  {"set-max-intset-entries", "512"},
              {"stream-node-max-bytes", "4096"},    {"stream-node-max-entries", "100"},
              {"zset-max-listpack-entries", "128"}, {"zset-max-listpack-value", "64"}} {}

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
    proto_max_bulk_len_ = base::parse_unsigned(value).value_or(proto_max_bulk_len_);
  if (name == "notify-keyspace-events") event_classes_ = value;
  return true;
}

}  // namespace engine
