// Sorted sets: members and their scores.

#include <string>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/commands/score.h"

namespace engine::commands {
namespace {

constexpr std::string_view kScoreIsNan = "ERR resulting score is not a number (NaN)";

struct AddOptions {
  bool nx = false, xx = false, gt = false, lt = false, ch = false, incr = false;
  std::size_t first = 2;  // argument of the first score

  // False: no option.
  bool take(std::string_view word) {
    for (const auto& [name, flag] :
         {std::pair("NX", &nx), std::pair("XX", &xx), std::pair("GT", &gt), std::pair("LT", &lt),
          std::pair("CH", &ch), std::pair("INCR", &incr)}) {
      if (equals_ignoring_case(word, name)) return *flag = true;
    }
    return false;
  }
};

// Redis's error text if the options do not go together, else empty.
std::string_view conflict(const AddOptions& options, std::size_t argc) {
  const std::size_t words = argc - options.first;
  if (words == 0 || words % 2 != 0) return errors::kSyntax;
  if (options.nx && options.xx) return "ERR XX and NX options at the same time are not compatible";
  if ((options.gt && options.nx) || (options.lt && options.nx) || (options.gt && options.lt))
    return "ERR GT, LT, and/or NX options at the same time are not compatible";
  if (options.incr && words > 2) return "ERR INCR option supports a single increment-element pair";
  return {};
}

enum class AddOutcome : std::uint8_t { kNothing, kAdded, kUpdated, kNan };

AddOutcome add_one(SortedSet& set, std::string_view member, double& score,
                   const AddOptions& options, PackedLimits limits) {
  const auto current = set.score(member);
  if (!current) {
    if (options.xx) return AddOutcome::kNothing;
    set.add(member, score, limits);
    return AddOutcome::kAdded;
  }
  if (options.nx) return AddOutcome::kNothing;
  if (options.incr) score += *current;
  if (std::isnan(score)) return AddOutcome::kNan;
  if ((options.lt && score >= *current) || (options.gt && score <= *current))
    return AddOutcome::kNothing;
  if (score == *current) return AddOutcome::kUpdated;
  set.set_score(member, score);
  return AddOutcome::kUpdated;
}

// ZADD's work on a set that is out of its entry, or new.
struct Adding {
  std::int64_t added = 0, changed = 0;
  std::optional<double> last;  // of INCR: the score that it left, if it did anything
  bool is_nan = false;

  void run(WriteContext& context, SortedSet& set, const AddOptions& options,
           const std::vector<double>& scores) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const std::string_view member = context.arg(options.first + 2 * i + 1);
      const auto before = set.score(member);
      double score = scores[i];
      const AddOutcome outcome = add_one(set, member, score, options, sorted_set_limits(context));
      if (outcome == AddOutcome::kNan) {
        is_nan = true;
        return;
      }
      if (outcome != AddOutcome::kNothing) last = score;
      if (outcome == AddOutcome::kAdded) ++added;
      if (outcome == AddOutcome::kUpdated && *before != score) ++changed;
    }
  }
};

void add_generic(WriteContext& context, const AddOptions& options) {
  if (const auto text = conflict(options, context.argc()); !text.empty())
    return context.error(text);
  std::vector<double> scores;
  for (std::size_t i = options.first; i < context.argc(); i += 2) {
    const auto score = base::parse_double(context.arg(i));
    if (!score) return context.error(errors::kNotFloat);
    scores.push_back(*score);
  }
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kSortedSet);
  if (entry.is_wrong()) return;
  Adding adding;
  if (entry != nullptr) {
    context.edit<SortedSet>(key, [&](SortedSet& set) {
      adding.run(context, set, options, scores);
      return adding.added + adding.changed > 0;
    });
  } else if (!options.xx) {
    SortedSet set(context.hash_secret());
    adding.run(context, set, options, scores);
    context.put(key, std::move(set).release(), kNoExpiry);
  }
  if (adding.is_nan) {
    context.error(kScoreIsNan);
  } else if (options.incr) {
    adding.last ? context.reply().number(*adding.last) : context.reply().null();
  } else {
    context.reply().integer(adding.added + (options.ch ? adding.changed : 0));
  }
  if (adding.added + adding.changed > 0) context.notify('z', options.incr ? "zincr" : "zadd", key);
}

