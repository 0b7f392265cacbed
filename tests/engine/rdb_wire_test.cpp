// Lengths, strings, LZF and the packed forms of old Redis, well-formed and not.
#include "engine/rdb/wire.h"

#include <gtest/gtest.h>

#include "base/prng.h"
#include "engine/rdb/lzf.h"
#include "engine/rdb/ziplist.h"
#include "engine/types/listpack.h"

namespace {

using engine::Listpack;
using engine::rdb::Compression;
using engine::rdb::listpack_of_ziplist;
using engine::rdb::listpack_of_zipmap;
using engine::rdb::lzf_compress;
using engine::rdb::lzf_decompress;
using engine::rdb::Reader;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

std::string encoded(std::string_view text, Compression compression = Compression::kNone) {
  std::string out;
  engine::rdb::put_string(out, text, compression);
  return out;
}

TEST(RdbStrings, UseTheShortestForm) {
  EXPECT_EQ(encoded("12"), bytes({0xC0, 12}));
  EXPECT_EQ(encoded("-129"), bytes({0xC1, 0x7F, 0xFF}));
  EXPECT_EQ(encoded("70000"), bytes({0xC2, 0x70, 0x11, 0x01, 0}));
  EXPECT_EQ(encoded("2147483648")[0], 10) << "above 32 bits it is text";
  EXPECT_EQ(encoded("012"), bytes({3, '0', '1', '2'}));
  EXPECT_EQ(encoded(std::string(100, 'a')).substr(0, 2), bytes({0x40, 100}));
  EXPECT_EQ(encoded(std::string(20000, 'a')).substr(0, 5), bytes({0x80, 0, 0, 0x4E, 0x20}));
  EXPECT_EQ(encoded(std::string(20, 'a'), Compression::kLzf).size(), 21U) << "too short for LZF";
  EXPECT_EQ(encoded(std::string(21, 'a'), Compression::kLzf)[0], '\xC3');
}

TEST(RdbStrings, AreReadInAllForms) {
  for (const std::string_view text :
       {"", "12", "-129", "-32769", "-2147483648", "2147483648", "hello"}) {
    const std::string form = encoded(text) + "+";
    Reader in(form);
    EXPECT_EQ(in.string(), text);
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.rest(), "+") << "what follows is left";
  }
  const std::string long_form = bytes({0x81, 0, 0, 0, 0, 0, 0, 0, 2, 'h', 'i'});
  EXPECT_EQ(Reader(long_form).string(), "hi");
}

TEST(RdbStrings, ThatAreMalformedFailAndGiveNothing) {
  for (const std::string& bad : {
           std::string(), bytes({3, 'a', 'b'}), bytes({0x40}), bytes({0x80, 0, 0, 0}),
           bytes({0x82, 0, 0, 0, 0}), bytes({0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),
           bytes({0xC0}), bytes({0xC2, 1, 2, 3}), bytes({0xC4, 1}),
           bytes({0xC3, 2, 2, 1, 'a'}),                             // less than it says
           bytes({0xC3, 2, 3, 0, 'a'}),                             // makes less than it says
           bytes({0xC3, 0, 0}),                                     // nothing
           bytes({0xC3, 2, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0, 'a'}),  // claims 4 GB
       }) {
    Reader in(bad);
    EXPECT_EQ(in.string(), "");
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.length(), 0U) << "it stays failed";
  }
}

TEST(RdbNumbers, CountsThatCannotFollowFailAtOnce) {
  const std::string two = bytes({2, 'a', 'b'});
  EXPECT_EQ(Reader(two).count(), 2U);
  Reader in(two);
  EXPECT_EQ(in.count(2), 0U);
  EXPECT_FALSE(in.ok());
}

TEST(RdbNumbers, ScoresAsText) {
  EXPECT_EQ(Reader(bytes({4, '-', '1', '.', '5'})).text_double(), -1.5);
  EXPECT_GT(Reader(bytes({254})).text_double(), 1e308);
  EXPECT_LT(Reader(bytes({255})).text_double(), -1e308);
  for (const std::string& bad : {bytes({253}), bytes({2, '1'}), bytes({1, 'x'}), bytes({0})}) {
    Reader in(bad);
    EXPECT_EQ(in.text_double(), 0);
    EXPECT_FALSE(in.ok());
  }
}

// ---- LZF ----

TEST(Lzf, GivesBackWhatWasCompressed) {
  base::Prng prng(7);
  for (int round = 0; round < 400; ++round) {
    const std::uint64_t letters = 1 + prng.below(round % 4 == 0 ? 256 : 4);
    std::string text;
    for (std::uint64_t left = prng.below(round % 10 == 0 ? 40000 : 600); left > 0; --left)
      text.push_back(static_cast<char>('a' + prng.below(letters)));
    if (round % 3 == 0) text += text;
    const auto compressed = lzf_compress(text, 4);
    if (!compressed) continue;
    EXPECT_LE(compressed->size() + 4, text.size());
    EXPECT_EQ(lzf_decompress(*compressed, text.size()), text);
    EXPECT_FALSE(lzf_decompress(*compressed, text.size() + 1));
    EXPECT_FALSE(lzf_decompress(*compressed, text.size() - 1));
    EXPECT_EQ(lzf_compress(text, 4), compressed) << "the same in every call";
  }
}

TEST(Lzf, SavesWhatThereIsToSave) {
  EXPECT_LT(lzf_compress(std::string(100000, 'a'), 4)->size(), 1300U);
  EXPECT_FALSE(lzf_compress("abcdefghijklmnopqrstuvwxyz", 4));
  EXPECT_FALSE(lzf_compress("", 4));
  EXPECT_FALSE(lzf_compress("aaaa", 4));
}

