// Listpacks against a plain vector of strings, and what hostile bytes may not do.
#include "engine/types/listpack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/number.h"
#include "base/prng.h"

namespace engine {
namespace {

std::vector<std::string> forwards(const std::string& bytes) {
  std::vector<std::string> elements;
  const Listpack listpack(bytes);
  for (std::size_t at = Listpack::kFirst; at != listpack.end(); at = listpack.next(at))
    elements.push_back(listpack.at(at).string());
  return elements;
}

std::vector<std::string> backwards(const std::string& bytes) {
  std::vector<std::string> elements;
  const Listpack listpack(bytes);
  for (std::size_t at = listpack.previous(listpack.end()); at != Listpack::kNone;
       at = listpack.previous(at))
    elements.push_back(listpack.at(at).string());
  std::reverse(elements.begin(), elements.end());
  return elements;
}

std::string some_element(base::Prng& prng) {
  static constexpr std::int64_t kEdges[] = {0,      127,     128,      -1,        4095,
                                            4096,   -4096,   -4097,    32767,     32768,
                                            -32769, 8388607, -8388609, INT32_MAX, INT64_MIN};
  switch (prng.below(5)) {
    case 0: return base::integer_text(kEdges[prng.below(std::size(kEdges))]);
    case 1: return base::integer_text(static_cast<std::int64_t>(prng.next()));
    case 2: return std::string(prng.below(70), 'a');
    case 3: return std::string(prng.below(5000), 'b');
    default: return "00" + std::to_string(prng.below(100));
  }
}

TEST(Listpack, IsAVectorOfStringsUnderAnyChanges) {
  base::Prng prng(1);
  std::string bytes = Listpack::empty();
  std::vector<std::string> model;
  for (int step = 0; step < 4000; ++step) {
    const std::size_t place = prng.below(model.size() + 1);
    const auto at = static_cast<std::ptrdiff_t>(place);
    const std::string element = some_element(prng);
    const std::size_t offset = place == model.size()
                                   ? bytes.size() - 1
                                   : Listpack(bytes).seek(static_cast<std::int64_t>(place));
    if (place == model.size() || prng.below(100) < (model.size() > 60 ? 30U : 60U)) {
      Listpack::insert(bytes, offset, element);
      model.insert(model.begin() + at, element);
    } else if (prng.below(2) == 0) {
      Listpack::replace(bytes, offset, element);
      model[place] = element;
    } else {
      const std::size_t count = std::min<std::size_t>(1 + prng.below(3), model.size() - place);
      Listpack::erase(bytes, offset, count);
      model.erase(model.begin() + at, model.begin() + at + static_cast<std::ptrdiff_t>(count));
    }
    ASSERT_TRUE(Listpack::is_valid(bytes));
    ASSERT_EQ(forwards(bytes), model);
    ASSERT_EQ(backwards(bytes), model);
    ASSERT_EQ(Listpack(bytes).count(), model.size());
  }
}

TEST(Listpack, HasTheSpecifiedBytes) {
  std::string bytes = Listpack::empty();
  Listpack::append(bytes, "hello");
  Listpack::append(bytes, "1024");
  Listpack::append_integer(bytes, -1);
  EXPECT_EQ(bytes, std::string("\x14\0\0\0\3\0\x85hello\6\xC4\0\2\xDF\xFF\2\xFF", 20));
}

TEST(Listpack, FindsEveryOtherElement) {
  std::string bytes = Listpack::empty();
  for (const char* element : {"a", "b", "b", "7", "7", "c"}) Listpack::append(bytes, element);
  const Listpack listpack(bytes);
  EXPECT_EQ(listpack.find(Listpack::kFirst, "b", 1), listpack.seek(2));
  EXPECT_EQ(listpack.find(Listpack::kFirst, "7", 0), listpack.seek(3));
  EXPECT_EQ(listpack.find(Listpack::kFirst, "c", 1), Listpack::kNone);
  EXPECT_EQ(listpack.find(Listpack::kFirst, "07", 0), Listpack::kNone);
}

TEST(Listpack, CountsMoreElementsThanItsHeaderHolds) {
  std::string bytes = Listpack::empty();
  for (int i = 0; i < 70000; ++i) Listpack::append(bytes, "1");
  EXPECT_EQ(Listpack(bytes).count(), 70000U);
  Listpack::erase(bytes, Listpack::kFirst, 10000);
  EXPECT_EQ(Listpack(bytes).count(), 60000U);
  EXPECT_TRUE(Listpack::is_valid(bytes));
}

TEST(Listpack, DamagedBytesAreRefusedOrHarmless) {
  base::Prng prng(2);
  std::string bytes = Listpack::empty();
  for (int i = 0; i < 20; ++i) Listpack::append(bytes, some_element(prng).substr(0, 100));
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes;
    damaged[prng.below(damaged.size())] = static_cast<char>(prng.next());
    if (prng.below(3) == 0) damaged.resize(prng.below(damaged.size()));
    if (!Listpack::is_valid(damaged)) ++refused;
    if (Listpack::is_valid(damaged)) {
      EXPECT_EQ(forwards(damaged), backwards(damaged));
    }
  }
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace engine
