// A death while an element of the log is applied is seen by the next start.
#include "server/applying_page.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace {

using server::ApplyingPage;

class Applying : public ::testing::Test {
 protected:
  Applying() {
    char name[] = "/tmp/applying-page-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~Applying() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::unique_ptr<ApplyingPage> open() const {
    auto opened = ApplyingPage::open(folder_);
    EXPECT_TRUE(opened.ok());
    return std::move(opened).value();
  }
  // A process that applies the element and is killed there, or gets past it first.
  void run(std::uint64_t index, std::uint64_t element, bool dies) const {
    const pid_t child = fork();
    if (child == 0) {
      const auto page = ApplyingPage::open(folder_);
      node::Applying& applying = page.value()->applying();
      applying.element = element;
      applying.index = index;
      if (!dies) applying.index = 0;
      _exit(1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
  }

  std::string folder_;
};

TEST_F(Applying, ADeathAtTheSameElementIsCountedAgain) {
  EXPECT_EQ(open()->deaths(), 0U);
  run(17, 3, true);
  EXPECT_EQ(open()->deaths(), 1U);
  EXPECT_EQ(open()->deaths(), 1U) << "a start without a death in it adds none";
  run(17, 3, true);
  const auto page = open();
  EXPECT_EQ(page->deaths(), 2U);
  EXPECT_EQ(page->died_index(), 17U);
  EXPECT_EQ(page->died_element(), 3U);
}

TEST_F(Applying, ADeathElsewhereBeginsTheCountAnew) {
  run(17, 3, true);
  run(17, 4, true);
  EXPECT_EQ(open()->deaths(), 1U);
  run(18, 4, true);
  EXPECT_EQ(open()->deaths(), 1U);
  EXPECT_EQ(open()->died_index(), 18U);
}

TEST_F(Applying, AnEndBetweenEntriesIsNoDeath) {
  run(17, 3, false);
  EXPECT_EQ(open()->deaths(), 0U);
}

TEST_F(Applying, WhatIsForgottenIsForgotten) {
  run(17, 3, true);
  run(17, 3, true);
  open()->forget_deaths();
  EXPECT_EQ(open()->deaths(), 0U);
}

TEST_F(Applying, AFileOfAnotherSizeOrKindIsTakenAsNew) {
  std::filesystem::path file = std::filesystem::path(folder_) / "applying";
  { const auto page = open(); }
  std::filesystem::resize_file(file, 100);
  EXPECT_EQ(open()->deaths(), 0U);
  EXPECT_EQ(std::filesystem::file_size(file), 4096U);
}

}  // namespace
