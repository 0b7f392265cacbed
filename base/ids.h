// Tagged integers: a Term is not a LogIndex. All are ordered, hashable and zero by default (zero
// means "none").
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace base {

template <class Tag, class Rep = std::uint64_t>
class Tagged {
 public:
  constexpr Tagged() = default;
  constexpr explicit Tagged(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  [[nodiscard]] constexpr Tagged next() const { return Tagged(static_cast<Rep>(value_ + 1)); }
  [[nodiscard]] constexpr Tagged previous() const { return Tagged(static_cast<Rep>(value_ - 1)); }
  [[nodiscard]] constexpr bool is_none() const { return value_ == 0; }
  friend constexpr auto operator<=>(Tagged, Tagged) = default;

 private:
  Rep value_ = 0;
};

using Term = Tagged<struct TermTag>;
using LogIndex = Tagged<struct LogIndexTag>;  // the first entry is 1
using NodeId = Tagged<struct NodeIdTag>;      // random, drawn once for a directory
using ClusterId = Tagged<struct ClusterIdTag>;
using GroupId = Tagged<struct GroupIdTag, std::uint32_t>;
using ConnectionId =
    Tagged<struct ConnectionIdTag>;  // a client connection on this node, never reused in a process

inline constexpr GroupId kFirstGroup{1};  // the only group today

}  // namespace base

template <class Tag, class Rep>
struct std::hash<base::Tagged<Tag, Rep>> {
  std::size_t operator()(base::Tagged<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
