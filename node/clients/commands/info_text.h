// The text of one section of INFO: a title, then lines `name:value`.
#pragma once

#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "engine/command/command.h"

namespace node {

using engine::LocalCall;

class InfoText {
 public:
  explicit InfoText(std::string_view title) { text_ = "# " + std::string(title) + "\r\n"; }
  InfoText& line(std::string_view name, std::string_view value) {
    text_ += std::string(name) + ":" + std::string(value) + "\r\n";
    return *this;
  }
  InfoText& number(std::string_view name, std::uint64_t value) {
    return line(name, std::to_string(value));
  }
  InfoText& signed_number(std::string_view name, std::int64_t value) {
    return line(name, std::to_string(value));
  }
  InfoText& real(std::string_view name, double value, const char* unit = "") {
    char digits[64];
    std::snprintf(digits, sizeof digits, "%.2f%s", value, unit);
    return line(name, digits);
  }
  // 967.60K, as redis-cli users know it.
  InfoText& human(std::string_view name, std::uint64_t bytes) {
    static constexpr const char* kUnits[] = {"B", "K", "M", "G", "T"};
    if (bytes < 1024) return line(name, std::to_string(bytes) + "B");
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(kUnits)) value /= 1024, ++unit;
    return real(name, value, kUnits[unit]);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

// ---- info_fields.cpp: what tools look for and this node has little to say of ----
void add_memory_fields(const LocalCall& call, std::uint64_t used_bytes, InfoText& text);
void add_persistence_fields(InfoText& text);
void add_stats_fields(const LocalCall& call, InfoText& text);
void add_replication_fields(const LocalCall& call, InfoText& text);

}  // namespace node
