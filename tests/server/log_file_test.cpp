// The node's log and what a process says of itself.
#include "server/log_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <regex>
#include <thread>

#include "server/build_id.h"
#include "server/process_facts.h"

// The sanitizers' allocators say nothing of themselves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QUORATE_OTHER_ALLOCATOR
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define QUORATE_OTHER_ALLOCATOR
#endif
#endif

namespace {

using node::LogLevel;
using server::LogFile;

class OwnLog : public testing::Test {
 protected:
  void TearDown() override { unlink(path.c_str()); }
  std::vector<std::string> lines() const {
    std::ifstream in(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  std::string path = testing::TempDir() + "quorate_log_" + std::to_string(getpid());
};

TEST_F(OwnLog, WritesLinesAsRedisDoes) {
  const auto log = LogFile::open(path, "notice").value();
  log->notice("first");
  log->set_role('M');
  log->warning("second");
  log->flush();
  const auto written = lines();
  ASSERT_EQ(written.size(), 2U);
  const std::string stamp = R"( \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} )";
  EXPECT_TRUE(std::regex_match(written[0], std::regex(R"(\d+:X)" + stamp + R"(\* first)")));
  EXPECT_TRUE(std::regex_match(written[1], std::regex(R"(\d+:M)" + stamp + "# second")));
}

TEST_F(OwnLog, LeavesOutWhatIsBelowItsLevelAndTheLevelMayChange) {
  const auto log = LogFile::open(path, "warning").value();
  log->notice("not this");
  log->set_level("debug");
  log->write(LogLevel::kDebug, "this");
  log->flush();
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_TRUE(lines()[0].ends_with(". this"));
}

TEST_F(OwnLog, OfManyThreadsHasWholeLines) {
  const auto log = LogFile::open(path, "notice").value();
  std::vector<std::thread> threads;
  for (char name = 'a'; name < 'e'; ++name) {
    threads.emplace_back([&log, name] {
      for (int i = 0; i < 500; ++i) log->notice(std::string(80, name));
    });
  }
  log->set_role('S');
  log->set_level("verbose");
  for (std::thread& thread : threads) thread.join();
  log->flush();
  EXPECT_EQ(lines().size(), 2000U);
  const std::regex whole(R"(.* \* (a{80}|b{80}|c{80}|d{80}))");
  for (const std::string& line : lines()) EXPECT_TRUE(std::regex_match(line, whole)) << line;
}

// Whoever says something would otherwise stand still with the reader: the consensus thread, too.
TEST_F(OwnLog, OfAPipeThatNobodyReadsHoldsNobodyUpAndLosesNothingButTheRest) {
  std::signal(SIGPIPE, SIG_IGN);  // as the server does
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  auto log = LogFile::open(path, "notice").value();
  const std::string text(1000, 'x');
  for (int i = 0; i < 10'000; ++i) log->notice(text);  // a pipe holds 64 KiB
  log->flush();                                        // gives up
  std::string read_text, piece(1 << 16, '\0');
  while (read_text.find("lines are missing here") == std::string::npos) {
    const ssize_t size = read(reader, piece.data(), piece.size());
    if (size > 0) read_text.append(piece, 0, static_cast<std::size_t>(size));
  }
  EXPECT_GT(read_text.size(), 3U << 20);
  log->notice("and on");
  log->flush();
  const ssize_t size = read(reader, piece.data(), piece.size());
  ASSERT_GT(size, 0);
  EXPECT_NE(piece.find("and on"), std::string::npos);
  for (int i = 0; i < 200; ++i) log->notice(text);
  log.reset();  // with the rest unread
  close(reader);
}

TEST_F(OwnLog, ThatCannotBeOpenedIsNamed) {
  const auto log = LogFile::open("/proc/nowhere/log", "notice");
  ASSERT_FALSE(log.ok());
  EXPECT_NE(log.error().text().find("/proc/nowhere/log"), std::string::npos);
}

TEST(ProcessFacts, AreThoseOfThisProcess) {
  const node::ProcessFacts before = server::read_process_facts();
  const std::string large(8 << 20, 'x');
  const node::ProcessFacts after = server::read_process_facts();
  EXPECT_GT(before.resident_bytes, 1U << 20);
  EXPECT_GT(before.total_system_bytes, before.resident_bytes);
  EXPECT_GE(after.active_bytes, after.allocated_bytes);
#ifndef QUORATE_OTHER_ALLOCATOR
  EXPECT_GE(after.allocated_bytes, before.allocated_bytes + large.size());
#endif
}

TEST(BuildId, IsTheSameEachTime) {
  EXPECT_EQ(server::build_id(), server::build_id());
  EXPECT_TRUE(std::regex_match(server::build_id(), std::regex("[0-9a-f]{16}")));
}

}  // namespace
