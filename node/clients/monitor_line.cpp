#include "node/clients/monitor_line.h"

#include <cstdio>

namespace node {
namespace {

void append_quoted(std::string& out, std::string_view word) {
  out += '"';
  for (const char c : word) {
    constexpr std::string_view kSpecial = "\\\"\n\r\t\a\b";
    constexpr std::string_view kNames = "\\\"nrtab";
    const std::size_t special = kSpecial.find(c);
    const auto byte = static_cast<unsigned char>(c);
    if (special != std::string_view::npos) {
      out += '\\';
      out += kNames[special];
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      out += hex;
    }
  }
  out += '"';
}

}  // namespace

void append_monitor_line(std::string& out, std::int64_t wall_ms, std::uint32_t database,
                         std::string_view origin, engine::Arguments words) {
  char time[64];
  std::snprintf(time, sizeof time, "+%lld.%06lld [%u ", static_cast<long long>(wall_ms / 1000),
                static_cast<long long>(wall_ms % 1000 * 1000), database);
  out += time;
  out += origin;
  out += ']';
  for (const std::string_view word : words) {
    out += ' ';
    append_quoted(out, word);
  }
  out += "\r\n";
}

}  // namespace node
