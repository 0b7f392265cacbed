#include "node/messages/names.h"

#include <algorithm>
#include <cstdint>

#include "base/number.h"

namespace node {
namespace {

std::string hex(std::uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < digits; ++i) text.push_back(kDigits[(value >> (60 - 4 * i)) & 15]);
  return text;
}

}  // namespace

std::string short_name(base::NodeId id) { return "n" + hex(id.value(), 8); }

std::string cluster_name(base::ClusterId cluster) { return "c" + hex(cluster.value(), 8); }

bool is_host(std::string_view text) {
  constexpr std::size_t kHostBytesMax = 255;
  return !text.empty() && text.size() <= kHostBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view(".-_:%[]").find(c) != std::string_view::npos;
         });
}

bool is_address(std::string_view text) {
  const std::string_view host = host_of(text);
  if (host.size() == text.size() || !is_host(host)) return false;
  const auto port = base::parse_unsigned(text.substr(host.size() + 1));
  return port && *port > 0 && *port <= 65535;
}

std::string_view host_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string_view::npos ? address : address.substr(0, colon);
}

}  // namespace node
