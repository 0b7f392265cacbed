// Values by pattern, and the patterns that match a text. A pattern begins with plain bytes, up to
// the first that means something; patterns stand under these. A text is asked of those alone whose
// plain bytes it begins with: 100,000 patterns such as "user:17:*" cost a message no more than the
// few that begin as its channel does. Ordered: who iterates sees the same order everywhere.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/glob.h"

namespace node {

// As Redis 7.0 has it for channels: the empty one matches the empty pattern alone.
[[nodiscard]] inline bool matches_channel(std::string_view pattern, std::string_view channel) {
  return channel.empty() ? pattern.empty() : base::glob_match(pattern, channel);
}

template <class Value>
class PatternIndex {
 public:
  // nullptr: it is not there.
  [[nodiscard]] const Value* find(std::string_view pattern) const {
    const auto group = groups_.find(plain_part(pattern));
    if (group == groups_.end()) return nullptr;
    const auto found = group->second.find(pattern);
    return found == group->second.end() ? nullptr : &found->second;
  }
  // The value of that pattern, made if it is not there.
  [[nodiscard]] Value& at(std::string_view pattern) {
    Group& group = groups_[std::string(plain_part(pattern))];
    const auto [place, is_new] = group.try_emplace(std::string(pattern));
    if (is_new) ++size_;
    return place->second;
  }
  void erase(std::string_view pattern) {
    const auto group = groups_.find(plain_part(pattern));
    if (group == groups_.end()) return;
    const auto found = group->second.find(pattern);
    if (found == group->second.end()) return;
    group->second.erase(found);
    if (group->second.empty()) groups_.erase(group);
    --size_;
  }
  void clear() {
    groups_.clear();
    size_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  // Those that match, in an order that hangs on the patterns alone.
  template <class Visit>
  void for_each_match(std::string_view text, Visit visit) const {
    // Invariant: every plain part that `text` begins with and that is not done yet begins `rest`.
    std::string_view rest = text;
    for (;;) {
      auto group = groups_.upper_bound(rest);
      if (group == groups_.begin()) return;
      --group;
      const std::string_view plain = group->first;
      const std::size_t common = common_size(plain, rest);
      if (common < plain.size()) {
        rest = rest.substr(0, common);
        continue;
      }
      for (const auto& [pattern, value] : group->second) {
        if (matches_channel(pattern, text)) visit(pattern, value);
      }
      if (plain.empty()) return;
      rest = rest.substr(0, plain.size() - 1);
    }
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [plain, group] : groups_) {
      for (const auto& [pattern, value] : group) visit(pattern, value);
    }
  }

 private:
  using Group = std::map<std::string, Value, std::less<>>;

  static std::string_view plain_part(std::string_view pattern) {
    return pattern.substr(0, pattern.find_first_of("*?[\\"));
  }
  static std::size_t common_size(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    const auto ends =
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin());
    return static_cast<std::size_t>(ends.first - a.begin());
  }

  std::map<std::string, Group, std::less<>> groups_;
  std::size_t size_ = 0;
};

}  // namespace node
