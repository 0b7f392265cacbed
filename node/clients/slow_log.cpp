#include "node/clients/slow_log.h"

#include <algorithm>
#include <utility>

namespace node {
namespace {

// Redis 7.0's.
constexpr std::size_t kWordsMax = 32;
constexpr std::size_t kWordBytesMax = 128;

std::string shortened(std::string_view word) {
  if (word.size() <= kWordBytesMax) return std::string(word);
  return std::string(word.substr(0, kWordBytesMax)) + "... (" +
         std::to_string(word.size() - kWordBytesMax) + " more bytes)";
}

}  // namespace

SlowLog::Entry SlowLog::entry_of(engine::Arguments words, std::int64_t time_s,
                                 std::int64_t duration_us, std::string address, std::string name) {
  Entry entry{.id = 0,
              .time_s = time_s,
              .duration_us = duration_us,
              .words = {},
              .address = std::move(address),
              .name = std::move(name)};
  const bool is_cut = words.size() > kWordsMax;
  const std::size_t kept = is_cut ? kWordsMax - 1 : words.size();
  for (const std::string_view word : words.first(kept)) entry.words.push_back(shortened(word));
  if (is_cut)
    entry.words.push_back("... (" + std::to_string(words.size() - kept) + " more arguments)");
  return entry;
}

void SlowLog::add(Entry entry, std::size_t length_max) {
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  shorten(length_max);
}

void SlowLog::shorten(std::size_t length_max) {
  while (entries_.size() > length_max) entries_.pop_back();
}

}  // namespace node
