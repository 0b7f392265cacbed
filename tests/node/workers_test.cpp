// The two machines at the disk, with disks in memory.
#include "node/disk/workers.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/node/harness_disk.h"

namespace {

using base::kFirstGroup;
using base::LogIndex;
using base::NodeId;
using base::Term;
using node_test::MemoryLog;
using node_test::MemoryState;

raft::EntryPtr entry(std::uint64_t index, std::string payload = "p") {
  return std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(index), Term(1), raft::EntryKind::kBatch, std::move(payload)});
}

node::LogAppend append(std::uint64_t sequence, std::vector<raft::EntryPtr> entries) {
  node::LogAppend request{.sequence = sequence, .write = {}};
  request.write.group = kFirstGroup;
  request.write.entries = std::move(entries);
  return request;
}

template <class T, class Messages>
std::vector<T> only(const Messages& messages) {
  std::vector<T> found;
  for (const auto& message : messages) {
    if (const T* one = std::get_if<T>(&message)) found.push_back(*one);
  }
  return found;
}

class LogWorker : public testing::Test {
 protected:
  std::vector<node::FromLog> handle(std::vector<node::ToLog> requests) {
    return worker.handle(std::move(requests)).value();
  }
  MemoryLog log;
  node::LogWorker worker{log};
};

TEST_F(LogWorker, AllThatGatheredIsOneWrite) {
  const auto answers =
      handle({append(1, {entry(1)}), append(2, {entry(2)}), append(3, {entry(3)})});
  EXPECT_EQ(log.appends, 1U);
  EXPECT_EQ(log.entries().size(), 3U);
  const auto durable = only<node::LogDurable>(answers);
  ASSERT_EQ(durable.size(), 1U);
  EXPECT_EQ(durable[0].sequence, 3U);
  EXPECT_EQ(durable[0].log_bytes, 3U);
}

TEST_F(LogWorker, ReadsAnswerInTheOrderAskedAndSeeWhatWasThereBefore) {
  handle({append(1, {entry(1), entry(2), entry(3)})});
  node::LogAppend cut = append(2, {entry(2, "new")});
  cut.write.truncate_from = LogIndex(2);
  const auto answers = handle({node::LogRead{kFirstGroup, LogIndex(2), LogIndex(3), 100}, cut,
                               node::LogRead{kFirstGroup, LogIndex(1), LogIndex(1), 100}});
  const auto reads = only<node::LogEntries>(answers);
  ASSERT_EQ(reads.size(), 2U);
  EXPECT_EQ(reads[0].entries.size(), 2U);
  EXPECT_EQ(reads[1].first, LogIndex(1));
  EXPECT_EQ(log.entries().back()->payload, "new");
}

TEST_F(LogWorker, DiscardsAfterTheWrites) {
  handle({append(1, {entry(1), entry(2)}), node::LogDiscard{kFirstGroup, LogIndex(1)}});
  ASSERT_EQ(log.entries().size(), 1U);
  EXPECT_EQ(log.entries()[0]->index, LogIndex(2));
}

TEST_F(LogWorker, AFullDiskIsToldOnceAndAllIsWrittenWhenThereIsRoom) {
  log.is_full = true;
  const auto first = handle({append(1, {entry(1)})});
  ASSERT_EQ(only<node::LogSpace>(first).size(), 1U);
  EXPECT_TRUE(only<node::LogSpace>(first)[0].is_full);
  EXPECT_TRUE(only<node::LogDurable>(first).empty());
  EXPECT_TRUE(worker.is_waiting_for_space());
  EXPECT_TRUE(handle({append(2, {entry(2)})}).empty());
  EXPECT_TRUE(worker.retry().value().empty());

  log.is_full = false;
  const auto after = worker.retry().value();
  EXPECT_FALSE(only<node::LogSpace>(after).at(0).is_full);
  EXPECT_EQ(only<node::LogDurable>(after).at(0).sequence, 2U);
  EXPECT_EQ(log.entries().size(), 2U);
  EXPECT_FALSE(worker.is_waiting_for_space());
  EXPECT_TRUE(worker.retry().value().empty());
}

