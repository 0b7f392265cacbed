#include "engine/types/geo_area.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/trigonometry.h"

namespace engine {
namespace {

struct Direction {
  int columns, rows;
};
// The centre, north, south, east, west, and the corners.
constexpr std::array<Direction, 9> kDirections{
    {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};

double degrees(double radians) { return radians / kRadiansPerDegree; }

// Such that three cells side by side are as wide as the shape, by the size of cells at the equator;
// larger cells near the poles, where they are narrow.
int step_for(double range_m, double latitude) {
  constexpr double kHalfMapM = 20037726.37;
  if (range_m == 0) return kGeoStepMax;
  int step = 1;
  for (; range_m < kHalfMapM; range_m *= 2) ++step;
  step -= 2;
  if (std::fabs(latitude) > 66) --step;
  if (std::fabs(latitude) > 80) --step;
  return std::clamp(step, 1, kGeoStepMax);
}

// What the shape reaches: a meridian is further from the next one the nearer the equator, so the
// edge nearer the pole spans the most degrees.
GeoBounds reach_of(const GeoShape& shape) {
  const double height = shape.metres * (shape.is_box ? shape.height / 2 : shape.radius);
  const double width = shape.metres * (shape.is_box ? shape.width / 2 : shape.radius);
  const GeoPoint center = shape.center;
  const double rows = degrees(height / kEarthRadiusM);
  const double polar = center.latitude < 0 ? center.latitude - rows : center.latitude + rows;
  const double columns = degrees(width / kEarthRadiusM / base::cosine(geo_radians(polar)));
  return {{center.longitude - columns, center.latitude - rows},
          {center.longitude + columns, center.latitude + rows}};
}

double range_m(const GeoShape& shape) {
  if (!shape.is_box) return shape.radius * shape.metres;
  const double x = shape.width / 2, y = shape.height / 2;
  return std::sqrt(x * x + y * y) * shape.metres;
}

// Whether the neighbours of `cell` end before the shape does.
bool is_too_small(GeoCell cell, const GeoBounds& reach) {
  return geo_bounds_of(geo_neighbour(cell, 0, 1)).high.latitude < reach.high.latitude ||
         geo_bounds_of(geo_neighbour(cell, 0, -1)).low.latitude > reach.low.latitude ||
         geo_bounds_of(geo_neighbour(cell, 1, 0)).high.longitude < reach.high.longitude ||
         geo_bounds_of(geo_neighbour(cell, -1, 0)).low.longitude > reach.low.longitude;
}

bool is_needed(Direction to, const GeoBounds& own, const GeoBounds& reach) {
  if (to.rows < 0 && own.low.latitude < reach.low.latitude) return false;
  if (to.rows > 0 && own.high.latitude > reach.high.latitude) return false;
  if (to.columns < 0 && own.low.longitude < reach.low.longitude) return false;
  return !(to.columns > 0 && own.high.longitude > reach.high.longitude);
}

ScoreRange range_of(GeoCell cell) {
  const int shift = 2 * (kGeoStepMax - cell.step);
  return {static_cast<double>(cell.bits << shift), static_cast<double>((cell.bits + 1) << shift)};
}

}  // namespace

std::optional<double> GeoShape::distance_m(GeoPoint point) const {
  if (is_box) {
    // Up and down first: along a meridian it costs next to nothing.
    const double up = geo_distance_m(point, {point.longitude, center.latitude});
    if (up > height * metres / 2) return {};
    const double across = geo_distance_m(point, {center.longitude, point.latitude});
    if (across > width * metres / 2) return {};
    return geo_distance_m(center, point);
  }
  const double distance = geo_distance_m(center, point);
  if (distance > radius * metres) return {};
  return distance;
}

std::vector<ScoreRange> geo_ranges(const GeoShape& shape) {
  int step = step_for(range_m(shape), shape.center.latitude);
  GeoCell cell = geo_cell_of(shape.center, step);
  // With cells of a quarter of the world the nine of them are all there is.
  const GeoBounds reach = step > 1 ? reach_of(shape) : GeoBounds();
  if (step > 1 && is_too_small(cell, reach)) cell = geo_cell_of(shape.center, --step);
  std::vector<ScoreRange> ranges;
  std::optional<GeoCell> last;  // but for the centre, as Redis does
  for (const Direction direction : kDirections) {
    if (step >= 2 && !is_needed(direction, geo_bounds_of(cell), reach)) continue;
    const GeoCell there = geo_neighbour(cell, direction.columns, direction.rows);
    if (there == last) continue;
    ranges.push_back(range_of(there));
    if (direction.columns != 0 || direction.rows != 0) last = there;
  }
  return ranges;
}

}  // namespace engine
