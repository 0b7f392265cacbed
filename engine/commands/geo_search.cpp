// Geo: searching a circle or a box, in GEOSEARCH's words and in GEORADIUS's.
#include <algorithm>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/geo_arguments.h"
#include "engine/commands/part_sort.h"
#include "engine/commands/score.h"
#include "engine/types/geo_area.h"

namespace engine::commands {
namespace {

enum class Dialect : std::uint8_t { kSearch, kRadius, kRadiusByMember };
enum class Order : std::uint8_t { kNone, kAscending, kDescending };

constexpr std::string_view kNoSuchMember = "ERR could not decode requested zset member";

struct Query {
  Dialect dialect = Dialect::kSearch;
  bool can_store = false;
  GeoShape shape = {};
  bool has_member = false, has_point = false, has_radius = false, has_box = false;
  bool with_distance = false, with_hash = false, with_point = false;
  bool is_any = false;
  Order order = Order::kNone;
  std::int64_t count = 0;  // 0: all
  std::optional<std::string_view> store = {};
  bool stores_distances = false;

  [[nodiscard]] bool has_columns() const { return with_distance || with_hash || with_point; }
};

struct Hit {
  std::string member;
  double score = 0, distance = 0;  // in the query's unit
  GeoPoint point;
};

// The arguments behind the key of the points, read one after the other.
class Parser {
 public:
  Parser(ReadContext& context, const SortedSetView* set, Query& query)
      : context_(context), set_(set), query_(query) {}

  // False: the error is written.
  bool parse(std::size_t first) {
    for (at_ = first; at_ < context_.argc(); ++at_) {
      if (!option() || is_failed_) return is_failed_ ? false : fail(errors::kSyntax);
    }
    return agrees();
  }
  bool center_of_member(std::size_t i) {
    query_.has_member = true;
    if (set_ == nullptr) return true;  // the answer is to nothing, if the rest is well formed
    const auto score = set_->score(context_.arg(i));
    if (!score) return fail(kNoSuchMember);
    query_.shape.center = geo_point_of_score(*score);
    return true;
  }
  bool center(std::size_t i) {
    const auto point = point_argument(context_, i);
    if (!point) return is_failed_ = true, false;
    query_.shape.center = *point;
    return query_.has_point = true;
  }
  bool radius(std::size_t i) {
    const auto radius = double_argument(context_, i, "ERR need numeric radius");
    if (!radius) return is_failed_ = true, false;
    if (*radius < 0) return fail("ERR radius cannot be negative");
    query_.shape.radius = *radius;
    return query_.has_radius = true, unit(i + 1);
  }

