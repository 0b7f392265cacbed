// Lists. A small one is packed: one listpack. A larger one is dense: chunks, each a listpack that
// keeps to list-max-listpack-size, in an order given by a 64-bit key with gaps, so that a chunk
// fits between any two; a counted directory over the chunks finds an index. Layout of a dense list:
// chunks lie at slots (a slot is a segment of checkpoints, the lowest free one is taken first); the
// directory holds slots in order, in blocks of up to 512 with the count of elements below each.
// Cost: O(1) at the ends, O(n / 25,000 + size of a chunk) by index.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types/collection.h"
#include "engine/types/listpack.h"
#include "engine/types/value.h"

namespace engine {

// When a chunk is full: by bytes if `bytes_max` is not 0, else by elements.
struct ListLimits {
  std::uint64_t bytes_max = 0;
  std::uint64_t elements_max = 0;
  // Redis's list-max-listpack-size: -1 to -5 for 4 to 64 KB, a positive number of elements.
  [[nodiscard]] static ListLimits from_setting(std::int64_t setting);
  // Whether a listpack of that size takes one element more, as Redis judges it, so that chunks end
  // where its do: an integer counts with its digits.
  [[nodiscard]] bool has_room(std::size_t bytes, std::size_t elements,
                              std::string_view element) const;
};

class DenseList final : public Collection {
 public:
  // Where an element is: a chunk by its place in the order, and an offset into its listpack.
  struct Place {
    std::size_t block = 0, chunk = 0;  // of the directory; of the block
    std::size_t offset = 0;
  };

  DenseList() = default;
  [[nodiscard]] Type type() const override { return Type::kList; }
  [[nodiscard]] std::string_view encoding() const override { return "quicklist"; }
  [[nodiscard]] std::uint64_t count() const override { return count_; }
  [[nodiscard]] std::size_t memory_bytes() const override;
  [[nodiscard]] std::uint64_t content_bytes() const override { return bytes_; }
  [[nodiscard]] CollectionRef copy() const override;

  void encode_head(std::string& out) const override;
  [[nodiscard]] std::uint64_t segment_end() const override { return chunks_.size(); }
  [[nodiscard]] std::string encode_segment(std::uint64_t slot) const override;
  [[nodiscard]] bool load_head(std::string_view head) override;
  [[nodiscard]] bool load_segment(std::uint64_t slot, std::string_view bytes) override;
  [[nodiscard]] bool finish_load() override;
  bool free_some(std::size_t count) override;

  void push(std::string_view element, bool at_head, const ListLimits& limits);
  void insert(Place place, std::string_view element, bool after, const ListLimits& limits);
  void replace(std::uint64_t index, std::string_view element, const ListLimits& limits);
  // Removes the element and answers where the one behind it is (which may be nowhere).
  [[nodiscard]] Place erase(Place place);
  void erase_range(std::uint64_t first, std::uint64_t count);
  // Appends a whole listpack as one chunk.
  void append_chunk(std::string listpack);

  [[nodiscard]] Place seek(std::uint64_t index) const;  // index < count()
  [[nodiscard]] bool is_end(const Place& place) const { return place.block >= blocks_.size(); }
  [[nodiscard]] Listpack::Element at(const Place& place) const;
  // The neighbour; an end if there is none.
  [[nodiscard]] Place next(Place place) const;
  [[nodiscard]] Place previous(Place place) const;
  [[nodiscard]] Place first() const { return {0, 0, Listpack::kFirst}; }
  [[nodiscard]] Place last() const;
  // Calls `visit(listpack bytes)` for each chunk in order.
  template <class Visit>
  void for_each_chunk(Visit visit) const {
    for (const auto& block : blocks_) {
      for (const std::uint32_t slot : block->slots) visit(std::string_view(chunks_[slot]->bytes));
    }
  }

 private:
  static constexpr std::size_t kBlockChunks = 512;
  static constexpr std::uint64_t kKeyGap = 1ULL << 32, kFirstKey = 1ULL << 62;
  struct Chunk {
    std::uint64_t key = 0;  // orders the chunks
    std::string bytes;      // a listpack
  };
  struct Block {
    std::vector<std::uint32_t> slots;
    std::uint64_t count = 0;  // of elements
  };

