// The pushes of maintenance notifications, in the words that client libraries read
// (docs/decisions/maintenance-notifications.md, where their sources are named). `number` is that of
// the event; seconds are whole ones because the libraries read integers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace node {

// A planned change of the leader begins, and takes so long at most: timeouts are relaxed.
[[nodiscard]] std::string failing_over_notice(std::int64_t number, std::int64_t seconds);
// It is over, whoever leads.
[[nodiscard]] std::string failed_over_notice(std::int64_t number);
// This node ends in so many seconds; `endpoint` ("host:port") takes its place. None: the client
// goes, after half the time, to the address that it knows.
[[nodiscard]] std::string moving_notice(std::int64_t number, std::int64_t seconds,
                                        const std::optional<std::string>& endpoint);

}  // namespace node
