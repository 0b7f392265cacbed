// The table of configuration directives: one line each. What has no meaning in Quorate but is a
// directive of Redis 7.0 stands here too, so that existing files load (with a warning) and CONFIG
// GET answers what tools expect.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace node {

enum class DirectiveKind : std::uint8_t {
  kFlag,
  kInteger,
  kMemory,
  kOctal,
  kChoice,
  kText,
  kWords,
  kHost,  // empty, or a name that is_host allows
  kOutputLimits,
  kPercentiles,
  kEventClasses,  // letters, in an order of their own
  kSavePoints     // pairs of seconds and changes, one blank between words; empty: none
};

enum DirectiveTrait : std::uint8_t {
  kFixed = 1,        // cannot be changed while running
  kReplicated = 2,   // lives in the log (DESIGN decision 8)
  kMeaningless = 4,  // accepted for Redis's sake
  kSecret = 8,       // never shown in lines
  kOurs = 16,        // no directive of Redis
  kProtected = 32,   // cannot be changed while running, in Redis's other words
  kHidden = 64,      // CONFIG GET shows it by its full name only
  kPromise = 128,    // promises what is not there: refused but for its default
};

struct Directive {
  std::string_view name;
  DirectiveKind kind = DirectiveKind::kText;
  std::string_view default_value = {};
  std::uint8_t traits = 0;
  std::int64_t min = 0;
  std::int64_t max = INT64_MAX;
  std::string_view choices = {};    // kChoice: separated by blanks
  std::string_view canonical = {};  // an alias (ziplist names): the directive it stands for
};

[[nodiscard]] std::span<const Directive> all_directives();  // ordered by name
[[nodiscard]] const Directive* find_directive(
    std::string_view name);  // any case; nullptr if unknown

}  // namespace node
