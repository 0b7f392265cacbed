// SORT: its options, the elements, what patterns find, and the two ways of answering.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/commands/families.h"
#include "engine/commands/sort_order.h"
#include "engine/context/context.h"
#include "engine/types/hash.h"
#include "engine/types/list.h"
#include "engine/types/set.h"
#include "engine/types/sorted_set.h"
#include "engine/users/permission.h"

namespace engine::commands {
namespace {

// A C string's part of `text`: Redis looks for '*' and "->" no further.
std::string_view before_zero(std::string_view text) { return text.substr(0, text.find('\0')); }

struct Options {
  std::optional<std::string_view> by;  // with a '*'
  bool keeps_order = false;            // BY something without a '*'
  bool is_alpha = false, is_descending = false;
  std::int64_t offset = 0, count = -1;  // of LIMIT; a negative count is all
  std::vector<std::string_view> get;
  std::optional<std::string_view> store;
};

// Patterns may name any key: only who may read all of them may use these (Redis 7.0).
bool may_name_keys(ReadContext& context, std::string_view option) {
  const State& state = context.state();
  if (state.actor.user == nullptr) return true;
  const CommandSpec* spec = state.commands.resolve(context.argv()).spec;
  if (users::may_read_all_keys(state.users, *state.actor.user, *spec, context.argv())) return true;
  context.error("ERR " + std::string(option) +
                " option of SORT denied due to insufficient ACL permissions.");
  return false;
}

// The options at argument `i`, which moves behind what they take; false: the error is written.
bool parse_option(ReadContext& context, bool can_store, std::size_t& i, Options& options) {
  const std::string_view word = context.arg(i);
  const std::size_t left = context.argc() - i - 1;
  if (equals_ignoring_case(word, "ASC")) {
    options.is_descending = false;
  } else if (equals_ignoring_case(word, "DESC")) {
    options.is_descending = true;
  } else if (equals_ignoring_case(word, "ALPHA")) {
    options.is_alpha = true;
  } else if (equals_ignoring_case(word, "LIMIT") && left >= 2) {
    const auto offset = integer_argument(context, ++i);
    if (!offset) return false;
    const auto count = integer_argument(context, ++i);
    if (!count) return false;
    options.offset = *offset;
    options.count = *count;
  } else if (can_store && equals_ignoring_case(word, "STORE") && left >= 1) {
    options.store = context.arg(++i);
  } else if (equals_ignoring_case(word, "BY") && left >= 1) {
    options.by = context.arg(++i);
    const bool is_name = before_zero(*options.by).find('*') == std::string_view::npos;
    if (!is_name && !may_name_keys(context, "BY")) return false;
    // Once it was said that the order is to be kept, a later BY does not take it back.
    if (is_name) options.keeps_order = true;
  } else if (equals_ignoring_case(word, "GET") && left >= 1) {
    options.get.push_back(context.arg(++i));
    if (!may_name_keys(context, "GET")) return false;
  } else {
    context.error(errors::kSyntax);
    return false;
  }
  return true;
}

std::optional<Options> parse_options(ReadContext& context, bool can_store) {
  Options options;
  for (std::size_t i = 2; i < context.argc(); ++i) {
    if (!parse_option(context, can_store, i, options)) return {};
  }
  return options;
}

// The keyspace as SORT reads it: a write deletes what has expired first.
class Source {
 public:
  explicit Source(ReadContext& context) : context_(context) {}
  explicit Source(WriteContext& context) : context_(context), writer_(&context) {}

  [[nodiscard]] const Entry* find(std::string_view key) {
    if (writer_ != nullptr) writer_->drop_if_expired(key);
    return context_.find(key);
  }

