// A value of the keyspace: a sum of Redis's types. Value owns one on its way in or out of the
// keyspace; ValueView looks at one that lies in an entry (engine/keyspace/entry.h). A value is a
// string, a packed collection (plain bytes), or a dense collection (engine/types/collection.h); a
// string or a packed collection that is long is such an object too, apart from its key. Each knows
// how Redis would encode it (OBJECT ENCODING).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/types/collection.h"

namespace engine {

// How the bytes of a packed collection are laid out, and what Redis calls it.
enum class Packing : std::uint8_t {
  kListpack,
  kIntset,
  kHashtable,  // a listpack where Redis would have a hash table: a small set of strings
};

// Redis 7.0: strings up to this size are embedded in their object when they are created whole.
inline constexpr std::size_t kEmbstrBytesMax = 44;
// Digits of any int64, as ValueView::view writes them.
inline constexpr std::size_t kScratchBytes = 24;

// A longer string lies apart from its key (engine/types/long_text.h); so does a longer packed
// collection (engine/types/long_packed.h).
inline constexpr std::size_t kPackedStringBytesMax = 1024;

struct Text {
  std::string bytes;
  bool is_raw = false;  // was changed in place, or is too long to be embedded
};                      // of up to kPackedStringBytesMax; a longer string is a LongText

struct Number {
  std::int64_t value = 0;
  bool is_copy =
      false;  // made by COPY: Redis does not share its object, however small (OBJECT REFCOUNT)
};

struct PackedCollection {
  Type type = Type::kList;
  Packing packing = Packing::kListpack;
  std::string bytes;
};  // of up to kPackedStringBytesMax; a longer one is a LongPacked

class Value {
 public:
  Value() = default;
  // As SET keeps it: a canonical integer as a number, else text.
  static Value from_string(std::string_view bytes);
  static Value from_integer(std::int64_t number, bool is_copy = false) {
    return Value(Number{number, is_copy});
  }
  // As APPEND, SETRANGE and INCRBYFLOAT keep it: never as a number.
  static Value from_text(std::string bytes, bool is_raw);

  // Long ones go back into `home`, as take_packed gave it: so they keep their rows in the store.
  static Value from_packed(Type type, Packing packing, std::string bytes, CollectionRef home = {});
  // Of any type: a string may be a LongText, a packed collection a LongPacked.
  static Value from_collection(CollectionRef collection) { return Value(std::move(collection)); }

  // Of a collection: which it is, and its content given away.
  [[nodiscard]] Type type() const;
  [[nodiscard]] bool is_packed() const {
    const auto* apart = std::get_if<CollectionRef>(&content_);
    return apart == nullptr ? std::holds_alternative<PackedCollection>(content_)
                            : (*apart)->is_packed();
  }
  [[nodiscard]] Packing packing() const;
  // To be changed. `home`: where they come from if they are long, else null.
  [[nodiscard]] std::string take_packed(CollectionRef& home);
  [[nodiscard]] CollectionRef take_collection() {
    return std::move(std::get<CollectionRef>(content_));
  }
  // Of a string that is no LongText.
  [[nodiscard]] std::string take_string();
  // Null unless it is a dense collection or a LongText.
  [[nodiscard]] Collection* collection() const {
    const auto* apart = std::get_if<CollectionRef>(&content_);
    return apart == nullptr || (*apart)->is_packed() ? nullptr : apart->get();
  }

  using Content = std::variant<Text, Number, PackedCollection, CollectionRef>;
  [[nodiscard]] Content& content() { return content_; }

 private:
  explicit Value(Content content) : content_(std::move(content)) {}
  Content content_;
};

// Valid until the entry it looks at changes.
class ValueView {
 public:
  ValueView(std::string_view bytes, bool is_raw) : bytes_(bytes), is_raw_(is_raw) {}
  explicit ValueView(Number number)
      : number_(number.value), is_integer_(true), is_raw_(number.is_copy) {}
  ValueView(Type type, Packing packing, std::string_view bytes)
      : bytes_(bytes), type_(type), packing_(packing), is_packed_(true) {}
  explicit ValueView(const CollectionRef& collection);

  [[nodiscard]] Type type() const { return type_; }
  [[nodiscard]] std::string_view type_name() const { return name_of(type_); }
  [[nodiscard]] std::string_view encoding() const;
  // Of a collection: its bytes if it is packed, else itself; so is a string if it is a LongText.
  [[nodiscard]] bool is_packed() const { return is_packed_; }
  [[nodiscard]] Packing packing() const { return packing_; }
  [[nodiscard]] std::string_view packed() const { return bytes_; }
  [[nodiscard]] const Collection* collection() const { return is_packed_ ? nullptr : apart_.get(); }
  // What lies apart from its key, a packed collection too if it is a LongPacked; else null.
  [[nodiscard]] const CollectionRef& apart() const { return apart_; }
  [[nodiscard]] bool is_integer() const { return is_integer_; }
  // Of a string: not embedded; of a number: made by COPY.
  [[nodiscard]] bool is_raw() const { return is_raw_; }
  [[nodiscard]] std::int64_t integer() const { return number_; }
  // The string's bytes; `scratch` (kScratchBytes) holds the digits of a number.
  [[nodiscard]] std::string_view view(char* scratch) const;
  [[nodiscard]] std::string string() const;
  [[nodiscard]] std::size_t size() const;
  // Deep. O(size).
  [[nodiscard]] Value copy() const;

 private:
  std::string_view bytes_;
  std::int64_t number_ = 0;
  CollectionRef apart_;
  Type type_ = Type::kString;
  Packing packing_ = Packing::kListpack;
  bool is_packed_ = false;
  bool is_integer_ = false;
  bool is_raw_ = false;
};

}  // namespace engine
