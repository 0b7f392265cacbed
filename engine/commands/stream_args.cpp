#include "engine/commands/stream_args.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/number.h"

namespace engine::commands {
namespace {

constexpr std::string_view kInvalidId =
    "ERR Invalid stream ID specified as stream command argument";
constexpr std::size_t kIdBytesMax = 127;

// As Redis reads the parts of an id: a canonical number, else whatever strtoull takes whole.
std::optional<std::uint64_t> parse_part(const std::string& text) {
  if (const auto number = base::parse_integer(text)) {
    if (*number < 0) return {};
    return static_cast<std::uint64_t>(*number);
  }
  errno = 0;
  char* end = nullptr;
  const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || text.c_str()[0] == '\0' || *end != '\0') return {};
  return value;
}

constexpr std::uint64_t kTrimLimitMax = 1'000'000, kTrimLimitDefault = 10'000;

std::uint64_t default_limit(ReadContext& context) {
  const std::uint64_t limit = 100 * context.state().settings.stream_node_max_entries();
  if (limit == 0) return kTrimLimitDefault;
  return std::min(limit, kTrimLimitMax);
}

class AddParser {
 public:
  AddParser(ReadContext& context, bool is_xadd) : context_(context), is_xadd_(is_xadd) {}

  std::optional<StreamAddArguments> run() {
    std::size_t i = 2;
    for (; i < context_.argc(); ++i) {
      const Taken taken = take(i);
      if (taken == Taken::kError) return {};
      if (taken == Taken::kEnd) break;
    }
    arguments_.next = i + 1;
    if (!finish()) return {};
    return arguments_;
  }

 private:
  enum class Taken : std::uint8_t { kOption, kEnd, kError };

  Taken refuse(std::string_view text) {
    context_.error(text);
    return Taken::kError;
  }

  Taken take(std::size_t& i) {
    const std::string_view word = context_.arg(i);
    const std::size_t more = context_.argc() - 1 - i;
    if (is_xadd_ && word == "*") return Taken::kEnd;
    if (equals_ignoring_case(word, "MAXLEN") && more > 0)
      return take_trim(i, more, StreamTrim::By::kLength);
    if (equals_ignoring_case(word, "MINID") && more > 0)
      return take_trim(i, more, StreamTrim::By::kId);
    if (equals_ignoring_case(word, "LIMIT") && more > 0) return take_limit(++i);
    if (is_xadd_ && equals_ignoring_case(word, "NOMKSTREAM")) {
      arguments_.no_mkstream = true;
      return Taken::kOption;
    }
    if (!is_xadd_) return refuse(errors::kSyntax);
    arguments_.id = parse_stream_id(word, 0, true, true);
    return arguments_.id ? Taken::kEnd : refuse(kInvalidId);
  }

