#include "engine/types/value.h"

#include <charconv>

#include "base/number.h"

namespace engine {

Value Value::from_string(std::string_view bytes) {
  if (bytes.size() <= 20) {
    if (const auto number = base::parse_integer(bytes)) return Value(*number);
  }
  return from_text(std::string(bytes), false);
}

Value Value::from_text(std::string bytes, bool is_raw) {
  const bool is_long = bytes.size() > kEmbstrBytesMax;
  return Value(Text{std::move(bytes), is_raw || is_long});
}

std::string_view Value::encoding() const {
  if (is_integer()) return "int";
  return std::get<Text>(content_).is_raw ? "raw" : "embstr";
}

std::string_view Value::view(char* scratch) const {
  if (!is_integer()) return std::get<Text>(content_).bytes;
  const auto end = std::to_chars(scratch, scratch + 24, integer()).ptr;
  return {scratch, static_cast<std::size_t>(end - scratch)};
}

std::string Value::string() const {
  char scratch[24];
  return std::string(view(scratch));
}

std::size_t Value::size() const {
  char scratch[24];
  return view(scratch).size();
}

std::string& Value::edit() {
  if (is_integer()) content_ = Text{string(), true};
  Text& text = std::get<Text>(content_);
  text.is_raw = true;
  return text.bytes;
}

std::size_t Value::heap_bytes() const {
  if (is_integer()) return 0;
  const std::string& bytes = std::get<Text>(content_).bytes;
  return bytes.capacity() > 15 ? bytes.capacity() + 1 : 0;
}

}  // namespace engine
