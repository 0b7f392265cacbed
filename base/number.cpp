#include "base/number.h"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace base {
namespace {

// Longest text of an Extended; Redis 7.0 refuses longer ones, but no length of a double.
constexpr std::size_t kExtendedBytesMax = 5 * 1024 - 1;

// strtod and its kin want an end mark behind the text.
template <class T, class Convert>
std::optional<T> parse_terminated(const char* text, std::size_t size, Convert convert) {
  char* end = nullptr;
  errno = 0;
  const T value = convert(text, &end);
  if (end != text + size || std::isnan(value)) return {};
  const bool is_out_of_range = errno == ERANGE && (std::isinf(value) || value == 0);
  return is_out_of_range ? std::nullopt : std::optional<T>(value);
}

template <class T, class Convert>
std::optional<T> parse_float(std::string_view text, Convert convert) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0) return {};
  char copy[256];
  if (text.size() >= sizeof copy)
    return parse_terminated<T>(std::string(text).c_str(), text.size(), convert);
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  return parse_terminated<T>(copy, text.size(), convert);
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
  return parse_float<double>(text, [](const char* in, char** end) { return std::strtod(in, end); });
}

std::string_view double_text(double value, char (&buffer)[kDoubleTextBytesMax]) {
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 17).ptr;
  return {buffer, static_cast<std::size_t>(end - buffer)};
}

std::optional<Extended> parse_extended(std::string_view text) {
  if (text.size() > kExtendedBytesMax) return {};
  return parse_float<Extended>(text,
                               [](const char* in, char** end) { return std::strtold(in, end); });
}

std::string extended_text(Extended value) {
  char buffer[5 * 1024];
  const int size = std::snprintf(buffer, sizeof buffer, "%.17Lf", value);
  std::string text(buffer, static_cast<std::size_t>(size));
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

}  // namespace base
