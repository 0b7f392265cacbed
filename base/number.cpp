#include "base/number.h"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>

namespace base {
namespace {

// strtod wants an end mark behind the text.
std::optional<double> parse_terminated(const char* text, std::size_t size) {
  char* end = nullptr;
  errno = 0;
  const double value = std::strtod(text, &end);
  if (end != text + size || std::isnan(value)) return {};
  const bool is_out_of_range = errno == ERANGE && (std::isinf(value) || value == 0);
  return is_out_of_range ? std::nullopt : std::optional(value);
}

bool is_canonical(std::string_view digits) {
  return !digits.empty() && (digits.front() != '0' || digits.size() == 1) && digits.front() != '+';
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const bool is_negative = !text.empty() && text.front() == '-';
  const std::string_view digits = is_negative ? text.substr(1) : text;
  if (!is_canonical(digits) || (is_negative && digits.front() == '0')) return {};
  return parse_whole<std::int64_t>(text);
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  return is_canonical(text) ? parse_whole<std::uint64_t>(text) : std::nullopt;
}

std::optional<double> parse_double(std::string_view text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0) return {};
  char copy[256];
  if (text.size() >= sizeof copy) return parse_terminated(std::string(text).c_str(), text.size());
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  return parse_terminated(copy, text.size());
}

std::string_view double_text(double value, char (&buffer)[kDoubleTextBytesMax]) {
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 17).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

}  // namespace base
