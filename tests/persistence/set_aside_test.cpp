// A directory whose files are thrown away, or set aside because of damage, with an error in each
// call on the way: it speaks for nobody in between, and the next attempt ends it (DESIGN decisions
// 13, 14).
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "persistence/directory.h"
#include "tests/persistence/failing_calls.h"

namespace {

using persistence::Directory;
using persistence_test::FailingCalls;
namespace fs = std::filesystem;

class SetAside : public testing::Test {
 protected:
  void SetUp() override {
    path_ = fs::temp_directory_path() / ("quorate-set-aside-" + std::to_string(getpid()));
  }
  void TearDown() override { fs::remove_all(path_); }
  // One that has been in use.
  [[nodiscard]] std::unique_ptr<Directory> make() {
    fs::remove_all(path_);
    auto made = Directory::open(path_.string()).value();
    EXPECT_TRUE(made->set_identity({raft::NodeId(5), base::ClusterId(9)}).ok());
    for (const char* name : {"log/0000000001.seg", "log/note", "state.db", "damaged"})
      std::ofstream(path_ / name) << name;
    return made;
  }
  // `act` with the calls 1, 2, ... failing, each time on a new directory; `check` is told how it
  // ended.
  template <class Act, class Check>
  void fail_each(std::uint64_t least, const Act& act, const Check& check) {
    std::uint64_t which = 1;
    for (bool is_through = false; !is_through; ++which) {
      SCOPED_TRACE("call " + std::to_string(which));
      const auto directory = make();
      bool is_well = false;
      {
        const FailingCalls failing(which, EIO);
        is_well = act(*directory);
        is_through = !failing.has_failed();
      }
      check(*directory, is_well, is_through);
    }
    EXPECT_GT(which, least);
  }
  [[nodiscard]] bool exists(const std::string& name) const { return fs::exists(path_ / name); }
  fs::path path_;
};

TEST_F(SetAside, EverythingIsForgottenOrThatIsToldAndDoneByTheNextAttempt) {
  fail_each(
      8, [](Directory& directory) { return directory.forget_everything().ok(); },
      [&](Directory& directory, bool is_well, bool is_through) {
        EXPECT_EQ(is_well, is_through);
        EXPECT_TRUE(directory.forget_everything().ok());
        EXPECT_FALSE(exists("state.db") || exists("damaged") || exists("log/note"));
        EXPECT_TRUE(fs::is_empty(directory.log_path()));
        EXPECT_EQ(directory.identity().value().node, raft::NodeId(5));
      });
}

TEST_F(SetAside, TheFilesAreInAFolderOfTheirOwnAndTheDirectoryIsFresh) {
  const auto directory = make();
  const auto folder = directory->set_aside();
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(folder.value(), (path_ / "set-aside-1").string());
  EXPECT_TRUE(directory->identity().value().node.is_none());
  EXPECT_TRUE(fs::is_empty(directory->log_path()));
  EXPECT_FALSE(exists("state.db") || directory->noted_damage());
  for (const char* name : {"identity", "log/0000000001.seg", "log/note", "state.db", "damaged"})
    EXPECT_TRUE(exists("set-aside-1/" + std::string(name))) << name;
  EXPECT_EQ(directory->set_aside().value(), (path_ / "set-aside-2").string()) << "the next time";
  EXPECT_TRUE(exists("set-aside-1/identity"));
}

TEST_F(SetAside, WhateverFailsTheIdentityIsTheFirstToGo) {
  fail_each(
      15, [](Directory& directory) { return directory.set_aside().ok(); },
      [&](Directory& directory, bool is_well, bool is_through) {
        EXPECT_EQ(is_well, is_through);
        const bool is_whole = exists("log/note") && exists("state.db");
        EXPECT_TRUE(is_whole || !exists("identity")) << "it would speak without what it knew";
        EXPECT_TRUE(directory.set_aside().ok());
        EXPECT_TRUE(directory.identity().value().node.is_none());
        EXPECT_FALSE(exists("log/note") || exists("state.db") || exists("damaged"));
        EXPECT_TRUE(exists("log"));
      });
}

TEST_F(SetAside, WordOfDamageIsLeftWholeOrAtLeastNotInstead) {
  fail_each(
      5,
      [](Directory& directory) {
        Directory::note_damage(directory.path(), "short");
        return true;
      },
      [&](Directory& directory, bool, bool is_through) {
        const auto noted = directory.noted_damage();
        ASSERT_TRUE(noted.has_value()) << "there was a word before";
        EXPECT_TRUE(*noted == "short" || (!is_through && (noted->empty() || *noted == "damaged")));
        Directory::note_damage(directory.path(), "short");
        EXPECT_EQ(directory.noted_damage(), "short");
      });
}

TEST_F(SetAside, WordOfDamageThatCannotBeReadIsNone) {
  const auto directory = make();
  EXPECT_EQ(directory->noted_damage(), "damaged");
  {
    const FailingCalls failing(1, EIO, "pread");
    EXPECT_FALSE(directory->noted_damage().has_value());
  }
  ASSERT_TRUE(directory->forget_everything().ok());
  EXPECT_FALSE(directory->noted_damage().has_value());
}

}  // namespace