TEST(Lzf, ReadsWhatRedisWrote) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "ab";
  EXPECT_EQ(lzf_decompress(bytes({2, 'a', 'b', 'a', 0xE0, 0xBA, 1, 1, 'a', 'b'}), 200), text);
}

TEST(Lzf, RefusesWhatPointsOutside) {
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0x20, 1}), 4)) << "before the beginning";
  EXPECT_EQ(lzf_decompress(bytes({0, 'a', 0x20, 0}), 4), "aaaa");
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0x20}), 4)) << "cut";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a', 0xE0, 1}), 11)) << "cut";
  EXPECT_FALSE(lzf_decompress(bytes({5, 'a'}), 6)) << "cut";
  EXPECT_FALSE(lzf_decompress(bytes({0, 'a'}), 1ULL << 40)) << "no memory is taken for that";
}

// ---- ziplists and zipmaps ----

std::string joined(const std::optional<std::string>& listpack) {
  if (!listpack) return "refused";
  std::string out;
  const Listpack view(*listpack);
  for (std::size_t at = Listpack::kFirst; at != view.end(); at = view.next(at))
    out += view.at(at).string() + ",";
  return out;
}

std::string ziplist(const std::string& entries, int last, int count) {
  const int size = static_cast<int>(entries.size()) + 11;
  return bytes({size, 0, 0, 0, last, 0, 0, 0, count & 255, count >> 8}) + entries + "\xFF";
}

TEST(Ziplists, BecomeListpacks) {
  EXPECT_EQ(joined(listpack_of_ziplist(ziplist("", 10, 0))), "");
  const std::string entries =
      bytes({0,   1,   'a', 3, 0xFD, 2, 0xFE, 0x80, 3, 0xC0, 0,    1, 4,  0xF0,
             255, 255, 255, 5, 0xD0, 1, 0,    0,    0, 6,    0x40, 1, 'b'});
  EXPECT_EQ(joined(listpack_of_ziplist(ziplist(entries, 33, 7))), "a,12,-128,256,-1,1,b,");
  EXPECT_EQ(joined(listpack_of_ziplist(ziplist(entries, 33, 65535))), "a,12,-128,256,-1,1,b,");
  const std::string wide = bytes({0, 1, 'a', 0xFE, 3, 0, 0, 0, 0x80, 0, 0, 0, 1, 'b'});
  EXPECT_EQ(joined(listpack_of_ziplist(ziplist(wide, 13, 2))), "a,b,");
}

TEST(Ziplists, ThatAreMalformedAreRefused) {
  const std::string good = ziplist(bytes({0, 1, 'a', 3, 0xF1}), 13, 2);
  ASSERT_EQ(joined(listpack_of_ziplist(good)), "a,0,");
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(listpack_of_ziplist(good.substr(0, size)));
  EXPECT_FALSE(listpack_of_ziplist(good + "x"));
  EXPECT_FALSE(listpack_of_ziplist(ziplist(bytes({0, 1, 'a', 3, 0xF1}), 13, 3))) << "count";
  EXPECT_FALSE(listpack_of_ziplist(ziplist(bytes({0, 1, 'a', 3, 0xF1}), 10, 2))) << "last entry";
  EXPECT_FALSE(listpack_of_ziplist(ziplist(bytes({0, 1, 'a', 4, 0xF1}), 13, 2))) << "entry before";
  EXPECT_FALSE(listpack_of_ziplist(ziplist(bytes({0, 0xC1}), 10, 1))) << "encoding";
  EXPECT_FALSE(listpack_of_ziplist(ziplist(bytes({0, 9, 'a'}), 10, 1))) << "length";
  EXPECT_FALSE(listpack_of_ziplist(ziplist(bytes({0, 0xE0, 1}), 10, 1))) << "length";
}

TEST(Zipmaps, BecomeListpacks) {
  const std::string pairs = bytes({1, 'a', 1, 2, 'b', 0, 0, 0xFE, 1, 0, 0, 0, 'c', 0, 0, 0xFF});
  EXPECT_EQ(joined(listpack_of_zipmap(bytes({2}) + pairs)), "a,b,c,,");
  EXPECT_EQ(joined(listpack_of_zipmap(bytes({254}) + pairs)), "a,b,c,,");
  EXPECT_EQ(joined(listpack_of_zipmap(bytes({0, 255}))), "");
}

TEST(Zipmaps, ThatAreMalformedAreRefused) {
  const std::string good = bytes({1, 1, 'a', 1, 1, 'b', 0, 0xFF});
  ASSERT_EQ(joined(listpack_of_zipmap(good)), "a,b,");
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(listpack_of_zipmap(good.substr(0, size)));
  EXPECT_FALSE(listpack_of_zipmap(good + "x"));
  EXPECT_FALSE(listpack_of_zipmap(bytes({2, 1, 'a', 1, 0, 'b', 0xFF}))) << "count";
  EXPECT_FALSE(listpack_of_zipmap(bytes({255, 1, 'a', 1, 0, 'b', 0xFF}))) << "254 is unknown only";
  EXPECT_FALSE(listpack_of_zipmap(bytes({1, 1, 'a', 0xFF}))) << "a field without a value";
  EXPECT_FALSE(listpack_of_zipmap(bytes({1, 1, 'a', 1, 9, 'b', 0xFF}))) << "unused bytes";
}

}  // namespace