 private:
  bool fail(std::string_view error) {
    context_.error(error);
    is_failed_ = true;
    return false;
  }
  [[nodiscard]] bool is(std::string_view name, std::size_t arguments = 0) const {
    return at_ + arguments < context_.argc() && equals_ignoring_case(context_.arg(at_), name);
  }
  bool unit(std::size_t i) {
    const auto metres = unit_argument(context_, i);
    if (!metres) return is_failed_ = true, false;
    query_.shape.metres = *metres;
    return true;
  }
  bool box(std::size_t i) {
    const auto width = double_argument(context_, i, "ERR need numeric width");
    if (!width) return is_failed_ = true, false;
    const auto height = double_argument(context_, i + 1, "ERR need numeric height");
    if (!height) return is_failed_ = true, false;
    if (*width < 0 || *height < 0) return fail("ERR height or width cannot be negative");
    query_.shape.width = *width;
    query_.shape.height = *height;
    query_.shape.is_box = true;
    return query_.has_box = true, unit(i + 2);
  }
  bool count() {
    const auto count = integer_argument(context_, ++at_);
    if (!count) return is_failed_ = true, false;
    if (*count <= 0) return fail("ERR COUNT must be > 0");
    query_.count = *count;
    return true;
  }
  // False: no option of its kind, or the error is written.
  bool option() {
    if (is("WITHDIST")) return query_.with_distance = true;
    if (is("WITHHASH")) return query_.with_hash = true;
    if (is("WITHCOORD")) return query_.with_point = true;
    if (is("ANY")) return query_.is_any = true;
    if (is("ASC")) return query_.order = Order::kAscending, true;
    if (is("DESC")) return query_.order = Order::kDescending, true;
    if (is("COUNT", 1)) return count();
    return query_.dialect == Dialect::kSearch ? search_option() : radius_option();
  }
  bool radius_option() {
    if (!query_.can_store || !(is("STORE", 1) || is("STOREDIST", 1))) return false;
    query_.stores_distances = is("STOREDIST");
    query_.store = context_.arg(++at_);
    return true;
  }
  bool search_option() {
    if (is("FROMMEMBER", 1) && !query_.has_point) return center_of_member(++at_);
    if (is("FROMLONLAT", 2) && !query_.has_member) return center(skip(2));
    if (is("BYRADIUS", 2) && !query_.has_box) return radius(skip(2));
    if (is("BYBOX", 3) && !query_.has_radius) return box(skip(3));
    if (query_.store && is("STOREDIST")) return query_.stores_distances = true;
    return false;
  }
  // Where the next `count` arguments begin; goes on behind them.
  std::size_t skip(std::size_t count) {
    at_ += count;
    return at_ - count + 1;
  }
  bool agrees() {
    const bool is_search = query_.dialect == Dialect::kSearch;
    if (query_.store && query_.has_columns())
      return fail(std::string("ERR ") +
                  (is_search ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS") +
                  " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    const std::string name(context_.arg(0));
    if (is_search && !query_.has_member && !query_.has_point)
      return fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name);
    if (is_search && !query_.has_radius && !query_.has_box)
      return fail("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name);
    if (query_.is_any && query_.count == 0)
      return fail("ERR the ANY argument requires COUNT argument");
    return true;
  }

  ReadContext& context_;
  const SortedSetView* set_;
  Query& query_;
  std::size_t at_ = 0;
  bool is_failed_ = false;
};

// Those within the shape, in the order of their cells; no more than `most` (0: all), and no more
// than `made` allows.
std::vector<Hit> search(const SortedSetView& set, const GeoShape& shape, std::uint64_t most,
                        Growth& made) {
  std::vector<Hit> found;
  for (const ScoreRange& range : geo_ranges(shape)) {
    const std::uint64_t first =
        set.count_before([&range](std::string_view, double score) { return score < range.low; });
    set.visit_ranks(first, UINT64_MAX, false, [&](std::string_view member, double score) {
      if (score >= range.high) return false;
      const GeoPoint point = geo_point_of_score(score);
      const auto distance = shape.distance_m(point);
      if (!distance) return true;
      found.push_back({std::string(member), score, *distance / shape.metres, point});
      return made.add(member.size()) && (most == 0 || found.size() < most);
    });
    if (made.is_over() || (most != 0 && found.size() >= most)) break;
  }
  return found;
}

// Orders by distance and cuts off what is too much.
void arrange(std::vector<Hit>& found, const Query& query) {
  const std::size_t wanted = query.count == 0
                                 ? found.size()
                                 : std::min(found.size(), static_cast<std::size_t>(query.count));
  const bool is_nearest = query.order == Order::kNone && query.count != 0 && !query.is_any;
  const int sign = query.order == Order::kDescending ? -1 : 1;
  const auto compare = [sign](const Hit& a, const Hit& b) {
    if (a.distance == b.distance) return 0;
    return a.distance > b.distance ? sign : -sign;
  };
  if (query.order != Order::kNone || is_nearest) {
    if (wanted < found.size()) {
      PartSorter(found, compare, 0, wanted - 1)
          .sort(0, found.size(), sort_splits_max(found.size()));
    } else {
      std::stable_sort(found.begin(), found.end(),
                       [&](const Hit& a, const Hit& b) { return compare(a, b) < 0; });
    }
  }
  found.resize(wanted);
}

void write_found(ReadContext& context, const Query& query, const std::vector<Hit>& found) {
  resp::ReplyWriter& reply = context.reply();
  reply.array(found.size());
  const std::size_t columns = 1U + (query.with_distance ? 1U : 0U) + (query.with_hash ? 1U : 0U) +
                              (query.with_point ? 1U : 0U);
  for (const Hit& one : found) {
    if (query.has_columns()) reply.array(columns);
    reply.bulk(one.member);
    if (query.with_distance) write_distance(reply, one.distance);
    if (query.with_hash) reply.integer(static_cast<std::int64_t>(geo_bits_of_score(one.score)));
    if (query.with_point) write_point(reply, one.point);
  }
}

void store_found(WriteContext& context, const Query& query, const std::vector<Hit>& found,
                 std::string_view event) {
  const PackedLimits limits = sorted_set_limits(context);
  SortedSet result(context.hash_secret());
  Growth growth(context.growth_left());
  for (const Hit& one : found) {
    if (!growth.add(one.member.size())) return context.error(errors::kGrowthTooLarge);
    const double score = query.stores_distances ? one.distance : one.score;
    if (!result.score(one.member)) result.add(one.member, score, limits);
  }
  const std::uint64_t count = store_sorted_set(context, *query.store, std::move(result), event);
  context.reply().integer(static_cast<std::int64_t>(count));
}

// Reads the query and finds what it asks for; nullopt: the error is written.
std::optional<std::vector<Hit>> find(ReadContext& context, std::size_t source, Query& query) {
  const Found entry = context.find_of(context.arg(source), Type::kSortedSet);
  if (entry.is_wrong()) return {};
  std::optional<SortedSetView> set;
  if (entry != nullptr) set.emplace(entry->value());
  Parser parser(context, set ? &*set : nullptr, query);
  std::size_t first = source + 1;
  if (query.dialect == Dialect::kRadius) {
    if (!parser.center(2) || !parser.radius(4)) return {};
    first = 6;
  } else if (query.dialect == Dialect::kRadiusByMember) {
    if (set && (!parser.center_of_member(2) || !parser.radius(3))) return {};
    first = 5;
  }
  if (!parser.parse(first)) return {};
  std::vector<Hit> found;
  Growth made(context.state().settings.growth_bytes_max());
  const auto most = query.is_any ? static_cast<std::uint64_t>(query.count) : 0;
  if (set) found = search(*set, query.shape, most, made);
  if (made.is_over()) return context.error(errors::kGrowthTooLarge), std::nullopt;
  arrange(found, query);
  return found;
}

void read(ReadContext& context, Dialect dialect) {
  Query query{.dialect = dialect};
  if (const auto found = find(context, 1, query)) write_found(context, query, *found);
}

void read_or_store(WriteContext& context, Dialect dialect, std::string_view event) {
  const bool is_search = dialect == Dialect::kSearch;
  const std::size_t source = is_search ? 2 : 1;
  Query query{.dialect = dialect, .can_store = true};
  if (is_search) query.store = context.arg(1);
  context.drop_if_expired(context.arg(source));
  const auto found = find(context, source, query);
  if (!found) return;
  if (query.store) return store_found(context, query, *found, event);
  write_found(context, query, *found);
}

void geosearch(ReadContext& context) { read(context, Dialect::kSearch); }
void georadius_ro(ReadContext& context) { read(context, Dialect::kRadius); }
void georadiusbymember_ro(ReadContext& context) { read(context, Dialect::kRadiusByMember); }
void geosearchstore(WriteContext& context) {
  read_or_store(context, Dialect::kSearch, "geosearchstore");
}
void georadius(WriteContext& context) {
  read_or_store(context, Dialect::kRadius, "georadiusstore");
}
void georadiusbymember(WriteContext& context) {
  read_or_store(context, Dialect::kRadiusByMember, "georadiusstore");
}

constexpr CommandRow kGeoSearchRows[] = {
    row("georadius", -6, kFlagWrite | kFlagDenyOom | kFlagMovableKeys, key_and_stores(6),
        {"Finds members within a circle around a point, and stores them if asked to.", "3.2.0"},
        {.write = georadius}, {.traits = kTraitLargeReply}),
    row("georadius_ro", -6, kFlagReadonly, one_key(kKeyRead),
        {"Finds members within a circle around a point.", "3.2.10"}, {.read = georadius_ro}),
    row("georadiusbymember", -5, kFlagWrite | kFlagDenyOom | kFlagMovableKeys, key_and_stores(5),
        {"Finds members within a circle around a member, and stores them if asked to.", "3.2.0"},
        {.write = georadiusbymember}, {.traits = kTraitLargeReply}),
    row("georadiusbymember_ro", -5, kFlagReadonly, one_key(kKeyRead),
        {"Finds members within a circle around a member.", "3.2.10"},
        {.read = georadiusbymember_ro}),
    row("geosearch", -7, kFlagReadonly, one_key(kKeyRead),
        {"Finds members within a circle or a box.", "6.2.0"}, {.read = geosearch}),
    row("geosearchstore", -8, kFlagWrite | kFlagDenyOom, two_keys(kKeyOverwrite, kKeyRead),
        {"Stores the members within a circle or a box.", "6.2.0"}, {.write = geosearchstore}),
};

}  // namespace

constinit const Family kGeoSearchFamily{"geo", kGeoSearchRows};

}  // namespace engine::commands
