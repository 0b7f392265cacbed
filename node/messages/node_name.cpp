#include "node/messages/node_name.h"

#include <charconv>

#include "base/prng.h"

namespace node {
namespace {

void append_hex(std::string& out, std::uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out.push_back(kDigits[(value >> shift) & 15]);
}

}  // namespace

std::string node_name(base::NodeId id) {
  std::string name;
  append_hex(name, id.value(), 16);
  append_hex(name, base::mix64(id.value() + 1), 16);
  append_hex(name, base::mix64(id.value() + 2), 8);
  return name;
}

std::optional<base::NodeId> parse_node_name(std::string_view name) {
  std::uint64_t value = 0;
  if (name.size() != 40) return {};
  const auto [end, error] = std::from_chars(name.data(), name.data() + 16, value, 16);
  if (error != std::errc() || end != name.data() + 16 || node_name(base::NodeId(value)) != name)
    return {};
  return base::NodeId(value);
}

}  // namespace node
