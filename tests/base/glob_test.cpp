// The match of KEYS and SCAN as Redis 7.0 does it, and a bound on its cost.
#include "base/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using base::glob_match;

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("**", "anything"));
  EXPECT_TRUE(glob_match("h?llo", "hello"));
  EXPECT_FALSE(glob_match("h?llo", "hllo"));
  EXPECT_TRUE(glob_match("h*llo", "heeeello"));
  EXPECT_TRUE(glob_match("*a*b", "xaxbxb"));
  EXPECT_FALSE(glob_match("*a*b", "xaxbxbc"));
  EXPECT_FALSE(glob_match("a?", "a"));
  EXPECT_TRUE(glob_match("a*?", "ab"));
}

TEST(Glob, AnEmptyTextMatchesTheEmptyPatternAndOneStar) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_FALSE(glob_match("**", ""));
  EXPECT_FALSE(glob_match("?", ""));
}

TEST(Glob, Classes) {
  EXPECT_TRUE(glob_match("h[ae]llo", "hello"));
  EXPECT_FALSE(glob_match("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_match("h[^e]llo", "hallo"));
  EXPECT_FALSE(glob_match("h[^e]llo", "hello"));
  EXPECT_TRUE(glob_match("h[a-c]llo", "hbllo"));
  EXPECT_TRUE(glob_match("h[c-a]llo", "hbllo")) << "a range is read in either direction";
  EXPECT_TRUE(glob_match("[\\]]", "]"));
  EXPECT_TRUE(glob_match("[a\\-z]", "-"));
  EXPECT_FALSE(glob_match("[a\\-z]", "b"));
  EXPECT_FALSE(glob_match("[]", "a"));
  EXPECT_TRUE(glob_match("[^]", "a"));
}

TEST(Glob, AnUnclosedClassEndsWithThePattern) {
  EXPECT_TRUE(glob_match("[abc", "b"));
  EXPECT_FALSE(glob_match("[abc", "d"));
  EXPECT_FALSE(glob_match("[", "["));
  EXPECT_TRUE(glob_match("[^", "a"));
  EXPECT_TRUE(glob_match("[a-", "-"));
  EXPECT_FALSE(glob_match("[a-", "b"));
  EXPECT_TRUE(glob_match("[\\", "\\"));
  EXPECT_FALSE(glob_match("[a-]", "-"));
  EXPECT_TRUE(glob_match("[a-\\]]", "a]"));
  EXPECT_FALSE(glob_match("[a-\\]]", "b"));
}

TEST(Glob, EscapesMakeACharacterPlain) {
  EXPECT_TRUE(glob_match("h\\*llo", "h*llo"));
  EXPECT_FALSE(glob_match("h\\*llo", "heello"));
  EXPECT_TRUE(glob_match("h\\[llo", "h[llo"));
  EXPECT_TRUE(glob_match("a\\", "a\\"));
}

TEST(Glob, CaseIsIgnoredOnlyOnRequest) {
  EXPECT_FALSE(glob_match("HeLLo", "hello"));
  EXPECT_TRUE(glob_match("HeLLo*", "hello world", true));
  EXPECT_TRUE(glob_match("[A-C]x", "bX", true));
}

TEST(Glob, BytesAreBytes) {
  EXPECT_TRUE(glob_match(std::string_view("a\0?", 3), std::string_view("a\0b", 3)));
  EXPECT_TRUE(glob_match("[\x80-\xff]", "\xc3"));
}

// Naive backtracking needs more steps than there are atoms for this.
TEST(Glob, ManyStarsCostNoExponentialTime) {
  std::string pattern;
  for (int i = 0; i < 60; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(4000, 'a')));
}

}  // namespace