  [[nodiscard]] std::uint32_t slot_at(const Place& place) const {
    return blocks_[place.block]->slots[place.chunk];
  }
  [[nodiscard]] Chunk& chunk_at(const Place& place) { return *chunks_[slot_at(place)]; }
  [[nodiscard]] const Chunk& chunk_at(const Place& place) const { return *chunks_[slot_at(place)]; }
  [[nodiscard]] Place end() const { return {blocks_.size(), 0, 0}; }
  [[nodiscard]] std::uint32_t take_slot();
  void free_slot(std::uint32_t slot);
  void add_chunk(const Place& before, std::string bytes);
  void drop_chunk(const Place& place);
  [[nodiscard]] std::uint64_t key_between(const Place& before);
  void spread_keys(const Place& before);
  bool step_back(Place& place) const;
  void step_on(Place& place) const;
  // Changes a chunk's bytes by `change(bytes)` and keeps the sums.
  template <class Change>
  void change_chunk(const Place& place, Change change);
  void split_chunk(const Place& place);

  std::vector<std::unique_ptr<Chunk>> chunks_;  // by slot; null: free
  // A heap, the lowest first; may hold some that lie behind the last chunk now.
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::uint64_t count_ = 0;
  std::size_t bytes_ = 0;  // sizes of the chunks, not their capacities, and a fixed sum for each
  std::uint64_t count_to_load_ = 0;
};

// Reads a list. Valid until the list changes.
class ListView {
 public:
  explicit ListView(const ValueView& value)
      : packed_(value.packed()), dense_(static_cast<const DenseList*>(value.collection())) {}
  [[nodiscard]] std::uint64_t count() const {
    return dense_ != nullptr ? dense_->count() : Listpack(packed_).count();
  }
  // Calls `visit(element)` for up to `count` elements from `index` on, forwards or backwards, until
  // it returns false.
  template <class Visit>
  void visit(std::uint64_t index, std::uint64_t count, bool is_backwards, Visit visit) const;

 private:
  std::string_view packed_;
  const DenseList* dense_;
};

// Owns a list while it is changed.
class List {
 public:
  List() : packed_(Listpack::empty()) {}
  explicit List(Value&& value);
  [[nodiscard]] Value release() &&;
  [[nodiscard]] bool is_empty() const { return count() == 0; }
  [[nodiscard]] std::uint64_t count() const;

  void push(std::string_view element, bool at_head, const ListLimits& limits);
  // Of a list that is not empty.
  [[nodiscard]] std::string pop(bool at_head);
  void set(std::uint64_t index, std::string_view element, const ListLimits& limits);
  // Next to the first element equal to `pivot`; false if there is none.
  bool insert(std::string_view pivot, std::string_view element, bool after,
              const ListLimits& limits);
  // Removes up to `count` elements equal to `element` (0: all), from the end if `from_tail`.
  std::uint64_t remove(std::string_view element, std::uint64_t count, bool from_tail);
  void erase_range(std::uint64_t first, std::uint64_t count);

 private:
  [[nodiscard]] DenseList& dense() const { return static_cast<DenseList&>(*dense_); }
  void make_dense();

  std::string packed_;
  CollectionRef home_;  // of packed_, see Value::take_packed
  CollectionRef dense_;
};

template <class Visit>
void ListView::visit(std::uint64_t index, std::uint64_t count, bool is_backwards,
                     Visit visit) const {
  if (index >= this->count()) return;
  if (dense_ != nullptr) {
    for (DenseList::Place at = dense_->seek(index); count > 0 && !dense_->is_end(at); --count) {
      if (!visit(dense_->at(at))) return;
      at = is_backwards ? dense_->previous(at) : dense_->next(at);
    }
    return;
  }
  const Listpack listpack(packed_);
  std::size_t at = listpack.seek(static_cast<std::int64_t>(index));
  for (; count > 0 && at != Listpack::kNone && at != listpack.end(); --count) {
    if (!visit(listpack.at(at))) return;
    at = is_backwards ? listpack.previous(at) : listpack.next(at);
  }
}

}  // namespace engine
