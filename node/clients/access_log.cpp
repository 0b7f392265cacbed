#include "node/clients/access_log.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

constexpr std::int64_t kGroupedMs = 60'000;
constexpr std::ptrdiff_t kLookedAt = 10;  // of the newest (Redis 7.0)

bool is_same(const AccessLog::Entry& a, const AccessLog::Entry& b) {
  return a.reason == b.reason && a.context == b.context && a.object == b.object &&
         a.username == b.username && b.time_ms - a.time_ms <= kGroupedMs;
}

}  // namespace

void AccessLog::add(Entry entry, std::size_t count_max) {
  const auto end =
      entries_.begin() + std::min(static_cast<std::ptrdiff_t>(entries_.size()), kLookedAt);
  const auto before = std::find_if(entries_.begin(), end,
                                   [&entry](const Entry& known) { return is_same(known, entry); });
  if (before != end) {
    entry.count += before->count;
    entries_.erase(before);
  }
  entries_.push_front(std::move(entry));
  while (entries_.size() > count_max) entries_.pop_back();
}

}  // namespace node