  // What `pattern` means for an element: "#" is itself, else the string at the key, or "key->field"
  // the field of the hash at the key, that comes out with the element in place of the first '*'.
  [[nodiscard]] std::optional<std::string> look_up(std::string_view pattern,
                                                   const std::string& element) {
    if (before_zero(pattern) == "#") return element;
    const std::size_t star = before_zero(pattern).find('*');
    if (star == std::string_view::npos) return {};
    const std::size_t arrow = before_zero(pattern).find("->", star + 1);
    const bool has_field =
        arrow != std::string_view::npos && arrow + 2 < before_zero(pattern).size();
    const std::string_view key_end =
        has_field ? pattern.substr(star + 1, arrow - star - 1) : pattern.substr(star + 1);
    const Entry* entry = find(std::string(pattern.substr(0, star)).append(element).append(key_end));
    if (entry == nullptr) return {};
    const ValueView value = entry->value();
    if (!has_field) {
      return value.type() == Type::kString ? std::optional(value.string()) : std::nullopt;
    }
    if (value.type() != Type::kHash) return {};
    char scratch[kScratchBytes];
    const auto found = HashView(value, context_.log_ms()).find(pattern.substr(arrow + 2), scratch);
    return found ? std::optional(std::string(*found)) : std::nullopt;
  }

 private:
  ReadContext& context_;
  WriteContext* writer_ = nullptr;
};

// Which part of how many elements LIMIT leaves.
struct Window {
  std::size_t first = 0, count = 0;
};

Window window_of(const Options& options, std::uint64_t size) {
  const auto all = static_cast<std::int64_t>(size);
  const std::int64_t first = std::clamp<std::int64_t>(options.offset, 0, all);
  const std::int64_t count = options.count < 0 ? all : std::min(options.count, all);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(std::min(count, all - first))};
}

std::uint64_t count_of(const ValueView& value) {
  switch (value.type()) {
    case Type::kList: return ListView(value).count();
    case Type::kSet: return SetView(value).count();
    case Type::kSortedSet: return SortedSetView(value).count();
    default: return 0;
  }
}

using Items = std::vector<SortItem>;

void load_list(const ListView& list, const Window& part, bool is_backwards, Items& items) {
  const std::uint64_t first = is_backwards ? list.count() - 1 - part.first : part.first;
  list.visit(first, part.count, is_backwards, [&items](const Listpack::Element& element) {
    items.push_back({.element = element.string()});
    return true;
  });
}

void load_sorted_set(const SortedSetView& set, const Window& part, bool is_backwards,
                     Items& items) {
  const std::uint64_t end = set.count() - part.first, begin = end - part.count;
  const auto visit = [&items](std::string_view member, double) {
    items.push_back({.element = std::string(member)});
    return true;
  };
  is_backwards ? set.visit_ranks(begin, end, true, visit)
               : set.visit_ranks(part.first, part.first + part.count, false, visit);
}

void load_set(const SetView& set, Items& items) {
  set.for_each([&items](std::string_view member) {
    items.push_back({.element = std::string(member)});
    return true;
  });
}

// The elements in the order they have; of a list or sorted set only `part`, backwards if wanted.
Items load(const ValueView& value, const Window& part, bool is_backwards) {
  Items items;
  if (part.count == 0) return items;
  items.reserve(part.count);
  switch (value.type()) {
    case Type::kList: load_list(ListView(value), part, is_backwards, items); break;
    case Type::kSortedSet: load_sorted_set(SortedSetView(value), part, is_backwards, items); break;
    default: load_set(SetView(value), items);
  }
  return items;
}

// Finds what the items are ordered by. False: the error is written.
bool weigh(ReadContext& context, Source& source, const Options& options, Items& items) {
  bool is_right = true;
  Growth weights(context.state().settings.growth_bytes_max());
  for (SortItem& item : items) {
    if (options.by) item.weight = source.look_up(*options.by, item.element);
    if (options.by && !weights.add(item.weight ? item.weight->size() : 0))
      return context.error(errors::kGrowthTooLarge), false;
    if (options.is_alpha || (options.by && !item.weight)) continue;
    const auto score = sort_score(options.by ? *item.weight : item.element);
    item.score = score.value_or(0);
    is_right = is_right && score.has_value();
  }
  if (!is_right) context.error("ERR One or more scores can't be converted into double");
  return is_right;
}

// The elements that are asked for, in order. nullopt: the error is written.
std::optional<Items> sorted(ReadContext& context, Source& source, const Options& options,
                            const ValueView& value) {
  const std::uint64_t count = count_of(value);
  const Window window = window_of(options, count);
  const bool has_own_order = value.type() != Type::kSet;
  if (options.keeps_order && has_own_order) return load(value, window, options.is_descending);
  Items items = load(value, {0, static_cast<std::size_t>(count)}, false);
  if (!options.keeps_order) {
    if (!weigh(context, source, options, items)) return {};
    const SortOrder order{.is_alpha = options.is_alpha,
                          .is_descending = options.is_descending,
                          .has_pattern = options.by.has_value(),
                          .is_binary = options.store.has_value()};
    if (options.by && window.count > 0 && window.count < count) {
      sort_part(items, order, window.first, window.first + window.count - 1,
                sort_splits_max(items.size()));
    } else {
      sort_all(items, order);
    }
  }
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(window.first + window.count),
              items.end());
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(window.first));
  return items;
}

