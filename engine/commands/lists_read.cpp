// Lists: the commands that read one.
#include <algorithm>
#include <optional>
#include <vector>

#include "engine/commands/families.h"
#include "engine/context/context.h"
#include "engine/types/list.h"

namespace engine::commands {
namespace {

struct Search {
  std::int64_t rank = 1;
  std::int64_t maxlen = 0;            // 0: all
  std::optional<std::int64_t> count;  // 0: all
};

std::optional<std::int64_t> not_negative(ReadContext& context, std::size_t i,
                                         std::string_view error) {
  const auto value = integer_argument(context, i, error);
  if (value && *value < 0) return context.error(error), std::nullopt;
  return value;
}

bool parse_rank(ReadContext& context, std::size_t i, Search& search) {
  const auto rank = integer_argument(context, i);
  if (!rank) return false;
  if (*rank == 0) {
    context.error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
        "negative to start from the end of the list");
    return false;
  }
  // Of the smallest number Redis 7.0 finds no opposite and takes it for the last match.
  search.rank = *rank == INT64_MIN ? -1 : *rank;
  return true;
}

std::optional<Search> parse_search(ReadContext& context) {
  Search search;
  for (std::size_t i = 3; i < context.argc(); i += 2) {
    const std::string_view word = context.arg(i);
    if (i + 1 >= context.argc()) return context.error(errors::kSyntax), std::nullopt;
    if (equals_ignoring_case(word, "RANK")) {
      if (!parse_rank(context, i + 1, search)) return {};
    } else if (equals_ignoring_case(word, "COUNT")) {
      search.count = not_negative(context, i + 1, "ERR COUNT can't be negative");
      if (!search.count) return {};
    } else if (equals_ignoring_case(word, "MAXLEN")) {
      const auto maxlen = not_negative(context, i + 1, "ERR MAXLEN can't be negative");
      if (!maxlen) return {};
      search.maxlen = *maxlen;
    } else {
      return context.error(errors::kSyntax), std::nullopt;
    }
  }
  return search;
}

// As many as `reply` has room for.
std::vector<std::uint64_t> find_all(const ListView& list, std::string_view element,
                                    const Search& search, const resp::ReplyWriter& reply) {
  const bool is_backwards = search.rank < 0;
  const std::uint64_t count = list.count();
  const std::uint64_t wanted =
      search.count ? static_cast<std::uint64_t>(*search.count) : 1;  // 0: all
  std::uint64_t to_skip = static_cast<std::uint64_t>(is_backwards ? -search.rank : search.rank) - 1;
  std::uint64_t looked = 0;
  std::vector<std::uint64_t> found;
  const std::uint64_t looks =
      search.maxlen == 0 ? count : static_cast<std::uint64_t>(search.maxlen);
  list.visit(is_backwards ? count - 1 : 0, looks, is_backwards, [&](const Listpack::Element& here) {
    const std::uint64_t index = is_backwards ? count - 1 - looked : looked;
    ++looked;
    if (!here.equals(element)) return true;
    if (to_skip > 0) return --to_skip, true;
    found.push_back(index);
    return (wanted == 0 || found.size() < wanted) && reply.has_room(0, found.size());
  });
  return found;
}

void llen(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kList);
  if (entry.is_wrong()) return;
  const std::uint64_t count = entry == nullptr ? 0 : ListView(entry->value()).count();
  context.reply().integer(static_cast<std::int64_t>(count));
}

void lindex(ReadContext& context) {
  const Found entry = context.find_of(context.arg(1), Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().null();
  const auto index = integer_argument(context, 2);
  if (!index) return;
  const ListView list(entry->value());
  const auto count = static_cast<std::int64_t>(list.count());
  const std::int64_t at = *index < 0 ? *index + count : *index;
  if (at < 0 || at >= count) return context.reply().null();
  list.visit(static_cast<std::uint64_t>(at), 1, false, [&](const Listpack::Element& element) {
    char scratch[kScratchBytes];
    context.reply().bulk(element.view(scratch));
    return false;
  });
}

void lrange(ReadContext& context) {
  const auto start = integer_argument(context, 2);
  if (!start) return;
  const auto stop = integer_argument(context, 3);
  if (!stop) return;
  const Found entry = context.find_of(context.arg(1), Type::kList);
  if (entry.is_wrong()) return;
  if (entry == nullptr) return context.reply().array(0);
  const ListView list(entry->value());
  const auto count = static_cast<std::int64_t>(list.count());
  const std::int64_t first = *start < 0 ? std::max<std::int64_t>(*start + count, 0) : *start;
  const std::int64_t last = *stop < 0 ? *stop + count : std::min(*stop, count - 1);
  if (first > last || first >= count) return context.reply().array(0);
  const auto wanted = static_cast<std::uint64_t>(last - first + 1);
  context.reply().array(wanted);
  list.visit(static_cast<std::uint64_t>(first), wanted, false,
             [&](const Listpack::Element& element) {
               char scratch[kScratchBytes];
               context.reply().bulk(element.view(scratch));
               return !context.reply().is_over();
             });
}

void lpos(ReadContext& context) {
  const auto search = parse_search(context);
  if (!search) return;
  const Found entry = context.find_of(context.arg(1), Type::kList);
  if (entry.is_wrong()) return;
  std::vector<std::uint64_t> found;
  if (entry != nullptr)
    found = find_all(ListView(entry->value()), context.arg(2), *search, context.reply());
  if (!search->count) {
    found.empty() ? context.reply().null()
                  : context.reply().integer(static_cast<std::int64_t>(found[0]));
    return;
  }
  context.reply().array(found.size());
  for (const std::uint64_t index : found) context.reply().integer(static_cast<std::int64_t>(index));
}

constexpr CommandRow kListsReadRows[] = {
    row("lindex", 3, kFlagReadonly, one_key(kKeyRead), {"Reads an element of a list.", "1.0.0"},
        {.read = lindex}),
    row("llen", 2, kFlagReadonly | kFlagFast, one_key(kKeyLook),
        {"Counts the elements of a list.", "1.0.0", "O(1)"}, {.read = llen}),
    row("lpos", -3, kFlagReadonly, one_key(kKeyRead),
        {"Tells where an element is in a list.", "6.0.6"}, {.read = lpos}),
    row("lrange", 4, kFlagReadonly, one_key(kKeyRead), {"Reads a range of elements.", "1.0.0"},
        {.read = lrange}),
};

}  // namespace

constinit const Family kListsReadFamily{"list", kListsReadRows};

}  // namespace engine::commands
