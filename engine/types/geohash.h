// Places on the earth as 52 bits: halving longitude and latitude in turn, 26 times each, gives a
// number whose order keeps neighbours together, which a sorted set holds as a score. The bits are
// Redis's, whose latitudes end at +-85.05112878 degrees, where the square map of the world does.
#pragma once

#include <cstdint>
#include <string>

namespace engine {

inline constexpr double kEarthRadiusM = 6372797.560856;
inline constexpr double kRadiansPerDegree = 0.017453292519943295;
[[nodiscard]] inline double geo_radians(double degrees) { return degrees * kRadiansPerDegree; }

// In degrees.
struct GeoPoint {
  double longitude = 0, latitude = 0;
};

struct GeoBounds {
  GeoPoint low, high;
};

// One of 4^step cells. A point on the eastern or northern edge of the world lies one behind the
// last column or row, and the bits say so.
struct GeoCell {
  std::uint64_t bits = 0;
  int step = 0;

  friend bool operator==(const GeoCell&, const GeoCell&) = default;
};

inline constexpr int kGeoStepMax = 26;
inline constexpr double kGeoLongitudeMax = 180, kGeoLatitudeMax = 85.05112878;

[[nodiscard]] bool is_on_map(GeoPoint point);
// `point` is on the map, 1 <= step <= kGeoStepMax.
[[nodiscard]] GeoCell geo_cell_of(GeoPoint point, int step);
[[nodiscard]] GeoBounds geo_bounds_of(GeoCell cell);
// The cell so many columns further east and rows further north (-1, 0 or 1), around the world.
[[nodiscard]] GeoCell geo_neighbour(GeoCell cell, int columns, int rows);

// As a score. Any number a sorted set may hold has a point.
[[nodiscard]] double geo_score_of(GeoPoint point);
[[nodiscard]] std::uint64_t geo_bits_of_score(double score);
[[nodiscard]] GeoPoint geo_point_of_score(double score);

// Eleven characters, the standard geohash (latitudes to +-90 degrees), the last one always 0.
[[nodiscard]] std::string geohash_text(GeoPoint point);

// Great-circle distance in metres on a sphere (haversine).
[[nodiscard]] double geo_distance_m(GeoPoint a, GeoPoint b);

}  // namespace engine
