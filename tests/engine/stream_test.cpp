// Streams beside a naive model under random steps, written and loaded again in between; chunks of
// what is pending; damaged bytes.
#include "engine/types/stream.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/prng.h"
#include "tests/base/rounds.h"

namespace {

using engine::Stream;
using engine::StreamEntry;
using engine::StreamGroup;
using engine::StreamId;
using engine::StreamTrim;
using Words = std::vector<std::string>;

constexpr engine::StreamNodeLimits kLimits{400, 10};

std::unique_ptr<Stream> reloaded(const Stream& stream) {
  auto made = std::make_unique<Stream>();
  std::string head;
  stream.encode_head(head);
  EXPECT_TRUE(made->load_head(head));
  for (std::uint64_t slot = 0; slot < stream.segment_end(); ++slot) {
    const std::string bytes = stream.encode_segment(slot);
    EXPECT_TRUE(bytes.empty() || made->load_segment(slot, bytes));
  }
  EXPECT_TRUE(made->finish_load());
  return made;
}

std::string all_bytes(const Stream& stream) {
  std::string bytes;
  stream.encode_head(bytes);
  for (std::uint64_t slot = 0; slot < stream.segment_end(); ++slot)
    bytes += stream.encode_segment(slot) + "|";
  return bytes;
}

struct Model {
  std::map<StreamId, Words> entries;
  std::map<StreamId, std::pair<std::string, std::uint64_t>> pending;  // consumer, deliveries
};

// A stream and its model, which go through the same steps.
class Pair {
 public:
  explicit Pair(std::uint64_t seed) : prng_(seed) { stream_->add_group("g"); }

  void step() {
    switch (prng_.below(8)) {
      case 0: return remove();
      case 1: return trim();
      case 2: return acknowledge();
      case 3:
      case 4: return assign();
      case 5: return forget_consumer();
      default: return add();
    }
  }
  void expect_same() const {
    std::vector<StreamId> ids, backwards, wanted;
    stream_->visit({}, StreamId::highest(), false, [&](const StreamEntry& entry) {
      ids.push_back(entry.id);
      Words words;
      entry.for_each([&](std::string_view name, std::string_view value) {
        words.emplace_back(name);
        words.emplace_back(value);
      });
      EXPECT_EQ(words, model_.entries.at(entry.id));
      return true;
    });
    stream_->visit({}, StreamId::highest(), true, [&](const StreamEntry& entry) {
      backwards.insert(backwards.begin(), entry.id);
      return true;
    });
    for (const auto& [id, words] : model_.entries) wanted.push_back(id);
    ASSERT_EQ(ids, wanted);
    ASSERT_EQ(backwards, wanted);
    ASSERT_EQ(stream_->count(), wanted.size());
    expect_same_pending();
  }
  // From here on it is the stream that was loaded.
  void reload() {
    auto loaded = reloaded(*stream_);
    ASSERT_EQ(all_bytes(*loaded), all_bytes(*stream_));
    ASSERT_EQ(loaded->memory_bytes(), stream_->memory_bytes());
    stream_ = std::move(loaded);
  }

