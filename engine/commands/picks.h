// Random choices among the elements of a collection: SRANDMEMBER, HRANDFIELD, ZRANDMEMBER.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "engine/context/context.h"

namespace engine::commands {

// `count` different ones of 0..size-1, uniformly, in ascending order if that is most of them; all
// of them if there are no more. `count` may be any number, `size` is that of a collection.
// Cost: O(size) or O(count log count), whichever is less.
[[nodiscard]] inline std::vector<std::uint64_t> distinct_picks(base::Prng& prng, std::uint64_t size,
                                                               std::uint64_t count) {
  std::vector<std::uint64_t> picks;
  if (count > size / 3) {  // each with the chance that is left (selection sampling)
    for (std::uint64_t i = 0; i < size && count > 0; ++i) {
      if (prng.below(size - i) >= count) continue;
      picks.push_back(i);
      --count;
    }
    return picks;
  }
  std::set<std::uint64_t> chosen;
  while (chosen.size() < count) {
    const std::uint64_t pick = prng.below(size);
    if (chosen.insert(pick).second) picks.push_back(pick);
  }
  return picks;
}

// Of a view with place_end() and is_hole(place): the places that are no holes. A table has holes
// only within an EXEC.
template <class View>
class LivePlaces {
 public:
  explicit LivePlaces(const View& view) : size_(view.count()) {
    if (view.place_end() == size_) return;
    for (std::uint64_t place = 0; place < view.place_end(); ++place) {
      if (!view.is_hole(place)) live_.push_back(place);
    }
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t at(std::uint64_t i) const { return live_.empty() ? i : live_[i]; }

 private:
  std::uint64_t size_;
  std::vector<std::uint64_t> live_;
};

// [count [WITH...]]
struct PickArguments {
  std::optional<std::int64_t> count;  // negative: so many, of which some may be the same
  bool with_seconds = false;          // values, or scores
};
// `with`: the word that asks for what goes with an element; empty: nothing does. Nullopt: Redis's
// error was written.
[[nodiscard]] std::optional<PickArguments> pick_arguments(ReadContext& context,
                                                          std::string_view with);

// Writes the reply: one of the elements 0..size-1, or as many as were asked for. `size` is not 0;
// `write(i, with_seconds)` writes one.
template <class Write>
void write_picks(ReadContext& context, std::uint64_t size, const PickArguments& arguments,
                 Write write) {
  resp::ReplyWriter& reply = context.reply();
  if (!arguments.count) return write(context.prng().below(size), false);
  const bool with_seconds = arguments.with_seconds;
  const std::size_t replies_each = with_seconds && !reply.is_resp3() ? 2 : 1;
  if (*arguments.count < 0) {
    const std::uint64_t wanted = 0 - static_cast<std::uint64_t>(*arguments.count);
    if (!context.reply_fits(0, with_seconds ? 2 * wanted : wanted)) return;
    reply.array(wanted * replies_each);
    for (std::uint64_t i = 0; i < wanted && !reply.is_over(); ++i)
      write(context.prng().below(size), with_seconds);
    return;
  }
  const auto picks =
      distinct_picks(context.prng(), size, static_cast<std::uint64_t>(*arguments.count));
  reply.array(picks.size() * replies_each);
  for (const std::uint64_t pick : picks) write(pick, with_seconds);
}

// The pairs of a hash or a sorted set, to pick from. A packed collection is unpacked once, by the
// caller. `View` has visit_place(place, visit(first, second)).
template <class View, class Second>
class Pairs {
 public:
  using Unpacked = std::vector<std::pair<std::string, Second>>;

  Pairs(const View& view, Unpacked unpacked)
      : view_(view), places_(view), unpacked_(std::move(unpacked)) {}
  [[nodiscard]] std::uint64_t size() const { return places_.size(); }
  void write(std::uint64_t i, bool with_second, resp::ReplyWriter& reply) const {
    const auto write_pair = [&](std::string_view first, const auto& second) {
      if (with_second && reply.is_resp3()) reply.array(2);
      reply.bulk(first);
      if (with_second) write_second(reply, second);
    };
    if (view_.is_packed()) return write_pair(unpacked_[i].first, unpacked_[i].second);
    view_.visit_place(places_.at(i), write_pair);
  }

 private:
  static void write_second(resp::ReplyWriter& reply, double score) { reply.number(score); }
  static void write_second(resp::ReplyWriter& reply, std::string_view value) { reply.bulk(value); }

  const View& view_;
  LivePlaces<View> places_;
  Unpacked unpacked_;
};

}  // namespace engine::commands
