// The member table beside a naive model: the same members at the same positions after any steps,
// also when it is written in segments and loaded in between.
#include "engine/types/member_table.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "base/prng.h"

namespace engine {
namespace {

using Payload = MemberTable::Payload;

struct ModelMember {
  std::string member, bytes;
  double number = 0;
  bool is_hole = false;
};

// The rules of DESIGN decision 2, as plainly as they can be said.
class Model {
 public:
  std::vector<ModelMember> members;

  [[nodiscard]] std::optional<std::size_t> find(const std::string& name, bool with_holes) const {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].member == name && (with_holes || !members[i].is_hole)) return i;
    }
    return {};
  }
  void put(const ModelMember& member) {
    if (const auto place = find(member.member, true)) {
      members[*place] = member;
    } else {
      members.push_back(member);
    }
  }
  void end_step() {
    for (std::size_t i = members.size(); i-- > 0;) {
      if (!members[i].is_hole) continue;
      members[i] = members.back();
      members.pop_back();
    }
  }
};

class MemberTableTest : public testing::TestWithParam<Payload> {
 protected:
  void put(const ModelMember& member) {
    const auto position = table_->find(member.member);
    if (position == MemberTable::kNone) {
      const auto place = table_->place_for(member.member);
      ASSERT_EQ(table_->insert(member.member, member.bytes, member.number), place);
    } else if (GetParam() == Payload::kBytes) {
      table_->set_bytes(position, member.bytes, member.number);
    } else if (GetParam() == Payload::kNumber) {
      table_->set_number(position, member.number);
    }
  }
  void expect_same() const {
    ASSERT_EQ(table_->size(), model_.members.size());
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < model_.members.size(); ++i) {
      const ModelMember& expected = model_.members[i];
      ASSERT_EQ(table_->is_hole(i), expected.is_hole);
      if (expected.is_hole) continue;
      ++count;
      ASSERT_EQ(table_->member(i), expected.member);
      ASSERT_EQ(table_->find(expected.member), i);
      if (GetParam() == Payload::kBytes) {
        ASSERT_EQ(table_->bytes(i), expected.bytes);
      }
      if (GetParam() != Payload::kNone) {
        ASSERT_EQ(table_->number(i), expected.number);
      }
    }
    ASSERT_EQ(table_->count(), count);
  }
  void write_and_load() {
    auto loaded = std::make_unique<MemberTable>(GetParam(), kNoSecret);
    for (std::uint64_t i = 0; i < table_->segment_end(); ++i)
      ASSERT_TRUE(loaded->load_segment(i, table_->encode_segment(i)));
    ASSERT_EQ(loaded->memory_bytes(), table_->memory_bytes());
    table_ = std::move(loaded);
  }

  std::unique_ptr<MemberTable> table_ = std::make_unique<MemberTable>(GetParam(), kNoSecret);
  Model model_;
};

TEST_P(MemberTableTest, HoldsTheSameAsTheModelAfterAnySteps) {
  base::Prng prng(7);
  std::uint64_t most = 0;
  for (int step = 0; step < 2000; ++step) {
    // By turns it becomes large and small again.
    const bool grows = step / 400 % 2 == 0;
    for (std::uint64_t change = prng.below(4); change-- > 0;) {
      const std::uint64_t number = prng.below(400);
      std::string name = "m" + std::to_string(number);
      if (number % 10 == 0) name += std::string(number * 3 / 4, 'x');
      const ModelMember member{name, std::string(prng.below(200), 'v'),
                               prng.chance(1, 2) ? 0 : static_cast<double>(prng.below(1000)) / 8};
      const auto there = model_.find(name, false);
      if (there && prng.chance(grows ? 1 : 9, 10)) {
        table_->remove(table_->find(name));
        model_.members[*there].is_hole = true;
      } else if (grows || prng.chance(1, 8)) {
        put(member);
        model_.put(member);
      }
    }
    expect_same();
    table_->close_holes([](auto) {}, [](auto, auto) {});
    model_.end_step();
    expect_same();
    if (step % 200 == 199) write_and_load();
    most = std::max(most, table_->size());
    if (step == 799) {
      EXPECT_LT(table_->size(), MemberTable::kSegmentMembers);
    }
  }
  EXPECT_GT(most, 200U);
}

TEST_P(MemberTableTest, BytesWithoutNumberTakeNoPlaceForOne) {
  put({"member", "value", 0});
  const std::size_t without = table_->memory_bytes();
  EXPECT_EQ(table_->encode_segment(0).find('\xff'), std::string::npos);
  put({"member", "value", 1});
  EXPECT_EQ(table_->memory_bytes() > without, GetParam() == Payload::kBytes);
  put({"member", "value", 0});
  EXPECT_EQ(table_->memory_bytes(), without);
}

TEST_P(MemberTableTest, IsFreedInSlices) {
  for (int i = 0; i < 3000; ++i) put({std::to_string(i), "value", 1});
  int slices = 1;
  while (!table_->free_some(100)) ASSERT_LT(++slices, 1000);
  EXPECT_GE(slices, 30);
}

TEST_P(MemberTableTest, HostileSegmentsAreRefusedOrHarmless) {
  base::Prng prng(3);
  for (int i = 0; i < 100; ++i) put({std::to_string(i), "value", 1});
  const std::string good = table_->encode_segment(0);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = good;
    bytes[prng.below(bytes.size())] = static_cast<char>(prng.next());
    bytes.resize(prng.below(bytes.size() + 1));
    MemberTable victim(GetParam(), kNoSecret);
    if (victim.load_segment(0, bytes)) {
      EXPECT_LE(victim.size(), MemberTable::kSegmentMembers);
    }
  }
  MemberTable other(GetParam(), kNoSecret);
  EXPECT_FALSE(other.load_segment(1, good));
  EXPECT_FALSE(other.load_segment(0, ""));
}

INSTANTIATE_TEST_SUITE_P(All, MemberTableTest,
                         testing::Values(Payload::kNone, Payload::kNumber, Payload::kBytes));

}  // namespace
}  // namespace engine
