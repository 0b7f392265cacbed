// What the geo commands share: points, units and distances as arguments and in replies.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/context/context.h"
#include "engine/types/geohash.h"

namespace engine::commands {

// Longitude and latitude at `i` and behind it, or Redis's error is written.
[[nodiscard]] std::optional<GeoPoint> point_argument(ReadContext& context, std::size_t i);
// Metres of the unit at `i`, or Redis's error is written.
[[nodiscard]] std::optional<double> unit_argument(ReadContext& context, std::size_t i);
// A number that may be refused with an error of its own.
[[nodiscard]] std::optional<double> double_argument(
    ReadContext& context, std::size_t i, std::string_view error = "ERR value is not a valid float");

// With so many digits behind the point.
[[nodiscard]] std::string fixed_text(double value, int digits);
void write_distance(resp::ReplyWriter& reply, double distance);
void write_point(resp::ReplyWriter& reply, GeoPoint point);

}  // namespace engine::commands
