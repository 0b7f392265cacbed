#include "engine/types/geohash.h"

#include <algorithm>
#include <cmath>

#include "base/trigonometry.h"

namespace engine {
namespace {

// The 32 bits of `value` at the even places.
std::uint64_t spread(std::uint32_t value) {
  std::uint64_t bits = value;
  bits = (bits | bits << 16) & 0x0000FFFF0000FFFFULL;
  bits = (bits | bits << 8) & 0x00FF00FF00FF00FFULL;
  bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0FULL;
  bits = (bits | bits << 2) & 0x3333333333333333ULL;
  return (bits | bits << 1) & 0x5555555555555555ULL;
}

std::uint32_t gather(std::uint64_t bits) {
  bits &= 0x5555555555555555ULL;
  bits = (bits | bits >> 1) & 0x3333333333333333ULL;
  bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0FULL;
  bits = (bits | bits >> 4) & 0x00FF00FF00FF00FFULL;
  bits = (bits | bits >> 8) & 0x0000FFFF0000FFFFULL;
  return static_cast<std::uint32_t>(bits | bits >> 16);
}

std::uint64_t interleave(std::uint32_t row, std::uint32_t column) {
  return spread(row) | spread(column) << 1;
}

std::uint32_t part_of(double value, double max, int step) {
  const double part = (value - -max) / (max - -max);
  return static_cast<std::uint32_t>(part * static_cast<double>(1ULL << step));
}

double edge_of(std::uint32_t part, int step, double max) {
  const double fraction = static_cast<double>(part) / static_cast<double>(1ULL << step);
  return -max + fraction * (max - -max);
}

double middle(double low, double high, double max) {
  return std::clamp((low + high) / 2, -max, max);
}

std::uint32_t moved(std::uint32_t part, int by, int step) {
  if (by == 0) return part;
  return (part + static_cast<std::uint32_t>(by)) & ((1U << step) - 1);
}

}  // namespace

bool is_on_map(GeoPoint point) {
  return std::fabs(point.longitude) <= kGeoLongitudeMax &&
         std::fabs(point.latitude) <= kGeoLatitudeMax;
}

GeoCell geo_cell_of(GeoPoint point, int step) {
  return {interleave(part_of(point.latitude, kGeoLatitudeMax, step),
                     part_of(point.longitude, kGeoLongitudeMax, step)),
          step};
}

GeoBounds geo_bounds_of(GeoCell cell) {
  const std::uint32_t row = gather(cell.bits), column = gather(cell.bits >> 1);
  return {{edge_of(column, cell.step, kGeoLongitudeMax), edge_of(row, cell.step, kGeoLatitudeMax)},
          {edge_of(column + 1, cell.step, kGeoLongitudeMax),
           edge_of(row + 1, cell.step, kGeoLatitudeMax)}};
}

GeoCell geo_neighbour(GeoCell cell, int columns, int rows) {
  return {interleave(moved(gather(cell.bits), rows, cell.step),
                     moved(gather(cell.bits >> 1), columns, cell.step)),
          cell.step};
}

double geo_score_of(GeoPoint point) {
  return static_cast<double>(geo_cell_of(point, kGeoStepMax).bits);
}

std::uint64_t geo_bits_of_score(double score) {
  constexpr double kTwo63 = 9223372036854775808.0;
  constexpr std::uint64_t kNone = 1ULL << 63;
  if (score >= kTwo63) return score < 2 * kTwo63 ? static_cast<std::uint64_t>(score) : 0;
  return score >= -kTwo63 ? static_cast<std::uint64_t>(static_cast<std::int64_t>(score)) : kNone;
}

GeoPoint geo_point_of_score(double score) {
  const GeoBounds bounds = geo_bounds_of({geo_bits_of_score(score), kGeoStepMax});
  return {middle(bounds.low.longitude, bounds.high.longitude, kGeoLongitudeMax),
          middle(bounds.low.latitude, bounds.high.latitude, kGeoLatitudeMax)};
}

std::string geohash_text(GeoPoint point) {
  constexpr char kDigits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const std::uint64_t bits = interleave(part_of(point.latitude, 90, kGeoStepMax),
                                        part_of(point.longitude, 180, kGeoStepMax));
  std::string text;
  for (int shift = 47; shift > 0; shift -= 5) text.push_back(kDigits[(bits >> shift) & 31]);
  return text + '0';
}

double geo_distance_m(GeoPoint a, GeoPoint b) {
  const double a_latitude = geo_radians(a.latitude), b_latitude = geo_radians(b.latitude);
  const double v = base::sine((geo_radians(b.longitude) - geo_radians(a.longitude)) / 2);
  if (v == 0) return kEarthRadiusM * std::fabs(b_latitude - a_latitude);
  const double u = base::sine((b_latitude - a_latitude) / 2);
  const double haversine = u * u + base::cosine(a_latitude) * base::cosine(b_latitude) * v * v;
  return 2.0 * kEarthRadiusM * base::arc_sine(std::min(std::sqrt(haversine), 1.0));
}

}  // namespace engine