TEST_F(LogWorker, WhatIsCutWhileItWaitsForSpaceIsNeverWritten) {
  log.is_full = true;
  handle({append(1, {entry(1), entry(2, std::string(1000, 'x'))})});
  node::LogAppend cut = append(2, {entry(2, "small")});
  cut.write.truncate_from = LogIndex(2);
  handle({cut});
  log.is_full = false;
  ASSERT_TRUE(worker.retry().ok());
  ASSERT_EQ(log.entries().size(), 2U);
  EXPECT_EQ(log.entries()[1]->payload, "small");
}

// The disk may have room again by that, and nothing else may ever make any.
TEST_F(LogWorker, ADiscardIsFollowedByAnotherAttempt) {
  handle({append(1, {entry(1)})});
  log.is_full = true;
  handle({append(2, {entry(2)})});
  ASSERT_TRUE(worker.is_waiting_for_space());
  log.is_full = false;
  const auto answers = handle({node::LogDiscard{kFirstGroup, LogIndex(1)}});
  EXPECT_EQ(only<node::LogDurable>(answers).at(0).sequence, 2U);
  EXPECT_FALSE(only<node::LogSpace>(answers).at(0).is_full);
}

// Room for term and vote there is, by the ballast.
class NoRoomForEntries : public MemoryLog {
 public:
  base::Status append(const std::vector<persistence::LogWrite>& batch) override {
    is_full = has_no_room && std::any_of(batch.begin(), batch.end(),
                                         [](const auto& write) { return !write.entries.empty(); });
    return MemoryLog::append(batch);
  }
  bool has_no_room = true;
};

TEST(LogWorkerOfAFullDisk, WritesTermAndVoteAheadOfTheEntriesThatWait) {
  NoRoomForEntries log;
  node::LogWorker worker(log);
  const auto voted = [](const std::vector<node::FromLog>& answers) {
    const auto all = only<node::LogVoted>(answers);
    return all.empty() ? std::uint64_t{0} : all.back().sequence;
  };
  node::LogAppend first = append(1, {entry(1)});
  first.write.hard_state = raft::HardState{Term(3), {}};
  EXPECT_EQ(voted(worker.handle({first}).value()), 1U);
  EXPECT_EQ(voted(worker.handle({append(2, {entry(2)})}).value()), 0U);
  node::LogAppend vote = append(3, {});
  vote.write.hard_state = raft::HardState{Term(4), NodeId(2)};
  EXPECT_EQ(voted(worker.handle({vote}).value()), 3U);
  EXPECT_EQ(voted(worker.retry().value()), 0U) << "it is there already";
  EXPECT_EQ(log.open(kFirstGroup).value().hard_state, (raft::HardState{Term(4), NodeId(2)}));
  EXPECT_TRUE(log.entries().empty());
  log.has_no_room = false;
  EXPECT_EQ(only<node::LogDurable>(worker.retry().value()).at(0).sequence, 3U);
  EXPECT_EQ(log.open(kFirstGroup).value().hard_state, (raft::HardState{Term(4), NodeId(2)}));
  EXPECT_EQ(log.entries().size(), 2U);
}

// ---- appendfsync everysec and no ----

