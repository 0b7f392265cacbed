// Stories of the geo family; redis-compat compares it with a real server.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/prng.h"
#include "engine/types/geo_area.h"
#include "tests/engine/model.h"

namespace {

using engine::GeoPoint;
using engine::GeoShape;
using engine_test::Driver;

GeoPoint any_point(base::Prng& prng) {
  const auto part = [&prng] { return static_cast<double>(prng.next() % 2'000'001) / 1e6 - 1; };
  return {part() * engine::kGeoLongitudeMax, part() * engine::kGeoLatitudeMax};
}

// Into [-180, 180), near the poles mirrored.
GeoPoint near(base::Prng& prng, GeoPoint point, double degrees) {
  const GeoPoint way = any_point(prng);
  double longitude = point.longitude + way.longitude / 180 * degrees;
  if (longitude > 180) longitude -= 360;
  if (longitude < -180) longitude += 360;
  const double latitude = point.latitude + way.latitude / 90 * degrees;
  return {longitude, std::clamp(latitude, -engine::kGeoLatitudeMax, engine::kGeoLatitudeMax)};
}

bool is_sought(const GeoShape& shape, GeoPoint point) {
  const double score = engine::geo_score_of(point);
  for (const engine::ScoreRange& range : engine::geo_ranges(shape)) {
    if (score >= range.low && score < range.high) return true;
  }
  return false;
}

TEST(Geohash, AScoreKeepsAPointToAMetre) {
  base::Prng prng(1);
  for (int i = 0; i < 10'000; ++i) {
    const GeoPoint point = any_point(prng);
    const GeoPoint kept = engine::geo_point_of_score(engine::geo_score_of(point));
    EXPECT_LT(engine::geo_distance_m(point, kept), 1) << point.longitude << ' ' << point.latitude;
  }
}

TEST(Geohash, AnyScoreHasAPoint) {
  for (const double score : {0.0, -1.5, 1e300, -1e300, 9.3e18, HUGE_VAL, -HUGE_VAL, 0.5}) {
    const GeoPoint point = engine::geo_point_of_score(score);
    EXPECT_TRUE(engine::is_on_map(point)) << score;
  }
}

TEST(Geohash, NeighboursGoAroundTheWorld) {
  const engine::GeoCell east = engine::geo_cell_of({179.99, 10}, 10);
  EXPECT_EQ(engine::geo_neighbour(east, 1, 0), engine::geo_cell_of({-179.99, 10}, 10));
  EXPECT_EQ(engine::geo_neighbour(engine::geo_neighbour(east, 1, 1), -1, -1), east);
}

TEST(GeoArea, WhatIsWithinIsSought) {
  base::Prng prng(2);
  int within = 0;
  for (int i = 0; i < 30'000; ++i) {
    const GeoPoint center{any_point(prng).longitude, any_point(prng).latitude * 0.75};
    const double radius = std::pow(10, static_cast<double>(prng.next() % 60) / 10);
    GeoShape shape{.center = center, .radius = radius};
    if (i % 2 == 1)
      shape = {.center = center, .is_box = true, .width = radius, .height = radius * 2};
    const GeoPoint point = near(prng, center, radius / 1e5);
    // Over the edge of the map an area is cut where Redis cuts it.
    const bool is_over_edge = std::fabs(center.longitude) + radius / 3e4 > 180;
    if (is_over_edge || !shape.distance_m(point)) continue;
    ++within;
    EXPECT_TRUE(is_sought(shape, point))
        << center.longitude << ' ' << center.latitude << ' ' << radius;
  }
  EXPECT_GT(within, 1000);
}

TEST(Geo, FindsTheCitiesOfSicily) {
  Driver redis;
  EXPECT_EQ(redis("GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"), ":2\r\n");
  EXPECT_EQ(redis("GEODIST s Palermo Catania km"), "$8\r\n166.2742\r\n");
  EXPECT_EQ(redis("GEODIST s Palermo nowhere"), "$-1\r\n");
  EXPECT_EQ(redis("GEOHASH s Palermo nowhere"), "*2\r\n$11\r\nsqc8b49rny0\r\n$-1\r\n");
  EXPECT_EQ(redis("GEOPOS s Palermo nowhere"),
            "*2\r\n*2\r\n$20\r\n13.36138933897018433\r\n$20\r\n38.11555639549629859\r\n*-1\r\n");
  EXPECT_EQ(redis("GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km DESC WITHDIST"),
            "*2\r\n*2\r\n$7\r\nPalermo\r\n$8\r\n190.4424\r\n*2\r\n$7\r\nCatania\r\n$7\r\n56.4413"
            "\r\n");
  EXPECT_EQ(redis("GEOSEARCHSTORE t s FROMMEMBER Catania BYBOX 10 10 m"), ":1\r\n");
  EXPECT_EQ(redis("GEORADIUSBYMEMBER s Palermo 1 m STORE t"), ":1\r\n");
  EXPECT_EQ(redis("ZRANGE t 0 -1 WITHSCORES"),
            "*2\r\n$7\r\nPalermo\r\n$16\r\n3479099956230698\r\n");
  EXPECT_EQ(redis("GEORADIUS nothing 1 1 1 m STORE t"), ":0\r\n");
  EXPECT_EQ(redis("EXISTS t"), ":0\r\n");
}

TEST(Geo, RefusesWhatRedisRefuses) {
  Driver redis;
  redis("SET text x");
  EXPECT_EQ(redis("GEOADD s 200 10 x"),
            "-ERR invalid longitude,latitude pair 200.000000,10.000000\r\n");
  EXPECT_EQ(redis("GEOADD s 1 1 a 2 x b"), "-ERR value is not a valid float\r\n");
  EXPECT_EQ(redis("EXISTS s"), ":0\r\n") << "the first point waits for the last one's check";
  EXPECT_EQ(redis("GEOADD s NX XX 1 1 a"), "-ERR syntax error\r\n");
  EXPECT_EQ(redis("GEODIST s a b cm"),
            "-ERR unsupported unit provided. please use M, KM, FT, MI\r\n");
  EXPECT_EQ(redis("GEOSEARCH text FROMLONLAT 1 1 BYRADIUS 1 m"),
            "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
  EXPECT_EQ(redis("GEOSEARCH s BYRADIUS 1 m ASC ASC"),
            "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH\r\n");
  EXPECT_EQ(redis("GEOSEARCH s FROMLONLAT 1 1 ASC ASC"),
            "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH\r\n");
  EXPECT_EQ(redis("GEOSEARCH s FROMLONLAT 1 1 BYRADIUS 1 m ANY"),
            "-ERR the ANY argument requires COUNT argument\r\n");
  EXPECT_EQ(
      redis("GEORADIUS s 1 1 1 m STORE t WITHDIST"),
      "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD "
      "options\r\n");
}

}  // namespace
