// Rules of users: what each does and how it is written back, in Redis 7.0's words. That a user's
// rights are described by the same categories as Redis does is shown by redis-compat's family acl.
#include <gtest/gtest.h>

#include "base/sha256.h"
#include "engine/users/rule_errors.h"
#include "engine/users/users.h"
#include "tests/engine/model.h"

namespace {

using engine::users::User;
using engine::users::Users;
namespace errors = engine::users::rule_errors;

class UserRules : public ::testing::Test {
 protected:
  // The error of the first rule that has one; empty: all took effect.
  std::string set(const std::vector<std::string_view>& rules) { return users_.set("x", rules); }
  std::string shown(const std::vector<std::string_view>& rules) {
    EXPECT_EQ(set(rules), "");
    return users_.find("x")->describe();
  }
  static std::string error(std::string_view rule, std::string_view text) {
    return "Error in ACL SETUSER modifier '" + std::string(rule) + "': " + std::string(text);
  }

  Users users_{engine_test::commands_for_scripts()};
};

TEST_F(UserRules, ANewUserMayDoNothing) {
  EXPECT_EQ(shown({}), "off resetchannels -@all");
  EXPECT_EQ(users_.default_user().describe(), "on nopass ~* &* +@all");
  EXPECT_TRUE(users_.default_user().may_all());
  EXPECT_FALSE(users_.find("x")->may_all());
}

TEST_F(UserRules, PasswordsAreKeptAsHashesInTheirOrder) {
  const std::string a = base::sha256_hex("a"), b = base::sha256_hex("b");
  EXPECT_EQ(shown({"on", ">a", ">b", ">a"}), "on #" + a + " #" + b + " resetchannels -@all");
  EXPECT_TRUE(users_.find("x")->has_password("b"));
  EXPECT_FALSE(users_.find("x")->has_password("c"));
  EXPECT_EQ(shown({"<a"}), "on #" + b + " resetchannels -@all");
  EXPECT_EQ(shown({"!" + b}), "on resetchannels -@all");
  EXPECT_EQ(set({"<a"}), error("<a", errors::kNoSuchPassword));
  EXPECT_EQ(set({"#" + a.substr(1)}), error("#" + a.substr(1), errors::kBadHash));
  EXPECT_EQ(shown({"#" + a, "nopass"}), "on nopass resetchannels -@all");
  EXPECT_EQ(shown({">b"}), "on #" + b + " resetchannels -@all") << "nopass is over";
}

TEST_F(UserRules, KeysAndChannelsAddUpUntilAllAreAllowed) {
  EXPECT_EQ(shown({"%R~k", "%W~k", "~a", "%r~b", "&c", "&c"}),
            "off ~k ~a %R~b resetchannels &c -@all");
  EXPECT_EQ(set({"%X~k"}), error("%X~k", errors::kSyntax));
  EXPECT_EQ(set({"~a b"}), error("~a b", errors::kSyntax));
  EXPECT_EQ(set({"allkeys", "~k"}), error("~k", errors::kKeysAfterAll));
  EXPECT_EQ(shown({}), "off ~k ~a %R~b resetchannels &c -@all") << "all rules or none";
  EXPECT_EQ(shown({"~*", "allchannels"}), "off ~* &* -@all");
  EXPECT_EQ(set({"&d"}), error("&d", errors::kChannelsAfterAll));
  EXPECT_EQ(shown({"resetkeys", "resetchannels"}), "off resetchannels -@all");
}

TEST_F(UserRules, CommandsAreDescribedByWhatIsLeft) {
  EXPECT_EQ(shown({"+get", "-get"}), "off resetchannels -@all");
  EXPECT_EQ(shown({"+config|get"}), "off resetchannels -@all +config|get");
  EXPECT_EQ(shown({"nocommands", "+config"}), "off resetchannels -@all +config");
  EXPECT_EQ(shown({"nocommands", "+select|0", "+SELECT|1", "+select|0"}),
            "off resetchannels -@all +select|0 +select|1");
  EXPECT_EQ(shown({"+select"}), "off resetchannels -@all +select");
  EXPECT_EQ(shown({"-select"}), "off resetchannels -@all") << "its words are forgotten";
  EXPECT_EQ(shown({"allcommands", "-get"}), "off resetchannels +@all -get");
  EXPECT_EQ(shown({"+@ALL", "-@read", "+get"}), "off resetchannels +@all -@read +get");
  EXPECT_EQ(shown({"+@all"}), "off resetchannels +@all");
}

TEST_F(UserRules, CommandsThatAreNotThereYetCanBeNamed) {
  EXPECT_EQ(shown({"+psync", "+module|load"}), "off resetchannels -@all +psync +module|load");
}

TEST_F(UserRules, WrongCommandsAreRefusedInRedissWords) {
  for (const std::string_view rule : {"+nosuch", "-nosuch", "+@nosuch", "+@", "+", "-", "+|",
                                      "-get|x", "+select|0|1", "+acl|nosuch"})
    EXPECT_EQ(set({rule}), error(rule, errors::kUnknown)) << rule;
  EXPECT_EQ(set({"+get|"}), error("+get|", errors::kSyntax));
  EXPECT_EQ(set({"+acl|list|x"}), error("+acl|list|x", errors::kFirstWordOfSubcommand));
  EXPECT_EQ(set({"foo"}), error("foo", errors::kSyntax));
}

TEST_F(UserRules, SelectorsStandBehindTheUsersOwnRights) {
  EXPECT_EQ(shown({"(+get ~a)", "(", "+set", "%R~b", "&c", ")"}),
            "off resetchannels -@all (~a resetchannels -@all +get) "
            "(%R~b resetchannels &c -@all +set)");
  EXPECT_EQ(set({"(on)"}), error("(on)", errors::kSyntax));
  EXPECT_EQ(set({"(+get", "~x"}), "Unmatched parenthesis in acl selector starting at '(+get'.");
  EXPECT_EQ(shown({"clearselectors"}), "off resetchannels -@all");
}

TEST_F(UserRules, ResetTakesEverythingBack) {
  EXPECT_EQ(shown({"on", ">a", "+@all", "~*", "&*", "(+get)", "reset"}),
            "off sanitize-payload resetchannels -@all");
}

TEST_F(UserRules, NamesAreSingleWords) {
  EXPECT_EQ(users_.set("a b", {}), "Usernames can't contain spaces or null characters");
  EXPECT_EQ(users_.set("", {}), "Usernames can't be empty");
  EXPECT_FALSE(users_.remove("default"));
  EXPECT_FALSE(users_.remove("nobody"));
}

TEST_F(UserRules, AFileReplacesAllUsersOrNone) {
  ASSERT_EQ(set({"on"}), "");
  EXPECT_EQ(users_.load("user a on +nosuch\nusr b\n\nuser a\nuser c #x\n", "f"),
            "f:1: Error in applying operation '+nosuch': Unknown command or category name in ACL. "
            "f:2 should start with user keyword followed by the username. "
            "WARNING: Duplicate user 'a' found on line 4. "
            "f:5: The password hash must be exactly 64 characters and contain only lowercase "
            "hexadecimal characters. "
            "WARNING: ACL errors detected, no change to the previously active ACL rules was "
            "performed");
  EXPECT_NE(users_.find("x"), nullptr);
  EXPECT_EQ(users_.load(" user a on ~k +get \n\n", "f"), "");
  EXPECT_EQ(users_.describe(),
            "user a on ~k resetchannels -@all +get\nuser default on nopass ~* &* +@all\n");
}

// The rules are kept, not what they came to.
TEST_F(UserRules, ComeBackFromTheirBytes) {
  const std::vector<std::vector<std::string_view>> histories = {
      {"+@read", "-@string", "+get", "-get", "+get"},
      {"+select|0", "-select", "+select|1", "-@all", "+select|0"},
      {"+@all", "-@dangerous", "+config|get", "on", "nopass"},
      {"~a", "%R~b", "&c", ">a", "(+get ~x)", "(-@all +@write %W~y)", "skip-sanitize-payload"},
      {"allkeys", "allchannels", "allcommands"}};
  for (const auto& rules : histories) {
    ASSERT_EQ(users_.set("x", std::vector<std::string_view>{"reset"}), "");
    ASSERT_EQ(set(rules), "");
    std::string bytes;
    base::Encoder out(bytes);
    users_.encode(out);
    Users other(engine_test::commands_for_scripts());
    base::Decoder in(bytes);
    ASSERT_TRUE(other.decode(in));
    EXPECT_EQ(other.describe(), users_.describe());
    EXPECT_EQ(other.find("x")->may_all(), users_.find("x")->may_all());
    std::string again;
    base::Encoder out_again(again);
    other.encode(out_again);
    EXPECT_EQ(again, bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      base::Decoder cut(std::string_view(bytes).substr(0, size));
      EXPECT_FALSE(Users(engine_test::commands_for_scripts()).decode(cut)) << size;
    }
  }
}

// However often rights change, what is kept of that is bounded.
TEST_F(UserRules, OldRulesAreForgotten) {
  const auto size = [this] {
    std::string bytes;
    base::Encoder out(bytes);
    users_.encode(out);
    return bytes.size();
  };
  const std::vector<std::string_view> rules = {"+get", "-@read", "+select|0", "-select", "+@read"};
  ASSERT_EQ(set(rules), "");
  const std::size_t once = size();
  for (int i = 0; i < 50; ++i) ASSERT_EQ(set(rules), "");
  EXPECT_EQ(size(), once);
}

}  // namespace