  Taken take_trim(std::size_t& i, std::size_t more, StreamTrim::By by) {
    if (arguments_.trim.by != StreamTrim::By::kNothing)
      return refuse(
          "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    StreamTrim& trim = arguments_.trim;
    const std::string_view next = context_.arg(i + 1);
    trim.is_approximate = more >= 2 && next == "~";
    if (trim.is_approximate || (more >= 2 && next == "=")) ++i;
    ++i;
    trim.by = by;
    if (by == StreamTrim::By::kId) {
      const auto id = stream_id_argument(context_, i);
      if (id) trim.id = *id;
      return id ? Taken::kOption : Taken::kError;
    }
    const auto length = integer_argument(context_, i);
    if (!length) return Taken::kError;
    if (*length < 0) return refuse("ERR The MAXLEN argument must be >= 0.");
    trim.length = static_cast<std::uint64_t>(*length);
    return Taken::kOption;
  }

  Taken take_limit(std::size_t i) {
    const auto limit = integer_argument(context_, i);
    if (!limit) return Taken::kError;
    if (*limit < 0) return refuse("ERR The LIMIT argument must be >= 0.");
    limit_ = static_cast<std::uint64_t>(*limit);
    return Taken::kOption;
  }

  bool finish() {
    StreamTrim& trim = arguments_.trim;
    if (limit_.value_or(0) != 0 && trim.by == StreamTrim::By::kNothing) {
      context_.error(
          "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
      return false;
    }
    if (!is_xadd_ && trim.by == StreamTrim::By::kNothing) {
      context_.error("ERR syntax error, XTRIM must be called with a trimming strategy");
      return false;
    }
    if (limit_ && !trim.is_approximate) {
      context_.error("ERR syntax error, LIMIT cannot be used without the special ~ option");
      return false;
    }
    trim.limit = limit_ ? *limit_ : trim.is_approximate ? default_limit(context_) : 0;
    return true;
  }

  ReadContext& context_;
  bool is_xadd_;
  StreamAddArguments arguments_;
  std::optional<std::uint64_t> limit_;
};

}  // namespace

std::optional<ParsedId> parse_stream_id(std::string_view text, std::uint64_t missing_seq,
                                        bool is_strict, bool allows_star) {
  if (text.size() > kIdBytesMax) return {};
  const std::string word(text.substr(0, text.find('\0')));
  if (is_strict && (word == "-" || word == "+")) return {};
  if (word == "-") return ParsedId{};
  if (word == "+") return ParsedId{StreamId::highest()};
  const std::size_t dash = word.find('-');
  const auto ms = parse_part(word.substr(0, dash));
  if (!ms) return {};
  if (dash == std::string::npos) return ParsedId{{*ms, missing_seq}};
  if (allows_star && word.substr(dash + 1) == "*") return ParsedId{{*ms, 0}, false};
  const auto seq = parse_part(word.substr(dash + 1));
  if (!seq) return {};
  return ParsedId{{*ms, *seq}};
}

std::optional<StreamId> stream_id_argument(ReadContext& context, std::size_t i,
                                           std::uint64_t missing_seq, bool is_strict) {
  const auto parsed = parse_stream_id(context.arg(i), missing_seq, is_strict);
  if (parsed) return parsed->id;
  context.error(kInvalidId);
  return {};
}

std::optional<StreamId> interval_argument(ReadContext& context, std::size_t i, bool is_start) {
  const std::string_view text = context.arg(i);
  const std::uint64_t missing_seq = is_start ? 0 : UINT64_MAX;
  const bool is_excluded = text.size() > 1 && text[0] == '(';
  const auto parsed =
      parse_stream_id(is_excluded ? text.substr(1) : text, missing_seq, is_excluded);
  if (!parsed) return context.error(kInvalidId), std::nullopt;
  if (!is_excluded) return parsed->id;
  const auto beyond = is_start ? parsed->id.next() : parsed->id.previous();
  if (!beyond)
    context.error(is_start ? "ERR invalid start ID for the interval"
                           : "ERR invalid end ID for the interval");
  return beyond;
}

std::optional<StreamAddArguments> stream_add_arguments(ReadContext& context, bool is_xadd) {
  return AddParser(context, is_xadd).run();
}

std::uint64_t reply_bytes_of(const StreamEntry& entry) {
  constexpr std::uint64_t kEach = resp::ReplyWriter::kScalarBytes;
  std::uint64_t bytes = kEach + entry.id.text().size();
  entry.for_each([&](std::string_view name, std::string_view value) {
    bytes += 2 * kEach + name.size() + value.size();
  });
  return bytes;
}

bool entries_fit(const resp::ReplyWriter& reply, const Stream& stream, const StreamId& first,
                 const StreamId& last, std::uint64_t count, std::uint64_t& bytes) {
  std::uint64_t seen = 0;
  stream.visit(first, last, false, [&](const StreamEntry& entry) {
    bytes += reply_bytes_of(entry);
    return ++seen != count && bytes <= reply.room();
  });
  return bytes <= reply.room();
}

void write_stream_entry(resp::ReplyWriter& reply, const StreamEntry& entry) {
  reply.array(2);
  reply.bulk(entry.id.text());
  reply.array(2 * entry.fields);
  entry.for_each([&](std::string_view name, std::string_view value) {
    reply.bulk(name);
    reply.bulk(value);
  });
}

}  // namespace engine::commands
