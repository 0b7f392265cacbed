// Geo: adding points, and looking at those of given members.

#include <array>
#include <charconv>
#include <vector>

#include "base/extended.h"
#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/geo_arguments.h"
#include "engine/commands/score.h"

namespace engine::commands {
namespace {

struct Unit {
  std::string_view name;
  double metres;
};
constexpr std::array<Unit, 4> kUnits{{{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}}};

std::optional<GeoPoint> point_of(const SortedSetView& set, std::string_view member) {
  const auto score = set.score(member);
  if (!score) return {};
  return geo_point_of_score(*score);
}

// Writes an array of what `write` makes of each member's point, which may be missing.
template <class Write>
void write_each(ReadContext& context, Write write) {
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  context.reply().array(context.argc() - 2);
  for (std::size_t i = 2; i < context.argc(); ++i) {
    const auto point =
        entry == nullptr ? std::nullopt : point_of(SortedSetView(entry->value()), context.arg(i));
    write(point);
  }
}

}  // namespace

std::optional<double> double_argument(ReadContext& context, std::size_t i, std::string_view error) {
  const auto value = base::parse_double(context.arg(i));
  if (!value) context.error(error);
  return value;
}

std::optional<GeoPoint> point_argument(ReadContext& context, std::size_t i) {
  const auto longitude = double_argument(context, i);
  if (!longitude) return {};
  const auto latitude = double_argument(context, i + 1);
  if (!latitude) return {};
  const GeoPoint point{*longitude, *latitude};
  if (is_on_map(point)) return point;
  context.error("ERR invalid longitude,latitude pair " + fixed_text(point.longitude, 6) + "," +
                fixed_text(point.latitude, 6));
  return {};
}

std::optional<double> unit_argument(ReadContext& context, std::size_t i) {
  for (const Unit& unit : kUnits) {
    if (equals_ignoring_case(context.arg(i), unit.name)) return unit.metres;
  }
  context.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return {};
}

std::string fixed_text(double value, int digits) {
  char text[400];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  return {text, end};
}

void write_distance(resp::ReplyWriter& reply, double distance) {
  reply.bulk(fixed_text(distance, 4));
}

void write_point(resp::ReplyWriter& reply, GeoPoint point) {
  reply.array(2);
  for (const double degrees : {point.longitude, point.latitude})
    reply.number_text(base::Extended(degrees).text());
}

namespace {

void geoadd(WriteContext& context) {
  std::size_t first = 2;
  bool nx = false, xx = false;
  std::vector<std::string> words{"ZADD", std::string(context.arg(1))};
  for (; first < context.argc(); ++first) {
    const std::string_view word = context.arg(first);
    if (equals_ignoring_case(word, "NX")) {
      nx = true;
    } else if (equals_ignoring_case(word, "XX")) {
      xx = true;
    } else if (!equals_ignoring_case(word, "CH")) {
      break;
    }
    words.emplace_back(word);
  }
  if ((context.argc() - first) % 3 != 0 || (nx && xx)) return context.error(errors::kSyntax);
  for (std::size_t i = first; i < context.argc(); i += 3) {
    const auto point = point_argument(context, i);
    if (!point) return;
    words.push_back(std::to_string(geo_cell_of(*point, kGeoStepMax).bits));
    words.emplace_back(context.arg(i + 2));
  }
  const std::vector<std::string_view> argv(words.begin(), words.end());
  WriteContext adding = context.with_arguments(argv);
  zadd(adding);
}

void geodist(ReadContext& context) {
  if (context.argc() > 5) return context.error(errors::kSyntax);
  const auto metres = context.argc() == 5 ? unit_argument(context, 4) : std::optional<double>(1);
  if (!metres) return;
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().null();
  const SortedSetView set(entry->value());
  const auto from = point_of(set, context.arg(2)), to = point_of(set, context.arg(3));
  if (!from || !to) return context.reply().null();
  write_distance(context.reply(), geo_distance_m(*from, *to) / *metres);
}

void geohash(ReadContext& context) {
  write_each(context, [&context](const std::optional<GeoPoint>& point) {
    if (!point) return context.reply().null();
    context.reply().bulk(geohash_text(*point));
  });
}

void geopos(ReadContext& context) {
  write_each(context, [&context](const std::optional<GeoPoint>& point) {
    if (!point) return context.reply().null_array();
    write_point(context.reply(), *point);
  });
}

constexpr CommandRow kGeoRows[] = {
    row("geoadd", -5, kFlagWrite | kFlagDenyOom, one_key(kKeyUpdate),
        {"Adds points on the earth to a sorted set.", "3.2.0"}, {.write = geoadd}),
    row("geodist", -4, kFlagReadonly, one_key(kKeyRead),
        {"Measures the distance between two members.", "3.2.0"}, {.read = geodist}),
    row("geohash", -2, kFlagReadonly, one_key(kKeyRead),
        {"Reads the standard geohashes of members.", "3.2.0"}, {.read = geohash}),
    row("geopos", -2, kFlagReadonly, one_key(kKeyRead),
        {"Reads the longitudes and latitudes of members.", "3.2.0"}, {.read = geopos}),
};

}  // namespace

constinit const Family kGeoFamily{"geo", kGeoRows};

}  // namespace engine::commands