// False: it was too large a reply.
bool write_items(ReadContext& context, Source& source, const Options& options, const Items& items) {
  const std::uint64_t each = std::max<std::size_t>(1, options.get.size());
  if (!context.reply_fits(0, items.size() * each)) return false;
  context.reply().array(items.size() * each);
  for (const SortItem& item : items) {
    if (context.reply().is_over()) return false;
    if (options.get.empty()) context.reply().bulk(item.element);
    for (const std::string_view pattern : options.get) {
      const auto found = source.look_up(pattern, item.element);
      found ? context.reply().bulk(*found) : context.reply().null();
    }
  }
  return !context.reply().is_over();
}

bool is_packed_sorted_set(const Entry& entry) {
  const ValueView value = entry.value();
  return value.type() == Type::kSortedSet && value.is_packed();
}

// Redis 7.0 turns a packed sorted set that it sorts into a skip list and leaves it so.
void make_sorted_set_dense(WriteContext& context) {
  const Entry* entry = context.find_for_write(context.arg(1));
  if (entry == nullptr || !is_packed_sorted_set(*entry)) return;
  context.edit<SortedSet>(context.arg(1), [](SortedSet& set) {
    set.make_dense();
    return false;
  });
}

void store_items(WriteContext& context, Source& source, const Options& options,
                 const Items& items) {
  const auto limits = ListLimits::from_setting(context.state().settings.list_max_listpack_size());
  List list;
  Growth growth(context.growth_left());
  const auto push = [&](const std::string& element) {
    if (growth.add(element.size())) list.push(element, false, limits);
  };
  for (std::size_t i = 0; i < items.size() && !growth.is_over(); ++i) {
    if (options.get.empty()) push(items[i].element);
    for (std::size_t n = 0; n < options.get.size() && !growth.is_over(); ++n)
      push(source.look_up(options.get[n], items[i].element).value_or(""));
  }
  if (growth.is_over()) return context.error(errors::kGrowthTooLarge);
  make_sorted_set_dense(context);
  const auto count = static_cast<std::int64_t>(list.count());
  context.drop_if_expired(*options.store);
  if (count > 0) {
    context.put(*options.store, std::move(list).release(), kNoExpiry);
    context.notify('l', "sortstore", *options.store);
  } else if (context.remove(*options.store)) {
    context.notify('g', "del", *options.store);
  }
  context.reply().integer(count);
}

