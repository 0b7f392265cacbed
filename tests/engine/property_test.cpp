// DESIGN decision 2: applying everything equals importing an export of a prefix and applying the rest, by digest and by reply
// bytes; and a checkpoint taken in slices while commands go on is the state at its beginning.
#include <gtest/gtest.h>

#include <map>

#include "tests/engine/model.h"
#include "tests/engine/random_commands.h"

namespace {

using engine_test::Driver;

TEST(Determinism, ReplayFromAnExportOfAPrefixGivesTheSameStateAndReplies) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    base::Prng prng(seed);
    Driver whole;
    std::vector<std::string> replies;
    const std::size_t cut = 50 + prng.below(200);
    std::vector<base::Row> rows;
    for (std::size_t i = 0; i < 400; ++i) {
      if (i == cut) rows = engine_test::export_rows(whole.engine, true);
      whole.time_ms += static_cast<std::int64_t>(prng.below(40));
      replies.push_back(whole.call(engine_test::random_command(prng)));
    }
    Driver suffix;
    suffix.engine = engine_test::import_rows(rows);
    for (std::size_t i = cut; i < whole.log.size(); ++i) ASSERT_EQ(suffix.apply(whole.log[i]), replies[i]) << seed << " " << i;
    ASSERT_EQ(suffix.engine.digest(), whole.engine.digest()) << "seed " << seed;
  }
}

TEST(Checkpoint, TakenInSlicesUnderLoadIsTheStateAtItsBeginning) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    base::Prng prng(seed);
    Driver driver;
    std::map<base::RowKey, std::string> store;
    for (int round = 0; round < 8; ++round) {
      for (std::uint64_t i = prng.below(120); i > 0; --i) driver.call(engine_test::random_command(prng));
      const std::uint64_t frozen = driver.engine.digest();
      std::map<base::RowKey, std::string> staged = store;
      std::vector<base::Row> rows;
      std::vector<std::uint64_t> dropped;
      driver.engine.begin_checkpoint(false);
      const bool gives_up = prng.chance(1, 4);
      bool is_done = false;
      for (int slice = 0; !is_done; ++slice) {
        is_done = driver.engine.take_checkpoint_rows(prng.below(3000), rows, dropped);
        for (base::Row& row : rows) staged[row.key] = std::move(row.body);
        rows.clear();
        if (!is_done) driver.call(engine_test::random_command(prng));
        if (gives_up && slice == 3) break;
      }
      if (!is_done) continue;  // the next round begins anew
      driver.engine.finish_checkpoint();
      for (const std::uint64_t keyspace : dropped) {
        std::erase_if(staged, [keyspace](const auto& row) { return row.first.keyspace == keyspace; });
      }
      std::erase_if(staged, [](const auto& row) { return row.second.empty(); });
      store = staged;
      std::vector<base::Row> all;
      for (const auto& [key, body] : store) all.push_back({key, body});
      ASSERT_EQ(engine_test::import_rows(all).digest(), frozen) << "seed " << seed << " round " << round;
    }
  }
}

TEST(Scan, NeverMissesAKeyThatStaysWhileOthersComeAndGo) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    base::Prng prng(seed);
    Driver driver;
    for (int i = 0; i < 40; ++i) driver.call({"SET", "stay" + std::to_string(i), "1"});
    for (int i = 0; i < 60; ++i) driver.call({"SET", "go" + std::to_string(i), "1"});
    std::string seen, cursor = "0";
    do {
      const std::string reply = driver.call({"SCAN", cursor, "COUNT", "5"});
      seen += reply;
      const std::size_t begin = reply.find("\r\n", 4) + 2;
      cursor = reply.substr(begin, reply.find("\r\n", begin) - begin);
      driver.call({"DEL", "go" + std::to_string(prng.below(60))});
      driver.call({"SET", "new" + std::to_string(prng.below(1000)), "1"});
      driver.call({"SET", "stay" + std::to_string(prng.below(40)), "2"});
    } while (cursor != "0");
    for (int i = 0; i < 40; ++i) ASSERT_NE(seen.find("\r\nstay" + std::to_string(i) + "\r\n"), std::string::npos) << i;
  }
}

}  // namespace