class RelaxedLogWorker : public testing::TestWithParam<node::SyncPolicy> {
 protected:
  std::vector<node::FromLog> handle(std::vector<node::ToLog> requests) {
    return worker.handle(std::move(requests)).value();
  }
  MemoryLog log;
  node::LogWorker worker{log, GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Both, RelaxedLogWorker,
                         testing::Values(node::SyncPolicy::kEverySecond, node::SyncPolicy::kNever),
                         [](const auto& test) {
                           return test.param == node::SyncPolicy::kNever ? "Never" : "EverySecond";
                         });

TEST_P(RelaxedLogWorker, EntriesAreDurableWhenTheyAreWritten) {
  const auto answers = handle({append(1, {entry(1)})});
  EXPECT_EQ(only<node::LogDurable>(answers).size(), 1U);
  EXPECT_EQ(log.unsynced_appends, 1U);
  EXPECT_EQ(worker.is_behind(), GetParam() == node::SyncPolicy::kEverySecond);
  ASSERT_TRUE(worker.sync().ok());
  EXPECT_FALSE(worker.is_behind());
}

TEST_P(RelaxedLogWorker, TermVoteMembershipResetAndTruncationAreSyncedAtOnce) {
  node::LogAppend term = append(1, {}), cut = append(2, {}), reset = append(3, {});
  term.write.hard_state = raft::HardState{Term(3), NodeId(1)};
  cut.write.truncate_from = LogIndex(9);
  reset.write.reset_to = raft::SnapshotMeta{};
  auto members = std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(1), Term(1), raft::EntryKind::kMembership, {}});
  for (const node::LogAppend& request : {term, cut, reset, append(4, {members})}) {
    handle({request});
    EXPECT_EQ(log.unsynced_appends, 0U) << request.sequence;
  }
}

TEST_P(RelaxedLogWorker, SaysWhatItWouldOnlyWrite) {
  const auto takes = [this](node::ToLog request) {
    return worker.takes_at_once({append(1, {entry(1)}), std::move(request)});
  };
  EXPECT_TRUE(takes(append(2, {entry(2)})));
  node::LogAppend voting = append(2, {entry(2)});
  voting.write.hard_state = raft::HardState{Term(3), NodeId(1)};
  EXPECT_FALSE(takes(voting));
  EXPECT_FALSE(takes(node::LogDiscard{kFirstGroup, LogIndex(1)}));
  EXPECT_FALSE(takes(node::LogTrust{}));
  EXPECT_FALSE(takes(node::LogSyncPolicy{GetParam()}));
  log.at_once_bytes_max = 256 * 2 + 2 * entry(1)->payload.size();
  EXPECT_TRUE(takes(append(2, {entry(2)})));
  --log.at_once_bytes_max;
  EXPECT_FALSE(takes(append(2, {entry(2)})));
  log.at_once_bytes_max = 1 << 20;
  log.is_full = true;
  (void)handle({append(1, {entry(1)})});
  EXPECT_FALSE(takes(append(2, {entry(2)})));
}

TEST_P(RelaxedLogWorker, AChangeToAlwaysSyncsFirst) {
  handle({append(1, {entry(1)})});
  handle({node::LogSyncPolicy{node::SyncPolicy::kAlways}});
  EXPECT_EQ(log.unsynced_appends, 0U);
  handle({append(2, {entry(2)})});
  EXPECT_EQ(log.unsynced_appends, 0U);
  handle({node::LogSyncPolicy{GetParam()}, append(3, {entry(3)})});
  EXPECT_EQ(log.unsynced_appends, 1U);
}

TEST_F(LogWorker, IsToldThatAmnesiaIsOverOnlyWhenWhatEndedItIsWritten) {
  log.is_full = true;
  handle({append(1, {entry(1)}), node::LogTrust{}});
  EXPECT_EQ(log.trusts, 0U);
  log.is_full = false;
  ASSERT_TRUE(worker.retry().ok());
  EXPECT_EQ(log.trusts, 1U);
  EXPECT_EQ(log.entries().size(), 1U);
  handle({append(2, {entry(2)})});
  EXPECT_EQ(log.trusts, 1U);
}

// A disk that fails otherwise ends the process: the error comes back.
class BrokenLog : public MemoryLog {
 public:
  base::Status append(const std::vector<persistence::LogWrite>&) override { return failure(); }
  base::Result<std::vector<raft::EntryPtr>> read(base::GroupId, LogIndex, LogIndex,
                                                 std::size_t) override {
    return failure();
  }
  base::Status discard(base::GroupId, LogIndex) override { return failure(); }
  base::Status mark_end() override { return failure(); }
  static base::Error failure() {
    return {.cause = base::Cause::kSystem,
            .code = 5,
            .operation = "write",
            .object = "log",
            .detail = "Input/output error"};
  }
};