// The value to sort; an absent key is an empty list. False: WRONGTYPE is written.
bool is_sortable(ReadContext& context, const Entry* entry) {
  if (entry == nullptr) return true;
  const Type type = entry->value().type();
  if (type == Type::kList || type == Type::kSet || type == Type::kSortedSet) return true;
  context.error(errors::kWrongType);
  return false;
}

std::optional<Items> items_of(ReadContext& context, Source& source, const Options& options,
                              const Entry* entry) {
  return entry == nullptr ? std::optional(Items())
                          : sorted(context, source, options, entry->value());
}

void sort_in_log(WriteContext& context, bool can_store) {
  auto options = parse_options(context, can_store);
  if (!options) return;
  Source source(context);
  const Entry* entry = source.find(context.arg(1));
  if (!is_sortable(context, entry)) return;
  if (entry != nullptr && entry->value().type() == Type::kSet && options->store &&
      options->keeps_order) {  // what is stored must not depend on the order of a hash table
    options->keeps_order = false;
    options->is_alpha = true;
    options->by.reset();
  }
  const auto items = items_of(context, source, *options, entry);
  if (items && options->store) return store_items(context, source, *options, *items);
  if (!items || write_items(context, source, *options, *items)) make_sorted_set_dense(context);
}

void sort(WriteContext& context) { sort_in_log(context, true); }
void sort_ro_in_log(WriteContext& context) { sort_in_log(context, false); }

// Redis 7.0 turns a packed sorted set into a skip list when it sorts it, and leaves it so, even for
// SORT_RO: such a read goes through the log.
bool sort_ro_wants_write(ReadContext& context) {
  const Entry* entry = context.find(context.arg(1), Lookup::kSilent);
  return entry != nullptr && is_packed_sorted_set(*entry);
}

void sort_ro(ReadContext& context) {
  const auto options = parse_options(context, false);
  if (!options) return;
  Source source(context);
  const Entry* entry = source.find(context.arg(1));
  if (!is_sortable(context, entry)) return;
  const auto items = items_of(context, source, *options, entry);
  if (items) static_cast<void>(write_items(context, source, *options, *items));
}

// Of several STOREs the last one counts, and a key may be called STORE too.
std::optional<std::size_t> store_key(Arguments argv) {
  std::optional<std::size_t> target;
  for (std::size_t i = 2; i + 1 < argv.size(); ++i) {
    if (equals_ignoring_case(argv[i], "LIMIT"))
      i += 2;
    else if (equals_ignoring_case(argv[i], "BY") || equals_ignoring_case(argv[i], "GET"))
      i += 1;
    else if (equals_ignoring_case(argv[i], "STORE"))
      target = i + 1;
  }
  return target;
}

constexpr std::string_view kHiddenPatterns =
    "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the "
    "content of the key we sort";
constexpr std::string_view kHiddenTarget =
    "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear "
    "anywhere in the argument array";
constexpr std::uint64_t kSortCategories = kAclSet | kAclSortedset | kAclList | kAclDangerous;

constexpr CommandRow kSortRows[] = {
    row("sort", -2, kFlagWrite | kFlagDenyOom | kFlagMovableKeys,
        one_key(kKeyRead)
            .with_hidden(kKeyRead, kHiddenPatterns)
            .with_hidden(kKeyOverwrite, kHiddenTarget),
        {"Orders the elements of a list, set or sorted set, answers or stores them.", "1.0.0"},
        {.write = sort},
        {.acl = kSortCategories, .traits = kTraitLargeReply, .more_key = store_key}),
    row("sort_ro", -2, kFlagReadonly | kFlagMovableKeys,
        one_key(kKeyRead).with_hidden(kKeyRead, kHiddenPatterns),
        {"Orders the elements of a list, set or sorted set and answers them.", "7.0.0"},
        {.write = sort_ro_in_log, .read = sort_ro, .wants_write = sort_ro_wants_write},
        {.acl = kSortCategories}),
};

}  // namespace

constinit const Family kSortFamily{"generic", kSortRows};

}  // namespace engine::commands
