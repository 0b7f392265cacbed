// Users as state: they are in the digests, survive a checkpoint, and come from settings of the log.
#include <gtest/gtest.h>

#include "engine/users/users_setting.h"
#include "tests/engine/model.h"

namespace {

using engine_test::Driver;
using engine_test::export_rows;
using engine_test::import_rows;

std::string setting(Driver& driver, std::string_view name, std::string_view value) {
  engine::BatchWriter batch;
  batch.setting(name, value);
  return driver.apply(batch.seal(driver.time_ms, 1));
}

std::string bytes_of(const engine::users::Users& users) {
  std::string bytes;
  base::Encoder out(bytes);
  users.encode(out);
  return bytes;
}

TEST(UsersState, SurvivesACheckpoint) {
  Driver driver;
  driver("ACL SETUSER u on >pw +@read -get ~k (+set ~x)");
  setting(driver, "acl-pubsub-default", "allchannels");
  engine::Engine loaded = import_rows(export_rows(driver.engine, true));
  EXPECT_EQ(loaded.users().describe(), driver.engine.users().describe());
  EXPECT_EQ(loaded.digest(), driver.engine.digest());
  EXPECT_EQ(loaded.setting("acl-pubsub-default"), "allchannels");
}

// A node that replayed the log and one that loaded a checkpoint reset a user to the same.
TEST(UsersState, AUserIsResetToTheChannelsOfNow) {
  Driver driver;
  driver("ACL SETUSER u on");
  setting(driver, "acl-pubsub-default", "allchannels");
  engine::Engine loaded = import_rows(export_rows(driver.engine, true));
  driver("ACL SETUSER u reset (+get)");
  EXPECT_EQ(driver.engine.users().find("u")->describe(),
            "off sanitize-payload &* -@all (&* -@all +get)");
  Driver other;
  other.engine = std::move(loaded);
  other("ACL SETUSER u reset (+get)");
  EXPECT_EQ(other.engine.users().describe(), driver.engine.users().describe());
}

TEST(UsersState, WithoutUsersIsWrittenAsBefore) {
  Driver driver;
  driver("SET k v");
  const auto rows = export_rows(driver.engine, true);
  EXPECT_EQ(rows[0].body[0], '\3') << "no scripts, no users";
}

TEST(UsersState, IsInTheDigests) {
  Driver one, other;
  for (Driver* driver : {&one, &other}) (*driver)("SET k v");
  one("ACL SETUSER u ~a");
  other("ACL SETUSER u ~b");
  EXPECT_NE(one.engine.digest(), other.engine.digest());
  EXPECT_NE(one.engine.applied_digest().value, other.engine.applied_digest().value);
}

TEST(UsersState, RequirepassIsTheDefaultUsersPassword) {
  Driver driver;
  driver("ACL SETUSER default >old");
  const std::string hash(64, 'a');
  setting(driver, engine::users::kPasswordSetting, hash);
  EXPECT_EQ(driver.engine.users().default_user().describe(), "on #" + hash + " ~* &* +@all");
  setting(driver, engine::users::kPasswordSetting, "");
  EXPECT_EQ(driver.engine.users().default_user().describe(), "on nopass ~* &* +@all");
}

TEST(UsersState, TheFirstUsersComeOnlyWhereThereAreNone) {
  engine::users::Users file(engine_test::commands_for_scripts());
  ASSERT_EQ(file.load("user a on\n", "f"), "");
  Driver driver;
  setting(driver, engine::users::kFirstUsersSetting, "nonsense");
  EXPECT_TRUE(driver.engine.users().is_untouched());
  setting(driver, engine::users::kFirstUsersSetting, bytes_of(file));
  EXPECT_NE(driver.engine.users().find("a"), nullptr);
  driver("ACL DELUSER a");
  setting(driver, engine::users::kFirstUsersSetting, bytes_of(file));
  EXPECT_EQ(driver.engine.users().find("a"), nullptr);
  setting(driver, engine::users::kUsersSetting, bytes_of(file));
  EXPECT_NE(driver.engine.users().find("a"), nullptr) << "ACL LOAD replaces them";
}

TEST(UsersState, NamesThoseWhoseConnectionsEnd) {
  Driver driver;
  driver("ACL SETUSER u on");
  engine::BatchWriter batch;
  const std::vector<std::string_view> words = {"ACL", "DELUSER", "u", "nobody"};
  batch.command(0, {}, false, words);
  const std::string payload = batch.seal(driver.time_ms, 1);
  engine::BatchReader reader(payload);
  engine::Element element;
  engine::Effects effects;
  std::string out;
  resp::ReplyWriter reply(out, 2);
  driver.engine.begin_entry(
      {.index = base::LogIndex(9), .time_ms = driver.time_ms, .rules = reader.rules()});
  while (reader.next(element)) driver.engine.apply(element, reply, effects);
  driver.engine.end_entry();
  EXPECT_EQ(out, ":1\r\n");
  EXPECT_EQ(effects.ended_users, std::vector<std::string>{"u"});
}

}  // namespace
