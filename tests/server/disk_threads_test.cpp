// The log thread and the state thread: what is asked is answered, a stop finishes first, a disk
// that fails ends the process.
#include "server/disk_threads.h"

#include <gtest/gtest.h>

#include <atomic>

#include "persistence/memory_store.h"
#include "persistence/segment_log.h"
#include "persistence/simulated_file_system.h"

namespace {

using base::kFirstGroup;
using base::LogIndex;
using base::Term;

node::LogAppend append(std::uint64_t number) {
  node::LogAppend request{.sequence = number, .write = {}};
  request.write.group = kFirstGroup;
  request.write.entries.push_back(std::make_shared<raft::Entry>(
      raft::Entry{LogIndex(number), Term(1), raft::EntryKind::kBatch, "payload"}));
  return request;
}

// Takes mail on the calling thread until `is_enough` says so, sleeping in between.
template <class T, class Enough>
void receive(server::Mailbox<T>& mailbox, server::WakeFlag& flag, Enough is_enough) {
  std::vector<T> taken;
  while (true) {
    mailbox.take(taken);
    for (T& message : taken) {
      if (is_enough(message)) return;
    }
    if (taken.empty() && mailbox.announce_sleep()) flag.wait(std::chrono::hours(1));
  }
}

class DiskThreads : public testing::Test {
 protected:
  void SetUp() override {
    mail.consensus.set_wake([this] { flag.wake(); });
    mail.service.set_wake([this] { service_flag.wake(); });
    ASSERT_TRUE(storage.open(kFirstGroup).ok());
    log = server::LogFile::open("/dev/null", "notice").value();
  }

  // What a start after a power failure finds.
  void expect_durable_to(std::uint64_t last) {
    EXPECT_FALSE(storage.is_unsynced());
    files.lose_power();
    persistence::SegmentLog again(files, "log", {});
    const auto contents = again.open(kFirstGroup);
    ASSERT_TRUE(contents.ok());
    EXPECT_EQ(contents.value().last_index, LogIndex(last));
    EXPECT_FALSE(contents.value().has_amnesia);
  }

  server::Mail mail;
  server::WakeFlag flag, service_flag;
  persistence::SimulatedFileSystem files{1};
  persistence::SegmentLog storage{files, "log", {}};
  std::unique_ptr<server::LogFile> log;
};

TEST_F(DiskThreads, AStopSyncsWhatWasAcknowledgedUnsynced) {
  server::LogThread thread(mail, storage, *log, node::SyncPolicy::kEverySecond);
  thread.start();
  mail.log.send(append(1));
  receive(mail.consensus, flag, [](const server::ConsensusMail&) { return true; });
  thread.stop();
  expect_durable_to(1);
}

// Where nothing need be synced whoever asks writes, once the log has begun to be unsynced; what
// must be synced is the thread's business.
TEST_F(DiskThreads, AVisitorWritesWhatNeedNotBeSynced) {
  server::LogThread thread(mail, storage, *log, node::SyncPolicy::kEverySecond);
  std::atomic<int> visits = 0;
  mail.log.set_visit([&] {
    const bool is_done = thread.visit();
    visits += is_done ? 1 : 0;
    return is_done;
  });
  thread.start();
  std::uint64_t sent = 0, last = 0;
  while (visits < 100) {
    node::LogAppend request = append(++sent);
    if (sent % 10 == 0) request.write.hard_state = raft::HardState{Term(sent), base::NodeId(1)};
    mail.log.send(std::move(request));
    receive(mail.consensus, flag, [&](const server::ConsensusMail& message) {
      const auto& durable = std::get<node::LogDurable>(std::get<node::FromLog>(message));
      EXPECT_EQ(durable.sequence, last + 1);
      last = durable.sequence;
      return last == sent;
    });
  }
  thread.stop();
  expect_durable_to(sent);
}

TEST_F(DiskThreads, NobodyWritesInPlaceOfAThreadThatSyncs) {
  server::LogThread thread(mail, storage, *log);
  mail.log.send(append(1));
  EXPECT_FALSE(thread.visit());
  EXPECT_EQ(storage.size_bytes(), 0U);
  thread.start();
  receive(mail.consensus, flag, [](const server::ConsensusMail&) { return true; });
  thread.stop();
}

TEST_F(DiskThreads, TheLogThreadAnswersEveryAppendInOrder) {
  server::LogThread thread(mail, storage, *log);
  thread.start();
  for (std::uint64_t number = 1; number <= 500; ++number) mail.log.send(append(number));
  std::uint64_t last = 0;
  receive(mail.consensus, flag, [&](const server::ConsensusMail& message) {
    const auto& durable = std::get<node::LogDurable>(std::get<node::FromLog>(message));
    EXPECT_GT(durable.sequence, last);
    EXPECT_GT(durable.log_bytes, 0U);
    last = durable.sequence;
    return last == 500;
  });
  thread.stop();
}

TEST_F(DiskThreads, AStopOfTheLogThreadFinishesWhatWasAsked) {
  server::LogThread thread(mail, storage, *log);
  thread.start();
  for (std::uint64_t number = 1; number <= 100; ++number) mail.log.send(append(number));
  thread.stop();
  const auto read = storage.read(kFirstGroup, LogIndex(1), LogIndex(100), 1 << 20);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().size(), 100U);
}

TEST_F(DiskThreads, AFailedSyncEndsTheProcessAndSaysWhy) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        log = server::LogFile::open("", "notice").value();
        server::LogThread thread(mail, storage, *log);
        files.fail_next_sync();
        thread.start();
        mail.log.send(append(1));
        thread.stop();
        std::exit(0);
      },
      testing::ExitedWithCode(1), "");
}

TEST_F(DiskThreads, TheStateThreadAnswersWhoAsked) {
  persistence::MemoryStore store;
  ASSERT_TRUE(store.open().ok());
  server::StateThread thread(mail, store, *log);
  thread.start();
  mail.state.send(node::CheckpointBegin{.index = LogIndex(7)});
  mail.state.send(node::CheckpointFinish{
      .group = kFirstGroup, .meta = {.index = LogIndex(7), .term = Term(1), .membership = {}}});
  bool is_told_service = false;
  receive(mail.service, service_flag, [&](const server::ServiceMail& message) {
    const auto& from_state = std::get<node::FromState>(message);
    is_told_service = std::holds_alternative<node::CheckpointDone>(from_state);
    return is_told_service;
  });
  thread.stop();
  EXPECT_TRUE(is_told_service);
}

}  // namespace
