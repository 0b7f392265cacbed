// A value of the keyspace: a sum of Redis's types. Value owns one on its way in or out of the
// keyspace; ValueView looks at one that lies in an entry (engine/types/entry.h). Strings know how
// Redis would encode them (OBJECT ENCODING). Further types join here; what switches over them is in
// value.cpp, entry.cpp and codec.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace engine {

enum class Type : std::uint8_t { kString };

// Redis 7.0: strings up to this size are embedded in their object when they are created whole.
inline constexpr std::size_t kEmbstrBytesMax = 44;
// Digits of any int64, as ValueView::view writes them.
inline constexpr std::size_t kScratchBytes = 24;

// A long string that an entry and a checkpoint under way may hold together: whoever changes it
// copies it first if it is shared. Handing it over costs nothing however long it is. Counts are
// plain: one thread.
class LargeText {
 public:
  LargeText() = default;
  explicit LargeText(std::string bytes) : node_(new Node{std::move(bytes), 1}) {}
  LargeText(const LargeText& other) : node_(other.node_) {
    if (node_ != nullptr) ++node_->references;
  }
  LargeText(LargeText&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
  LargeText& operator=(LargeText other) noexcept {
    std::swap(node_, other.node_);
    return *this;
  }
  ~LargeText() {
    if (node_ != nullptr && --node_->references == 0) delete node_;
  }

  [[nodiscard]] explicit operator bool() const { return node_ != nullptr; }
  [[nodiscard]] const std::string& bytes() const { return node_->bytes; }
  // For a change in place; O(size) if it is shared.
  [[nodiscard]] std::string& edit() {
    if (node_->references > 1) *this = LargeText(node_->bytes);
    return node_->bytes;
  }
  // Ownership as a plain pointer, for a packed entry.
  [[nodiscard]] void* release() { return std::exchange(node_, nullptr); }
  [[nodiscard]] static LargeText adopt(void* released) {
    LargeText text;
    text.node_ = static_cast<Node*>(released);
    return text;
  }

 private:
  struct Node {
    std::string bytes;
    std::uint32_t references = 1;
  };
  Node* node_ = nullptr;
};

struct Text {
  std::string bytes;
  bool is_raw = false;  // was changed in place, or is too long to be embedded
};

struct Number {
  std::int64_t value = 0;
  bool is_copy =
      false;  // made by COPY: Redis does not share its object, however small (OBJECT REFCOUNT)
};

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
  static Value from_large(LargeText text) { return Value(std::move(text)); }

  using Content = std::variant<Text, Number, LargeText>;
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
  explicit ValueView(const LargeText& large)
      : bytes_(large.bytes()), large_(large), is_raw_(true) {}

  [[nodiscard]] Type type() const { return Type::kString; }
  [[nodiscard]] std::string_view type_name() const { return "string"; }
  [[nodiscard]] std::string_view encoding() const {
    return is_integer_ ? "int" : is_raw_ ? "raw" : "embstr";
  }
  [[nodiscard]] bool is_integer() const { return is_integer_; }
  // Of a string: not embedded; of a number: made by COPY.
  [[nodiscard]] bool is_raw() const { return is_raw_; }
  [[nodiscard]] std::int64_t integer() const { return number_; }
  // Empty unless the string is kept apart from its entry.
  [[nodiscard]] const LargeText& large() const { return large_; }
  // The string's bytes; `scratch` (kScratchBytes) holds the digits of a number.
  [[nodiscard]] std::string_view view(char* scratch) const;
  [[nodiscard]] std::string string() const;
  [[nodiscard]] std::size_t size() const;
  // O(size), O(1) for a large one.
  [[nodiscard]] Value copy() const;

 private:
  std::string_view bytes_;
  std::int64_t number_ = 0;
  LargeText large_;
  bool is_integer_ = false;
  bool is_raw_ = false;
};

}  // namespace engine
