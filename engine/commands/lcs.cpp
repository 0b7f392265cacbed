// LCS: the longest common subsequence of two strings, by the textbook table of lengths (O(n*m) time
// and memory).
#include <algorithm>
#include <string>
#include <vector>

#include "base/number.h"
#include "engine/commands/families.h"
#include "engine/context/context.h"

namespace engine::commands {
namespace {

struct Options {
  bool wants_length = false, wants_ranges = false, wants_match_lengths = false;
  std::int64_t match_length_min = 0;
};

struct Match {
  std::size_t a_start = 0, a_end = 0, b_start = 0, b_end = 0;
  [[nodiscard]] std::size_t length() const { return a_end - a_start + 1; }
};

class Table {
 public:
  Table(std::string_view a, std::string_view b)
      : columns_(b.size() + 1), lengths_((a.size() + 1) * columns_) {
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        at(i, j) =
            a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }
  std::uint32_t& at(std::size_t i, std::size_t j) { return lengths_[i * columns_ + j]; }

 private:
  std::size_t columns_;
  std::vector<std::uint32_t> lengths_;
};

bool parse_options(ReadContext& context, Options& options) {
  for (std::size_t i = 3; i < context.argc(); ++i) {
    const std::string_view word = context.arg(i);
    if (equals_ignoring_case(word, "IDX")) {
      options.wants_ranges = true;
    } else if (equals_ignoring_case(word, "LEN")) {
      options.wants_length = true;
    } else if (equals_ignoring_case(word, "WITHMATCHLEN")) {
      options.wants_match_lengths = true;
    } else if (equals_ignoring_case(word, "MINMATCHLEN") && i + 1 < context.argc()) {
      const auto length = integer_argument(context, ++i);
      if (!length) return false;
      options.match_length_min = std::max<std::int64_t>(*length, 0);
    } else {
      context.error(errors::kSyntax);
      return false;
    }
  }
  if (options.wants_ranges && options.wants_length) {
    context.error("ERR If you want both the length and indexes, please just use IDX.");
    return false;
  }
  return true;
}

// Walks the table back from its end; the common characters come last to first, runs as matches.
std::string walk(Table& table, std::string_view a, std::string_view b,
                 std::vector<Match>& matches) {
  std::string common;
  std::size_t i = a.size(), j = b.size();
  bool is_in_run = false;
  while (i > 0 && j > 0) {
    if (a[i - 1] == b[j - 1]) {
      common.push_back(a[i - 1]);
      if (is_in_run && matches.back().a_start == i && matches.back().b_start == j) {
        matches.back().a_start = i - 1;
        matches.back().b_start = j - 1;
      } else {
        matches.push_back({i - 1, i - 1, j - 1, j - 1});
      }
      is_in_run = true;
      --i;
      --j;
    } else if (table.at(i - 1, j) > table.at(i, j - 1)) {
      --i;
      is_in_run = false;
    } else {
      --j;
      is_in_run = false;
    }
  }
  return {common.rbegin(), common.rend()};
}

void reply_ranges(ReadContext& context, const Options& options, const std::vector<Match>& all,
                  std::size_t length) {
  std::vector<Match> matches;
  for (const Match& match : all) {
    if (options.match_length_min == 0 ||
        static_cast<std::int64_t>(match.length()) >= options.match_length_min)
      matches.push_back(match);
  }
  resp::ReplyWriter& reply = context.reply();
  reply.map(2);
  reply.bulk("matches");
  reply.array(matches.size());
  for (const Match& match : matches) {
    reply.array(options.wants_match_lengths ? 3 : 2);
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(match.a_start));
    reply.integer(static_cast<std::int64_t>(match.a_end));
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(match.b_start));
    reply.integer(static_cast<std::int64_t>(match.b_end));
    if (options.wants_match_lengths) reply.integer(static_cast<std::int64_t>(match.length()));
  }
  reply.bulk("len");
  reply.integer(static_cast<std::int64_t>(length));
}

bool is_string_or_absent(const Entry* entry) {
  return entry == nullptr || entry->value().type() == Type::kString;
}

void lcs(ReadContext& context) {
  const Entry* first = context.find(context.arg(1));
  const Entry* second = context.find(context.arg(2));
  if (!is_string_or_absent(first) || !is_string_or_absent(second)) {
    return context.error("ERR The specified keys must contain string values");
  }
  Options options;
  if (!parse_options(context, options)) return;
  const std::string a = first == nullptr ? "" : first->value().string();
  const std::string b = second == nullptr ? "" : second->value().string();
  const std::uint64_t cells_max =
      context.state().settings.proto_max_bulk_len() / sizeof(std::uint32_t);
  if (a.size() + 1 > cells_max / (b.size() + 1)) {
    return context.error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }
  Table table(a, b);
  const std::uint32_t length = table.at(a.size(), b.size());
  if (options.wants_length) return context.reply().integer(length);
  std::vector<Match> matches;
  const std::string common = walk(table, a, b, matches);
  options.wants_ranges ? reply_ranges(context, options, matches, length)
                       : context.reply().bulk(common);
}

constexpr CommandRow kLcsRows[] = {
    row("lcs", -3, kFlagReadonly, pair_of_keys(kKeyRead),
        {"Finds the longest common subsequence of two strings.", "7.0.0"}, {.read = lcs}),
};

}  // namespace

constinit const Family kLcsFamily{"string", kLcsRows};

}  // namespace engine::commands
