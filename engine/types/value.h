// A value of the keyspace: a sum of Redis's types. Strings know how Redis would encode them (OBJECT ENCODING). Further types
// join the variant; everything that switches over it is in value.cpp and codec.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace engine {

enum class Type : std::uint8_t { kString };

// Redis 7.0: strings up to this size are embedded in their object when they are created whole.
inline constexpr std::size_t kEmbstrBytesMax = 44;

struct Text {
  std::string bytes;
  bool is_raw = false;  // was changed in place, or is too long to be embedded
};

class Value {
 public:
  Value() = default;
  // As SET keeps it: a canonical integer as a number, else text.
  static Value from_string(std::string_view bytes);
  static Value from_integer(std::int64_t number) { return Value(number); }
  // As APPEND, SETRANGE and INCRBYFLOAT keep it: never as a number.
  static Value from_text(std::string bytes, bool is_raw);

  [[nodiscard]] Type type() const { return Type::kString; }
  [[nodiscard]] std::string_view type_name() const { return "string"; }
  [[nodiscard]] std::string_view encoding() const;

  [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(content_); }
  [[nodiscard]] std::int64_t integer() const { return std::get<std::int64_t>(content_); }
  // The string's bytes; `scratch` (at least 24 bytes) holds the digits of a number.
  [[nodiscard]] std::string_view view(char* scratch) const;
  [[nodiscard]] std::string string() const;
  [[nodiscard]] std::size_t size() const;
  // Text to change in place; a number becomes text first. Marks it raw.
  [[nodiscard]] std::string& edit();
  [[nodiscard]] std::size_t heap_bytes() const;
  [[nodiscard]] bool is_raw() const { return !is_integer() && std::get<Text>(content_).is_raw; }

 private:
  explicit Value(std::int64_t number) : content_(number) {}
  explicit Value(Text text) : content_(std::move(text)) {}
  std::variant<Text, std::int64_t> content_;
};

}  // namespace engine
