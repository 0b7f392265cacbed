#include "engine/types/value.h"

#include <charconv>

#include "base/number.h"

namespace engine {

Value Value::from_string(std::string_view bytes) {
  if (bytes.size() <= 20) {
    if (const auto number = base::parse_integer(bytes)) return from_integer(*number);
  }
  return from_text(std::string(bytes), false);
}

Value Value::from_text(std::string bytes, bool is_raw) {
  const bool is_long = bytes.size() > kEmbstrBytesMax;
  return Value(Text{std::move(bytes), is_raw || is_long});
}

std::string_view ValueView::view(char* scratch) const {
  if (!is_integer_) return bytes_;
  const auto end = std::to_chars(scratch, scratch + kScratchBytes, number_).ptr;
  return {scratch, static_cast<std::size_t>(end - scratch)};
}

std::string ValueView::string() const {
  char scratch[kScratchBytes];
  return std::string(view(scratch));
}

std::size_t ValueView::size() const {
  char scratch[kScratchBytes];
  return view(scratch).size();
}

Value ValueView::copy() const {
  if (is_integer_) return Value::from_integer(number_, is_raw_);
  return large_ ? Value::from_large(large_) : Value::from_text(std::string(bytes_), is_raw_);
}

}  // namespace engine