TEST(LogWorkerOfABrokenDisk, PassesTheErrorOn) {
  BrokenLog log;
  node::LogWorker worker(log);
  EXPECT_FALSE(worker.handle({node::LogRead{kFirstGroup, LogIndex(1), LogIndex(1), 1}}).ok());
  EXPECT_FALSE(worker.handle({node::LogDiscard{kFirstGroup, LogIndex(1)}}).ok());
  const auto result = worker.handle({append(1, {entry(1)})});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, 5);
}

// ---- the state worker ----

class StateWorker : public testing::Test {
 protected:
  std::vector<node::StateReply> handle(node::ToState request) {
    return worker.handle(std::move(request)).value();
  }
  template <class T>
  std::optional<T> ask(node::ToState request) {
    for (const node::StateReply& reply : handle(std::move(request))) {
      if (const T* found = std::get_if<T>(&reply.message)) return *found;
    }
    return {};
  }
  static base::Row row(std::uint64_t position, std::size_t bytes = 10) {
    return {{1, position, 0, 0}, std::string(bytes, 'r')};
  }
  static raft::SnapshotMeta meta(std::uint64_t index) {
    return {LogIndex(index), Term(1), {base::ClusterId(7), {{NodeId(1), "a:1", true}}}, 0};
  }
  void checkpoint(std::uint64_t index, std::size_t rows, std::size_t bytes = 10) {
    handle(node::CheckpointBegin{});
    node::CheckpointRows all;
    for (std::size_t i = 0; i < rows; ++i) all.rows.push_back(row(i, bytes));
    handle(all);
    handle(node::CheckpointFinish{kFirstGroup, meta(index)});
  }
  node::StreamRead next(std::uint64_t sequence) { return {kFirstGroup, NodeId(2), sequence}; }

  MemoryState store;
  node::StateWorker worker{store};
};

TEST_F(StateWorker, ACheckpointIsToldToBothMachines) {
  handle(node::CheckpointBegin{});
  EXPECT_EQ(ask<node::RowsWritten>(node::CheckpointRows{{row(1), row(2)}, {}})->bytes, 20U);
  const auto replies = handle(node::CheckpointFinish{kFirstGroup, meta(5)});
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_NE(replies[0].to, replies[1].to);
  EXPECT_EQ(std::get<node::CheckpointDone>(replies[0].message).meta.generation, 1U);
}

TEST_F(StateWorker, ACheckpointThatFindsNoSpaceIsAbandonedAndTheNextOneSucceeds) {
  handle(node::CheckpointBegin{});
  store.is_full = true;
  EXPECT_TRUE(ask<node::CheckpointFailed>(node::CheckpointRows{{row(1)}, {}}).has_value());
  EXPECT_TRUE(handle(node::CheckpointRows{{row(2)}, {}}).empty());
  EXPECT_TRUE(handle(node::CheckpointFinish{kFirstGroup, meta(5)}).empty());
  store.is_full = false;
  checkpoint(6, 1);
  EXPECT_EQ(store.newest()->index, LogIndex(6));
}

