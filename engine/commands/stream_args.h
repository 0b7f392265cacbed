// Arguments of the stream commands: ids, intervals, trimming. Texts and leniency as Redis 7.0.
#pragma once

#include <optional>
#include <string_view>

#include "engine/context/context.h"
#include "engine/types/stream.h"

namespace engine::commands {

struct ParsedId {
  StreamId id;
  bool has_seq = true;  // false: "5-*"
};
// `missing_seq` is taken where there is no "-seq"; "-" and "+" only if not strict. nullopt: no id,
// nothing is written.
[[nodiscard]] std::optional<ParsedId> parse_stream_id(std::string_view text,
                                                      std::uint64_t missing_seq, bool is_strict,
                                                      bool allows_star = false);
// The same, with Redis's error written.
[[nodiscard]] std::optional<StreamId> stream_id_argument(ReadContext& context, std::size_t i,
                                                         std::uint64_t missing_seq = 0,
                                                         bool is_strict = true);
// An end of an interval, which "(" excludes. `is_start`: of which end.
[[nodiscard]] std::optional<StreamId> interval_argument(ReadContext& context, std::size_t i,
                                                        bool is_start);

// The options of XADD and XTRIM. Redis's error is written if something is wrong.
struct StreamAddArguments {
  StreamTrim trim;
  bool no_mkstream = false;
  std::optional<ParsedId> id;  // of XADD; none: "*"
  std::size_t next = 0;        // argument behind the options (XADD: behind the id)
};
[[nodiscard]] std::optional<StreamAddArguments> stream_add_arguments(ReadContext& context,
                                                                     bool is_xadd);

// What write_stream_entry counts in a reply.
[[nodiscard]] std::uint64_t reply_bytes_of(const StreamEntry& entry);
// Whether the reply has room for the entries from first to last, at most `count` of them (0: all),
// and `bytes` before them; `bytes` becomes what all of that counts.
[[nodiscard]] bool entries_fit(const resp::ReplyWriter& reply, const Stream& stream,
                               const StreamId& first, const StreamId& last, std::uint64_t count,
                               std::uint64_t& bytes);
// [id, [field, value, ...]]
void write_stream_entry(resp::ReplyWriter& reply, const StreamEntry& entry);

[[nodiscard]] inline const Stream& stream_of(const Entry& entry) {
  return static_cast<const Stream&>(*entry.value().collection());
}

}  // namespace engine::commands