 private:
  void expect_same_pending() const {
    const StreamGroup& group = *stream_->group("g");
    ASSERT_EQ(group.pending().size(), model_.pending.size());
    std::size_t of_consumers = 0;
    for (const auto& [name, consumer] : group.consumers) of_consumers += consumer.pending.size();
    ASSERT_EQ(of_consumers, model_.pending.size());
    for (const auto& [id, pending] : group.pending()) {
      ASSERT_EQ(pending.consumer->name, model_.pending.at(id).first);
      ASSERT_EQ(pending.deliveries, model_.pending.at(id).second);
    }
  }
  StreamId any_id() {
    return {1 + prng_.below(std::max<std::uint64_t>(stream_->last_id().ms, 1)), prng_.below(2)};
  }
  void add() {
    for (std::uint64_t left = 1 + prng_.below(12); left > 0; --left) {
      Words words;
      for (std::uint64_t field = 0, fields = 1 + prng_.below(3); field < fields; ++field) {
        words.push_back(prng_.chance(1, 8) ? "7" : "f" + std::to_string(field));
        words.push_back(prng_.chance(1, 2) ? std::to_string(prng_.below(100000))
                                           : std::string(prng_.below(90), 'v'));
      }
      const StreamId id{stream_->last_id().ms + 1 + prng_.below(2), prng_.below(2)};
      const std::vector<std::string_view> views(words.begin(), words.end());
      stream_->add(id, views, kLimits);
      model_.entries[id] = words;
    }
  }
  void remove() {
    for (int left = 20; left > 0; --left) {
      const StreamId id = any_id();
      ASSERT_EQ(stream_->remove(id), model_.entries.erase(id) == 1);
    }
  }
  void trim() {
    StreamTrim trim;
    trim.by = prng_.chance(1, 2) ? StreamTrim::By::kLength : StreamTrim::By::kId;
    trim.length = prng_.below(2 * model_.entries.size() + 1);
    trim.id = any_id();
    trim.is_approximate = prng_.chance(1, 2);
    Model exact = model_;
    auto& entries = exact.entries;
    while (!entries.empty() &&
           (trim.by == StreamTrim::By::kLength ? entries.size() > trim.length
                                               : entries.begin()->first < trim.id))
      entries.erase(entries.begin());
    const std::uint64_t most = model_.entries.size() - entries.size();
    const std::uint64_t removed = stream_->trim(trim);
    // Whole nodes only: less than one node is left standing.
    ASSERT_LE(removed, most);
    ASSERT_LT(most - removed, trim.is_approximate ? kLimits.entries_max : 1);
    for (std::uint64_t left = removed; left > 0; --left)
      model_.entries.erase(model_.entries.begin());
  }
  void assign() {
    StreamGroup& group = *stream_->edit_group("g");
    const std::string name = "c" + std::to_string(prng_.below(4));
    const bool is_run = prng_.chance(1, 3);
    for (StreamId id = any_id(); id <= stream_->last_id(); id = is_run ? *id.next() : any_id()) {
      if (prng_.chance(1, 400)) break;
      if (is_run && id.seq == 2) id = {id.ms + 1, 0};
      engine::StreamPending& pending = group.assign(id, group.consumer(name, 5));
      pending.deliveries = prng_.below(1000);
      model_.pending[id] = {name, pending.deliveries};
    }
  }
  void acknowledge() {
    StreamGroup& group = *stream_->edit_group("g");
    for (std::uint64_t left = prng_.below(400); left > 0; --left) {
      const StreamId id = any_id();
      ASSERT_EQ(group.acknowledge(id), model_.pending.erase(id) == 1);
    }
  }
  void forget_consumer() {
    const std::string name = "c" + std::to_string(prng_.below(4));
    const auto is_its = [&](const auto& one) { return one.second.first == name; };
    ASSERT_EQ(stream_->edit_group("g")->remove_consumer(name),
              std::erase_if(model_.pending, is_its));
  }