TEST_F(StateWorker, LoadingReadsOneStateToItsEndThoughANewerOneComes) {
  checkpoint(5, 3, 700'000);
  auto page = ask<node::LoadedPage>(node::LoadPage{})->page;
  EXPECT_FALSE(page.is_last);
  checkpoint(6, 9, 700'000);
  std::size_t rows = page.rows.size();
  while (!page.is_last) {
    page = ask<node::LoadedPage>(node::LoadPage{page.rows.back().key})->page;
    rows += page.rows.size();
  }
  EXPECT_EQ(rows, 3U);
  EXPECT_EQ(store.pinned_count(), 0U);
}

TEST_F(StateWorker, LoadingNothingIsOneEmptyLastPage) {
  const auto page = ask<node::LoadedPage>(node::LoadPage{});
  EXPECT_TRUE(page->page.rows.empty());
  EXPECT_TRUE(page->page.is_last);
}

TEST_F(StateWorker, AStreamGoesChunkByChunkAndMayBeAskedAgain) {
  checkpoint(5, 5, 700'000);
  const auto first = ask<node::StreamChunk>(next(0));
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(first->is_last);
  EXPECT_EQ(store.pinned_count(), 1U);
  EXPECT_EQ(ask<node::StreamChunk>(next(0))->bytes, first->bytes);
  checkpoint(9, 1);  // the stream keeps its state
  const auto second = ask<node::StreamChunk>(next(1));
  EXPECT_EQ(ask<node::StreamChunk>(next(1))->bytes, second->bytes);
  EXPECT_EQ(second->meta.index, LogIndex(5));
  EXPECT_FALSE(ask<node::StreamChunk>(next(5)).has_value());
  const auto third = ask<node::StreamChunk>(next(2));
  EXPECT_TRUE(third->is_last);
  EXPECT_TRUE(ask<node::StreamFailed>(next(3)).has_value());
  handle(node::StreamClose{kFirstGroup, NodeId(2)});
  EXPECT_EQ(store.pinned_count(), 0U);
}

TEST_F(StateWorker, AStreamBegunAnewTakesTheNewestState) {
  checkpoint(5, 5, 700'000);
  handle(next(0));
  handle(next(1));
  checkpoint(9, 1);
  EXPECT_EQ(ask<node::StreamChunk>(next(0))->meta.index, LogIndex(9));
  EXPECT_EQ(store.pinned_count(), 1U);
}

TEST_F(StateWorker, WithoutACheckpointThereIsNoStream) {
  EXPECT_EQ(ask<node::StreamFailed>(next(0))->detail, "there is no checkpoint yet");
  EXPECT_EQ(ask<node::StreamFailed>(next(4))->detail, "chunk 4 is out of order");
}

class Install : public StateWorker {
 protected:
  node::InstallChunk chunk(std::uint64_t sequence, bool is_last) {
    return {kFirstGroup, meta(20), sequence, is_last, persistence::encode_rows({row(sequence)})};
  }
};

TEST_F(Install, ReplacesTheStateWithItsLastChunk) {
  checkpoint(5, 3);
  EXPECT_FALSE(ask<node::ChunkStored>(chunk(0, false))->is_installed);
  EXPECT_EQ(store.newest()->index, LogIndex(5));
  const auto done = ask<node::ChunkStored>(chunk(1, true));
  EXPECT_TRUE(done->is_installed);
  EXPECT_EQ(done->meta.index, LogIndex(20));
  EXPECT_EQ(done->meta.generation, store.newest()->generation);
  EXPECT_EQ(ask<node::LoadedPage>(node::LoadPage{})->page.rows.size(), 2U);
}

TEST_F(Install, AChunkOutOfOrderOrOfAnotherStateIsNotStored) {
  EXPECT_TRUE(handle(chunk(1, false)).empty());
  handle(chunk(0, false));
  EXPECT_TRUE(handle(chunk(2, false)).empty());
  node::InstallChunk other = chunk(1, false);
  other.meta.index = LogIndex(30);
  EXPECT_TRUE(handle(other).empty());
  EXPECT_TRUE(ask<node::ChunkStored>(chunk(1, true))->is_installed);
}

TEST_F(Install, BeginsAnewWithItsFirstChunk) {
  handle(chunk(0, false));
  handle(chunk(1, false));
  handle(chunk(0, false));
  EXPECT_TRUE(ask<node::ChunkStored>(chunk(1, true))->is_installed);
}

TEST_F(Install, ChunksThatAreNoRowsEndItAndTheCoreHearsOfIt) {
  handle(chunk(0, false));
  node::InstallChunk rubbish = chunk(1, false);
  rubbish.bytes = "not rows";
  EXPECT_TRUE(ask<node::StreamFailed>(rubbish)->to.is_none());
  EXPECT_TRUE(handle(chunk(1, true)).empty());
}

TEST_F(Install, EndsTheCheckpointThatIsUnderWay) {
  handle(node::CheckpointBegin{});
  handle(node::CheckpointRows{{row(77)}, {}});
  EXPECT_TRUE(ask<node::CheckpointFailed>(chunk(0, false)).has_value());
  EXPECT_TRUE(handle(node::CheckpointRows{{row(78)}, {}}).empty());
  EXPECT_TRUE(handle(node::CheckpointFinish{kFirstGroup, meta(5)}).empty());
  EXPECT_TRUE(ask<node::ChunkStored>(chunk(1, true))->is_installed);
  const auto page = ask<node::LoadedPage>(node::LoadPage{})->page;
  ASSERT_EQ(page.rows.size(), 2U) << "what the leader sent and nothing else";
  EXPECT_EQ(page.rows[1].key, row(1).key);
}

// The service may begin one before it hears that its state was replaced.
TEST_F(Install, IsNotOverwrittenByACheckpointOfAnOlderState) {
  checkpoint(5, 3);
  handle(chunk(0, false));
  const auto installed = ask<node::ChunkStored>(chunk(1, true));
  ASSERT_TRUE(installed->is_installed);
  EXPECT_TRUE(handle(node::CheckpointBegin{installed->meta.index.previous()}).empty());
  EXPECT_TRUE(handle(node::CheckpointRows{{row(77)}, {}}).empty());
  EXPECT_TRUE(handle(node::CheckpointFinish{kFirstGroup, meta(6)}).empty());
  const auto page = ask<node::LoadedPage>(node::LoadPage{});
  EXPECT_EQ(page->page.rows.size(), 2U);
  EXPECT_EQ(page->index, installed->meta.index);
  handle(node::CheckpointBegin{installed->meta.index});
  EXPECT_FALSE(handle(node::CheckpointRows{{row(77)}, {}}).empty()) << "its own state may go on";
}

TEST_F(Install, KeepsACheckpointFromBeginningWhileItGoesOn) {
  checkpoint(5, 3);
  handle(chunk(0, false));
  EXPECT_TRUE(ask<node::CheckpointFailed>(node::CheckpointBegin{}).has_value());
  EXPECT_TRUE(handle(node::CheckpointRows{{row(77)}, {}}).empty());
  handle(chunk(1, false));
  EXPECT_TRUE(ask<node::CheckpointFailed>(node::CheckpointBegin{}).has_value());
  EXPECT_TRUE(ask<node::ChunkStored>(chunk(2, true))->is_installed);
  EXPECT_EQ(ask<node::LoadedPage>(node::LoadPage{})->page.rows.size(), 3U);
}

TEST_F(Install, ThatStandsStillGivesWayToTheSecondCheckpointAndTheCoreHearsOfIt) {
  handle(chunk(0, false));
  handle(node::CheckpointBegin{});
  EXPECT_TRUE(ask<node::StreamFailed>(node::CheckpointBegin{})->to.is_none());
  handle(node::CheckpointRows{{row(1), row(2)}, {}});
  EXPECT_TRUE(handle(chunk(1, true)).empty()) << "the rest of it is not taken for a part of this";
  EXPECT_EQ(handle(node::CheckpointFinish{kFirstGroup, meta(5)}).size(), 2U);
  EXPECT_EQ(ask<node::LoadedPage>(node::LoadPage{})->page.rows.size(), 2U);
}

TEST_F(Install, WaitsForSpaceAndGoesOn) {
  store.is_full = true;
  EXPECT_TRUE(handle(chunk(0, false)).empty());
  EXPECT_TRUE(worker.is_waiting_for_space());
  EXPECT_TRUE(worker.retry().value().empty());
  store.is_full = false;
  EXPECT_EQ(worker.retry().value().size(), 1U);
  EXPECT_FALSE(worker.is_waiting_for_space());
  store.is_full = true;
  EXPECT_TRUE(handle(chunk(1, true)).empty());
  store.is_full = false;
  const auto replies = worker.retry().value();
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(std::get<node::ChunkStored>(replies[0].message).is_installed);
}

}  // namespace
