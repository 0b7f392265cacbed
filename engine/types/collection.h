// A value that is an object of its own: the dense form of a list, set, sorted set, hash or stream,
// a long string (long_text.h) or a long packed collection (long_packed.h). An entry and a
// checkpoint under way may hold it together. It gives its bytes for a checkpoint as a small head
// and segments numbered from 0, so that a change of one element writes one segment again.
//
// Counts of references are plain: one thread. Nothing here knows keys, expiry or replies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/types/hash_secret.h"
#include "engine/types/segments.h"

namespace engine {

enum class Type : std::uint8_t { kString, kList, kSet, kSortedSet, kHash, kStream };
// As TYPE says it.
[[nodiscard]] std::string_view name_of(Type type);

class Collection;

// Shared ownership of a collection; null or one.
class CollectionRef {
 public:
  CollectionRef() = default;
  explicit CollectionRef(std::unique_ptr<Collection> collection);
  CollectionRef(const CollectionRef& other);
  CollectionRef(CollectionRef&& other) noexcept
      : collection_(std::exchange(other.collection_, nullptr)) {}
  CollectionRef& operator=(CollectionRef other) noexcept {
    std::swap(collection_, other.collection_);
    return *this;
  }
  ~CollectionRef();

  [[nodiscard]] explicit operator bool() const { return collection_ != nullptr; }
  [[nodiscard]] Collection* get() const { return collection_; }
  [[nodiscard]] Collection& operator*() const { return *collection_; }
  [[nodiscard]] Collection* operator->() const { return collection_; }
  [[nodiscard]] bool is_sole() const;
  // Ownership as a plain pointer, for a packed entry.
  [[nodiscard]] void* release() { return std::exchange(collection_, nullptr); }
  [[nodiscard]] static CollectionRef adopt(void* released) {
    CollectionRef ref;
    ref.collection_ = static_cast<Collection*>(released);
    return ref;
  }

 private:
  Collection* collection_ = nullptr;
};

class Collection {
 public:
  Collection() = default;
  Collection(const Collection&) = delete;
  Collection& operator=(const Collection&) = delete;
  virtual ~Collection() = default;

  // A LongPacked: bytes that are read as those of a packed collection that lies in its entry.
  [[nodiscard]] bool is_packed() const { return is_packed_; }
  [[nodiscard]] virtual Type type() const = 0;
  // As OBJECT ENCODING says it.
  [[nodiscard]] virtual std::string_view encoding() const = 0;
  [[nodiscard]] virtual std::uint64_t count() const = 0;  // of elements
  // Structure and elements, O(1). end_step() must not change it.
  [[nodiscard]] virtual std::size_t memory_bytes() const = 0;
  // What its elements hold, O(1): a function of what would be stored alone, so that it is the same
  // after a load; no capacities, no spare room. end_step() must not change it.
  [[nodiscard]] virtual std::uint64_t content_bytes() const = 0;
  // Deep; O(n). The copy has no rows in the store.
  [[nodiscard]] virtual CollectionRef copy() const = 0;

  // ---- elements that expire (hashes alone) ---- `has_times` costs no call.
  static constexpr std::int64_t kNever = INT64_MAX;
  [[nodiscard]] bool has_times() const { return has_times_; }
  // The first time after `ms` at which an element expires; kNever: none does.
  [[nodiscard]] virtual std::int64_t next_time(std::int64_t /*ms*/) const { return kNever; }
  // How many elements have expired by `now_ms` and are still here.
  [[nodiscard]] virtual std::uint64_t expired_count(std::int64_t /*now_ms*/) const { return 0; }
  [[nodiscard]] bool is_over(std::int64_t now_ms) const {
    return has_times_ && expired_count(now_ms) == count();
  }

  // ---- steps (DESIGN decision 2) ----
  // Whether it wants to be told when the step (a command, an EXEC) is over.
  [[nodiscard]] virtual bool has_holes() const { return false; }
  virtual void end_step() {}

  // ---- rows ----
  // What is in no segment: at most some 16 KB, however large the collection is.
  virtual void encode_head(std::string& out) const = 0;
  [[nodiscard]] virtual std::uint64_t segment_end() const = 0;  // all segments have smaller numbers
  // The first number from `from` on that may have a segment; segment_end() or more if none has.
  [[nodiscard]] virtual std::uint64_t next_segment(std::uint64_t from) const { return from; }
  // Empty: there is none of that number now. Canonical: equal states, equal bytes.
  [[nodiscard]] virtual std::string encode_segment(std::uint64_t segment) const = 0;
  // Where a segment has members and may be large: what it consists of, and a part of what
  // encode_segment gives, all of it in order. `has_numbers`: as the outline has it.
  [[nodiscard]] virtual SegmentOutline outline_of(std::uint64_t /*segment*/) const { return {}; }
  [[nodiscard]] virtual std::string encode_members(std::uint64_t /*segment*/, std::size_t /*first*/,
                                                   std::size_t /*end*/,
                                                   bool /*has_numbers*/) const {
    return {};
  }
  // Into an empty collection: the head, then segments in ascending order, then finish_load, which
  // says whether everything is there and consistent. False: malformed; the input may be hostile.
  [[nodiscard]] virtual bool load_head(std::string_view head) = 0;
  [[nodiscard]] virtual bool load_segment(std::uint64_t segment, std::string_view bytes) = 0;
  [[nodiscard]] virtual bool finish_load() = 0;

  // Gives up about `count` elements, for a large value that nobody uses any more; true when nothing
  // is left. No about_to_change.
  virtual bool free_some(std::size_t count) = 0;

  // ---- for the keyspace ----
  // Null until it was first written in segments.
  [[nodiscard]] const std::shared_ptr<Segments>& segments() const { return segments_; }
  void attach(std::shared_ptr<Segments> segments) { segments_ = std::move(segments); }

 protected:
  explicit Collection(bool is_packed) : is_packed_(is_packed) {}
  // Before `segment` changes, appears or disappears; `member`: the one of it that does.
  void about_to_change(std::uint64_t segment, std::size_t member = 0) {
    if (segments_ != nullptr) segments_->touch(segment, member, *this);
  }
  void note_times(bool has_times) { has_times_ = has_times; }

 private:
  friend class CollectionRef;
  // In this order: what follows in a derived class begins in the padding.
  std::shared_ptr<Segments> segments_;
  std::uint32_t references_ = 0;
  bool has_times_ = false;
  bool is_packed_ = false;
};

// An empty one, for loading. The type must have a dense form. `secret` must outlive it.
[[nodiscard]] CollectionRef make_collection(Type type, const HashSecret& secret);

inline CollectionRef::CollectionRef(std::unique_ptr<Collection> collection)
    : collection_(collection.release()) {
  if (collection_ != nullptr) ++collection_->references_;
}
inline CollectionRef::CollectionRef(const CollectionRef& other) : collection_(other.collection_) {
  if (collection_ != nullptr) ++collection_->references_;
}
inline CollectionRef::~CollectionRef() {
  if (collection_ != nullptr && --collection_->references_ == 0) delete collection_;
}
inline bool CollectionRef::is_sole() const { return collection_->references_ == 1; }

}  // namespace engine
