// Error replies that several commands share, with Redis 7.0's exact texts.
#pragma once

#include <string>
#include <string_view>

namespace engine::errors {

inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kSyntax = "ERR syntax error";
inline constexpr std::string_view kNotInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotFloat = "ERR value is not a valid float";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view kNanOrInfinity = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view kOffset = "ERR offset is out of range";
inline constexpr std::string_view kTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kDatabaseRange = "ERR DB index is out of range";
inline constexpr std::string_view kInvalidCursor = "ERR invalid cursor";
inline constexpr std::string_view kOutOfMemory =
    "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view kReplyTooLarge =
    "ERR the reply would be larger than 'reply-bytes-max'";
inline constexpr std::string_view kGrowthTooLarge =
    "ERR the command would need more memory than 'growth-bytes-max' allows";
inline constexpr std::string_view kSameObject = "ERR source and destination objects are the same";

// An argument as Redis shows it in an error: as far as a C string goes.
[[nodiscard]] inline std::string shown(std::string_view argument) {
  return std::string(argument.substr(0, argument.find('\0')));
}

}  // namespace engine::errors
