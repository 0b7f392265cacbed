// What can be wrong with a rule, in the words of Redis 7.0 (behind "Error in ACL SETUSER modifier
// '...': ").
#pragma once

#include <string_view>

namespace engine::users::rule_errors {

inline constexpr std::string_view kUnknown = "Unknown command or category name in ACL";
inline constexpr std::string_view kSyntax = "Syntax error";
inline constexpr std::string_view kFirstWordOfSubcommand =
    "Allowing first-arg of a subcommand is not supported";
inline constexpr std::string_view kKeysAfterAll =
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have "
    "any effect. Try 'resetkeys' to start with an empty list of patterns";
inline constexpr std::string_view kChannelsAfterAll =
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
    "have any effect. Try 'resetchannels' to start with an empty list of channels";
inline constexpr std::string_view kNoSuchPassword =
    "The password you are trying to remove from the user does not exist";
inline constexpr std::string_view kBadHash =
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
    "characters";

}  // namespace engine::users::rule_errors