  base::Prng prng_;
  std::unique_ptr<Stream> stream_ = std::make_unique<Stream>();
  Model model_;
};

TEST(Stream, HoldsWhatTheModelHoldsAlsoWhenItIsLoadedInBetween) {
  for (std::uint64_t seed = 1; seed <= base_test::rounds(20U); ++seed) {
    Pair pair(seed);
    for (int step = 0; step < 120; ++step) {
      ASSERT_NO_FATAL_FAILURE(pair.step()) << "seed " << seed << " step " << step;
      ASSERT_NO_FATAL_FAILURE(pair.expect_same()) << "seed " << seed << " step " << step;
      if (step % 7 != 0) continue;
      ASSERT_NO_FATAL_FAILURE(pair.reload()) << "seed " << seed << " step " << step;
    }
  }
}

std::unique_ptr<Stream> with_pending(std::uint64_t count) {
  auto stream = std::make_unique<Stream>();
  StreamGroup& group = *stream->add_group("g");
  for (std::uint64_t ms = 1; ms <= count; ++ms) group.assign({ms, 0}, group.consumer("c", 0));
  return stream;
}

TEST(Stream, AnAcknowledgementChangesOneChunkOfWhatIsPending) {
  const auto stream = with_pending(1280);
  ASSERT_EQ(stream->segment_end(), 11U);  // the group, and full chunks
  std::vector<std::string> before;
  for (std::uint64_t slot = 0; slot < 11; ++slot) before.push_back(stream->encode_segment(slot));
  ASSERT_TRUE(stream->edit_group("g")->acknowledge({300, 0}));
  for (std::uint64_t slot = 0; slot < 11; ++slot)
    EXPECT_EQ(stream->encode_segment(slot) == before[slot], slot != 3) << slot;
}

TEST(Stream, ADestroyedGroupLeavesNoSegments) {
  const auto stream = with_pending(1280);
  ASSERT_TRUE(stream->remove_group("g"));
  EXPECT_EQ(stream->segment_end(), 0U);
  EXPECT_EQ(stream->memory_bytes(), Stream().memory_bytes());
}

TEST(Stream, NodesAndTheirIndexAreFreedInSlices) {
  constexpr std::uint64_t kEntries = 20'000;
  Stream stream;
  for (std::uint64_t i = 1; i <= kEntries; ++i)
    stream.add({i, 0}, std::vector<std::string_view>{"field", "value"}, kLimits);
  const std::uint64_t whole = stream.node_count();
  ASSERT_GT(whole, 1000U);
  EXPECT_FALSE(stream.free_some(256));
  EXPECT_GE(stream.node_count() + 8, whole) << "one slice is a few nodes";
  int slices = 0;
  while (!stream.free_some(256)) ASSERT_LT(++slices, 10'000);
  EXPECT_EQ(stream.node_count(), 0U);
}

TEST(Stream, AGroupWithManyPendingIsFreedInSlices) {
  const auto stream = with_pending(5000);
  int slices = 1;
  while (!stream->free_some(500)) ++slices;
  EXPECT_GE(slices, 10);
}

// A stream that uses every kind of segment.
std::unique_ptr<Stream> rich_stream() {
  auto stream = with_pending(200);
  for (std::uint64_t ms = 1; ms <= 30; ++ms) {
    const std::string_view words[] = {ms % 3 == 0 ? "other" : "name", "value"};
    stream->add({ms, 1}, words, kLimits);
  }
  stream->remove({5, 1});
  return stream;
}

TEST(Stream, DamagedBytesAreRefusedOrLoadedNeverFatal) {
  const auto stream = rich_stream();
  std::string head;
  stream->encode_head(head);
  std::vector<std::string> segments;
  for (std::uint64_t slot = 0; slot < stream->segment_end(); ++slot)
    segments.push_back(stream->encode_segment(slot));
  base::Prng prng(3);
  int refused = 0;
  for (int round = 0; round < base_test::rounds(4000); ++round) {
    auto damaged = segments;
    std::string& bytes = damaged[prng.below(damaged.size())];
    bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
    if (prng.chance(1, 5)) bytes.resize(prng.below(bytes.size()));
    Stream loaded;
    bool is_good = loaded.load_head(head);
    for (std::size_t slot = 0; slot < damaged.size() && is_good; ++slot)
      is_good = loaded.load_segment(slot, damaged[slot]);
    if (!is_good || !loaded.finish_load()) {
      ++refused;
      continue;
    }
    StreamTrim trim;
    trim.by = StreamTrim::By::kLength;
    trim.length = prng.below(30);
    loaded.trim(trim);
    loaded.remove({20, 1});
    static_cast<void>(all_bytes(loaded));
  }
  EXPECT_GT(refused, base_test::rounds(4000) / 4);
}

TEST(Stream, MissingAndStraySegmentsAreRefused) {
  const auto stream = rich_stream();
  std::string head;
  stream->encode_head(head);
  for (std::uint64_t missing = 0; missing < stream->segment_end(); ++missing) {
    Stream loaded;
    ASSERT_TRUE(loaded.load_head(head));
    for (std::uint64_t slot = 0; slot < stream->segment_end(); ++slot)
      ASSERT_TRUE(slot == missing || loaded.load_segment(slot, stream->encode_segment(slot)));
    EXPECT_FALSE(loaded.finish_load()) << missing;
  }
  Stream loaded;
  EXPECT_FALSE(loaded.load_segment(0, ""));
  EXPECT_FALSE(loaded.load_segment(0, "\x07junk"));
  EXPECT_FALSE(loaded.load_head("x"));
}

// Long streams are trimmed at their front; what stays keeps its slots.
TEST(StreamRows, AStreamThatOnceHadAMillionNodesIsLoadedAndCopied) {
  constexpr std::uint64_t kNodes = (1U << 20) + 10;
  Stream stream;
  const std::vector<std::string_view> words = {"f", "v"};
  for (std::uint64_t i = 1; i <= kNodes; ++i) stream.add({i, 0}, words, {4096, 1});
  const std::size_t full = stream.memory_bytes();
  ASSERT_EQ(stream.trim({.by = StreamTrim::By::kLength, .length = 2, .id = {}}), kNodes - 2);
  ASSERT_EQ(stream.segment_end(), kNodes);
  EXPECT_LT(stream.memory_bytes(), full / 1000) << "free slots cost nothing";
  auto again = std::make_unique<Stream>();
  std::string head;
  stream.encode_head(head);
  ASSERT_TRUE(again->load_head(head));
  std::size_t segments = 0;
  for (std::uint64_t slot = stream.next_segment(0); slot < kNodes;
       slot = stream.next_segment(slot + 1), ++segments)
    ASSERT_TRUE(again->load_segment(slot, stream.encode_segment(slot)));
  ASSERT_TRUE(again->finish_load());
  EXPECT_EQ(segments, 2U);
  EXPECT_EQ(stream.copy()->count(), 2U);
  // Both take the same slots from then on.
  for (Stream* one : {&stream, again.get()}) {
    for (std::uint64_t i = 1; i <= 5; ++i) one->add({kNodes + i, 0}, words, {4096, 1});
    one->remove({kNodes + 2, 0});
    one->remove({kNodes + 1, 0});
    one->remove({kNodes, 0});
  }
  EXPECT_EQ(all_bytes(stream), all_bytes(*again));
  EXPECT_LT(stream.segment_end(), kNodes);
}

}  // namespace