void write_rank(ReadContext& context, bool is_backwards) {
  const bool with_score = context.argc() == 4;
  // Redis 7.0 takes no option here and counts any word as one too many.
  if (context.argc() > 4 || (with_score && !equals_ignoring_case(context.arg(3), "WITHSCORE")))
    return context.error(std::string("ERR wrong number of arguments for '") +
                         (is_backwards ? "zrevrank" : "zrank") + "' command");
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  const auto absent = [&] { with_score ? context.reply().null_array() : context.reply().null(); };
  if (entry == nullptr) return absent();
  const SortedSetView set(entry->value());
  const auto rank = set.rank(context.arg(2));
  if (!rank) return absent();
  if (with_score) context.reply().array(2);
  context.reply().integer(
      static_cast<std::int64_t>(is_backwards ? set.count() - 1 - *rank : *rank));
  if (with_score) context.reply().number(*set.score(context.arg(2)));
}

}  // namespace

std::uint64_t store_sorted_set(WriteContext& context, std::string_view key, SortedSet set,
                               std::string_view event) {
  const std::uint64_t count = set.count();
  context.drop_if_expired(key);
  if (count > 0) {
    context.put(key, std::move(set).release(), kNoExpiry);
    context.notify('z', event, key);
  } else if (context.remove(key)) {
    context.notify('g', "del", key);
  }
  return count;
}

void zadd(WriteContext& context) {
  AddOptions options;
  while (options.first < context.argc() && options.take(context.arg(options.first)))
    ++options.first;
  add_generic(context, options);
}

namespace {

void zincrby(WriteContext& context) {
  AddOptions options;
  options.incr = true;
  add_generic(context, options);
}

void zrem(WriteContext& context) {
  const std::string_view key = context.arg(1);
  const Found entry = context.find_of_for_write(key, Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().integer(0);
  std::int64_t removed = 0;
  const Edited edited = context.edit<SortedSet>(key, [&](SortedSet& set) {
    for (std::size_t i = 2; i < context.argc() && !set.is_empty(); ++i)
      removed += set.remove(context.arg(i)) ? 1 : 0;
    return removed > 0;
  });
  if (edited != Edited::kUnchanged) context.notify('z', "zrem", key);
  if (edited == Edited::kEmptied) context.notify('g', "del", key);
  context.reply().integer(removed);
}

void zcard(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  const std::uint64_t count = entry == nullptr ? 0 : SortedSetView(entry->value()).count();
  context.reply().integer(static_cast<std::int64_t>(count));
}

void zscore(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().null();
  const auto score = SortedSetView(entry->value()).score(context.arg(2));
  score ? context.reply().number(*score) : context.reply().null();
}

void zmscore(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kSortedSet);
  if (entry.is_wrong()) return;
  context.reply().array(context.argc() - 2);
  for (std::size_t i = 2; i < context.argc(); ++i) {
    std::optional<double> score;
    if (entry != nullptr) score = SortedSetView(entry->value()).score(context.arg(i));
    score ? context.reply().number(*score) : context.reply().null();
  }
}

void zrank(ReadContext& context) { write_rank(context, false); }
void zrevrank(ReadContext& context) { write_rank(context, true); }

constexpr CommandRow kSortedSetsRows[] = {
    row("zadd", -4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyUpdate),
        {"Adds members with scores to a sorted set, or changes their scores.", "1.2.0"},
        {.write = zadd}),
    row("zcard", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Counts the members of a sorted set.", "1.2.0", "O(1)"}, {.read = zcard}),
    row("zincrby", 4, kFlagWrite | kFlagDenyOom | kFlagFast, one_key(kKeyReadUpdate),
        {"Adds to the score of a member.", "1.2.0"}, {.write = zincrby}),
    row("zmscore", -3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads the scores of several members.", "6.2.0"}, {.read = zmscore}),
    row("zrank", -3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells how many members come before one.", "2.0.0"}, {.read = zrank}),
    row("zrem", -3, kFlagWrite | kFlagFast, one_key(kKeyDelete),
        {"Removes members of a sorted set.", "1.2.0"}, {.write = zrem}),
    row("zrevrank", -3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Tells how many members come behind one.", "2.0.0"}, {.read = zrevrank}),
    row("zscore", 3, kFlagReadonly | kFlagFast, one_key(kKeyRead),
        {"Reads the score of a member.", "1.2.0", "O(1)"}, {.read = zscore}),
};

}  // namespace

constinit const Family kSortedSetsFamily{"sorted-set", kSortedSetsRows};

}  // namespace engine::commands
