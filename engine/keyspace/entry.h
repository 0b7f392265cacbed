// One key with all that belongs to it, packed into one piece of memory: a small header, the expiry
// if there is one, the key, and behind it a short string, a small packed collection or a number
// itself, anything larger as a pointer to it (engine/types/collection.h). An entry costs 8 bytes
// and one allocation of 12 + key + value, rounded up to the allocator's size class.
//
// Invariant: a string or a packed collection of some hundred bytes lies beside the key, in a second
// block, exactly if the two blocks take less than the one would (lies_beside). So where a value
// lies is a function of the sizes of key and value and of whether there is an expiry.
//
// Owned by a DenseTable, which is the only one that changes it; everyone else reads. Thread: the
// engine's.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/types/value.h"

namespace engine {

inline constexpr std::int64_t kNoExpiry = -1;

class Entry {
 public:
  Entry() = default;
  Entry(std::string_view key, Value&& value, std::int64_t expiry_ms) {
    build(key, std::move(value), expiry_ms, 0);
  }
  Entry(Entry&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Entry& operator=(Entry&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Entry() { destroy(); }

  [[nodiscard]] std::string_view key() const { return {key_at(), header().key_bytes}; }
  [[nodiscard]] ValueView value() const;
  [[nodiscard]] std::int64_t expiry_ms() const;
  [[nodiscard]] bool has_expiry() const { return (header().flags & kHasExpiry) != 0; }
  // The value, if it lies apart; else null.
  [[nodiscard]] const Collection* apart() const {
    const bool is_apart = header().form == Form::kApart;
    return is_apart ? static_cast<const Collection*>(load<void*>(value_at())) : nullptr;
  }
  // As ValueView::collection: null unless it is a dense collection or a LongText.
  [[nodiscard]] const Collection* collection() const {
    const Collection* found = apart();
    return found == nullptr || found->is_packed() ? nullptr : found;
  }
  // A removed key whose place is kept until the step ends; its value and expiry mean nothing.
  [[nodiscard]] bool is_hole() const { return (header().flags & kHole) != 0; }
  // How it was used here, as engine/keyspace/access.h has it; 0: unknown. A hint for eviction, no
  // state; so reading may set it.
  [[nodiscard]] std::uint32_t access() const { return header().access; }
  void set_access(std::uint32_t access) const { header().access = access; }
  // What its table has for each entry: a pointer and a share of the index.
  static constexpr std::size_t kTableBytes = 8 + 10;
  // And of its expiry.
  static constexpr std::size_t kExpiringBytes = 16;
  // With that, and with what it points to.
  [[nodiscard]] std::size_t memory_bytes() const;
  // What key and value hold, as Collection::content_bytes: as if both lay in one block.
  [[nodiscard]] std::uint64_t content_bytes() const;

  // Has the block fetched from memory; a hint.
  void prefetch() const {
    __builtin_prefetch(block_);
    __builtin_prefetch(block_ + 64);
  }

  // ---- for its table ----
  void assign(Value&& value, std::int64_t expiry_ms);
  void set_expiry(std::int64_t expiry_ms);
  // Takes the value out; what stays owns nothing and must be assigned or made a hole. O(1) but for
  // a copy of what lies inside the entry.
  [[nodiscard]] Value take_value();
  void make_hole();
  // Where the table keeps its note of the expiry; only with has_expiry().
  [[nodiscard]] std::uint32_t expiry_slot() const {
    return load<std::uint32_t>(block_ + sizeof(Header) + 8);
  }
  void set_expiry_slot(std::uint32_t slot) { store(block_ + sizeof(Header) + 8, slot); }

 private:
  // Where the value's bytes are: behind the key, in a block of their own, as a number behind the
  // key, in a Collection. Of the second and the last a pointer lies behind the key.
  enum class Form : std::uint8_t { kPacked, kBeside, kInteger, kApart };
  static constexpr std::uint8_t kHasExpiry = 1, kIsRaw = 2, kHole = 4;
  static constexpr int kTypeShift = 3, kPackingShift = 6;  // 3 bits, 2 bits
  static constexpr std::size_t kExpiryBytes = 8 + 4;       // the time and the table's slot
  static constexpr std::size_t kPlainBytes = 8;            // of a number or a pointer
  struct Header {
    std::uint32_t access;
    std::uint32_t key_bytes;
    std::uint16_t value_bytes;  // of kPacked and kBeside; else kPlainBytes
    Form form;
    std::uint8_t flags;
  };
  static_assert(sizeof(Header) == 12 && kPackedStringBytesMax <= UINT16_MAX);

  template <class T>
  static T load(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  template <class T>
  static void store(char* at, T value) {
    std::memcpy(at, &value, sizeof value);
  }

  [[nodiscard]] Header& header() const { return *reinterpret_cast<Header*>(block_); }
  [[nodiscard]] char* key_at() const {
    return block_ + sizeof(Header) + (has_expiry() ? kExpiryBytes : 0);
  }
  [[nodiscard]] char* value_at() const { return key_at() + header().key_bytes; }
  // What lies before a value that lies behind its key.
  [[nodiscard]] std::size_t front_bytes() const {
    return sizeof(Header) + (has_expiry() ? kExpiryBytes : 0) + header().key_bytes;
  }
  [[nodiscard]] std::size_t block_bytes() const {
    return front_bytes() + (header().form == Form::kPacked ? header().value_bytes : kPlainBytes);
  }
  // The value's bytes; only of kPacked and kBeside.
  [[nodiscard]] char* bytes_at() const {
    return header().form == Form::kBeside ? load<char*>(value_at()) : value_at();
  }
  [[nodiscard]] static bool lies_beside(std::size_t front_bytes, std::size_t value_bytes);
  // What a value is made of, ready to be put into a block.
  struct Parts;
  [[nodiscard]] static Parts parts_of(Value::Content& content);
  void fill(Parts& parts);

  [[nodiscard]] Type type() const { return static_cast<Type>((header().flags >> kTypeShift) & 7); }
  [[nodiscard]] Packing packing() const {
    return static_cast<Packing>(header().flags >> kPackingShift);
  }
  [[nodiscard]] CollectionRef take_apart();
  void drop_value();
  void build(std::string_view key, Value&& value, std::int64_t expiry_ms, std::uint32_t access);
  void destroy();

  char* block_ = nullptr;
};

}  // namespace engine
