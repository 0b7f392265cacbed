// Every file of tests/raft/testdata is a story: a line that begins with "> " is a command, the
// lines after it are what it must print. QUORATE_REWRITE=1 in the environment, or --rewrite on the
// command line, writes what it does print into the file, to be read like code.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/raft/transcript.h"

namespace {

std::filesystem::path directory() {
  return std::filesystem::path(QUORATE_SOURCE_DIR) / "tests" / "raft" / "testdata";
}

std::vector<std::string> stories() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(directory()))
    if (file.path().extension() == ".txt") names.push_back(file.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

// The story with the output of its commands as they are now.
std::string replay(const std::string& story) {
  raft_test::Transcript transcript;
  std::istringstream in(story);
  std::string result;
  bool is_output = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("> ")) {
      result += line + "\n" + transcript.run(line.substr(2));
      is_output = true;
    } else if (!is_output || line.empty() || line[0] == '#') {
      result += line + "\n";
      is_output = false;
    }
  }
  return result;
}

bool is_rewriting() {
  if (std::getenv("QUORATE_REWRITE") != nullptr) return true;
  const auto& arguments = testing::internal::GetArgvs();
  return std::find(arguments.begin(), arguments.end(), "--rewrite") != arguments.end();
}

class Story : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Raft, Story, testing::ValuesIn(stories()),
                         [](const auto& test) { return test.param; });

TEST_P(Story, GoesAsWritten) {
  const auto path = directory() / (GetParam() + ".txt");
  std::ifstream file(path);
  std::stringstream written;
  written << file.rdbuf();
  const std::string now = replay(written.str());
  EXPECT_EQ(now.find("error:"), std::string::npos) << "a command that makes no sense";
  if (is_rewriting())
    std::ofstream(path) << now;
  else
    EXPECT_EQ(now, written.str()) << "QUORATE_REWRITE=1 " << path << " to take it as it is now";
}

TEST(Stories, ThereAreEnough) { EXPECT_GE(stories().size(), 15U); }

}  // namespace
