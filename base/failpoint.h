// Steps at which a test can have the process die at once, as by kill -9 (tests/cluster/
// failpoint_test.py): each leaves something of its own on the disk or in the cluster. Compiled in
// only with QUORATE_FAILPOINTS (sanitized and debug builds); elsewhere FAILPOINT is the check that
// its name stands here, and nothing of it is left in the program. Used in persistence/, node/ and
// server/, where what the core wants is carried out.
#pragma once

#include <cstddef>
#include <string_view>

namespace base {

struct Failpoint {
  std::string_view name;
  std::string_view happened;  // by then, and what has not
};

inline constexpr Failpoint kFailpoints[] = {
    {"birth.unwritten", "a founding or a welcome is accepted, not on the disk"},
    {"birth.durable", "it is durable, nobody has been told"},
    {"identity.written", "a new identity stands beside the old one"},
    {"identity.renamed", "it has taken its place, the name not synced"},

    {"checkpoint.begun", "a generation is noted as begun, without a row"},
    {"checkpoint.slice-written", "some of its rows are there"},
    {"checkpoint.rows-written", "all its rows are there, no mark of its position"},
    {"checkpoint.valid", "it is the newest, nobody has been told: the log is whole"},
    {"state.rows-uncommitted", "rows are put, their transaction is open"},
    {"state.mark-uncommitted", "the mark is put, its transaction is open"},
    {"state.unfolded", "a transaction is committed in the write-ahead log of SQLite only"},
    {"state.purge-uncommitted", "superseded rows are deleted, the transaction is open"},
    {"state.purged", "the last superseded row is gone, that there are some is still noted"},

    {"log.discard-noted", "segments before the checkpoint are not missed, but there"},
    {"log.segment-removed", "the first of several is gone"},
    {"segment.created", "the next segment is an empty file"},
    {"segment.allocated", "it has its size"},
    {"segment.header-written", "it has its header, not synced"},
    {"segment.durable", "it is durable, the note does not name it"},
    {"segment.noted", "the note names it, it has no batch"},
    {"segment.first-batch", "its first batch, which stands for all before, is written, not synced"},
    {"note.written", "a new note stands beside the old one"},
    {"note.renamed", "it has taken its place, the name not synced"},
    {"promises.written", "what the members have promised stands beside what they had before"},
    {"truncation.unwritten", "entries that conflict are gone from memory, not from the log"},
    {"truncation.written", "the truncation and what replaces them are written, not synced"},
    {"truncation.durable", "they are durable, not acknowledged"},
    {"vote.unwritten", "a vote is given in memory only"},
    {"vote.durable", "it is durable, the reply has not left"},

    {"install.begun", "a checkpoint begins to come, none of its rows is there"},
    {"install.chunk-stored", "a chunk is stored, not acknowledged, others will come"},
    {"install.rows-written", "all of it is stored, the old state is still the valid one"},
    {"install.valid", "it is the valid state, the log ends before it"},
    {"install.log-reset", "the log goes on behind it, the leader has not been told"},
    {"install.loading", "the service is about to load it"},
    {"stream.chunk-read", "a leader has read a chunk of a pinned checkpoint, not sent it"},
    {"stream.ended", "the receiver has all of it, the generation is still pinned"},

    {"meet.inviting", "an invitation is about to leave"},
    {"meet.accepted", "the newcomer is about to say yes, it has not begun its next life"},
    {"meet.ordered", "the newcomer has said yes, the leader has not been asked to add it"},
    {"membership.ordered", "the leader is asked for a change, nothing is appended"},
    {"membership.appended", "a change is in force here, its entry is not on the disk"},
    {"membership.durable", "its entry is durable, nobody has been told"},
    {"membership.committed", "it is committed and not applied"},
    {"membership.applied", "it is applied, nothing of it has left"},
    {"dissolve.applied", "a lone node has dissolved, its next life is nowhere on the disk"},
    {"rebirth.state-removed", "the state of the earlier life is gone, its log is there"},
    {"rebirth.forgotten", "both are gone, the identity still says that they are to go"},
    {"removal.learned", "a node knows that it was removed, its directory does not"},

    {"element.applying", "an element of the log is about to be applied, by whoever has it"},

    {"transfer.told", "a successor is about to be told to stand"},
    {"transfer.received", "it has been told"},
    {"recall.brought-back", "what a power failure took is back, its loss is still noted"},
    {"set-aside.moved", "one of the files of a damaged directory is set aside"},
};
inline constexpr std::size_t kNoFailpoint = ~std::size_t{0};

constexpr std::size_t find_failpoint(std::string_view name) {
  for (std::size_t number = 0; const Failpoint& each : kFailpoints) {
    if (each.name == name) return number;
    ++number;
  }
  return kNoFailpoint;
}

#ifdef QUORATE_FAILPOINTS
// `what` is NAME or NAME:N, the N-th pass from now on. Only one is armed at a time; false: no such.
[[nodiscard]] bool arm_failpoint(std::string_view what);
void pass_failpoint(std::size_t number) noexcept;
#endif

}  // namespace base

// FAILPOINT_IF(NAME, CLAIM): passed when the claim is true, which is asked only where it counts.
#ifdef QUORATE_FAILPOINTS
#define FAILPOINT_IF(name, ...)                                              \
  do {                                                                       \
    constexpr std::size_t kFailpoint = ::base::find_failpoint(name);         \
    static_assert(kFailpoint != ::base::kNoFailpoint, "not in failpoint.h"); \
    if (__VA_ARGS__) ::base::pass_failpoint(kFailpoint);                     \
  } while (false)
#else
#define FAILPOINT_IF(name, ...) \
  static_assert(::base::find_failpoint(name) != ::base::kNoFailpoint, "not in failpoint.h")
#endif
#define FAILPOINT(name) FAILPOINT_IF(name, true)
