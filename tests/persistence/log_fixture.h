// Short ways to say what is written to a segment log and what is found in it.
#pragma once

#include <string>
#include <vector>

#include "persistence/segment_log.h"
#include "persistence/simulated_file_system.h"

namespace persistence_test {

using persistence::LogContents;
using persistence::LogWrite;
using persistence::SegmentLog;
using persistence::SimulatedFileSystem;
using raft::LogIndex;
using raft::Term;

inline const persistence::SegmentLogOptions kSmall{.segment_bytes = 4096, .ballast_bytes = 0};
inline constexpr base::GroupId kGroup = base::kFirstGroup;

inline raft::EntryPtr entry(std::uint64_t index, std::uint64_t term, std::string payload) {
  return std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(index), Term(term), raft::EntryKind::kBatch, std::move(payload)});
}
inline LogWrite entries(std::vector<raft::EntryPtr> list) {
  return {.group = kGroup,
          .reset_to = {},
          .truncate_from = {},
          .entries = std::move(list),
          .hard_state = {}};
}
inline LogWrite hard_state(std::uint64_t term, std::uint64_t vote) {
  LogWrite write = entries({});
  write.hard_state = raft::HardState{Term(term), raft::NodeId(vote)};
  return write;
}
inline LogWrite reset(std::uint64_t index, std::uint64_t term) {
  LogWrite write = entries({});
  write.reset_to =
      raft::SnapshotMeta{.index = LogIndex(index),
                         .term = Term(term),
                         .membership = {base::ClusterId(3), {{raft::NodeId(1), "a:1", true}}}};
  return write;
}
inline LogWrite cut(std::uint64_t from, std::vector<raft::EntryPtr> list) {
  LogWrite write = entries(std::move(list));
  write.truncate_from = LogIndex(from);
  return write;
}
inline std::string payload(persistence::LogStorage& log, std::uint64_t index) {
  const auto read = log.read(kGroup, LogIndex(index), LogIndex(index), 1);
  return read.ok() && read.value().size() == 1 ? read.value()[0]->payload : "?";
}

}  // namespace persistence_test
