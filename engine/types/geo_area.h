// A circle or a box on the earth, and the ranges of scores in which what lies in it must be sought:
// the cell of the centre and its neighbours, cells being as large as the shape, in Redis's order,
// which an unsorted reply shows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/types/geohash.h"

namespace engine {

struct GeoShape {
  GeoPoint center;
  bool is_box = false;
  double metres = 1;             // of the unit that the lengths are in
  double radius = 0;             // of a circle
  double width = 0, height = 0;  // of a box

  // The distance of the point from the centre in metres; nullopt: it is outside.
  [[nodiscard]] std::optional<double> distance_m(GeoPoint point) const;
};

// Scores from low to below high.
struct ScoreRange {
  double low = 0, high = 0;
};

[[nodiscard]] std::vector<ScoreRange> geo_ranges(const GeoShape& shape);

}  // namespace engine
