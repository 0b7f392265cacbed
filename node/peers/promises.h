// What the members have promised, and whether a member that comes back still holds it (DESIGN
// decision 14, docs/decisions/old-copies.md). A promise is made when it is durable: to be of no
// earlier term than `term`, to have given its vote of that term to `vote`, to have the log of that
// term's leader up to `acknowledged`. In a member's own newest directory none of these ever goes
// back; so whoever returns with less has been given an older copy of it, and must not speak.
//
// Each member says its promises to each other one now and then, its acknowledgements and votes say
// them at once; the others remember them, also across restarts. Values; thread: consensus.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "raft/message.h"

namespace node {

using base::LogIndex;
using base::NodeId;
using base::Term;

struct Promise {
  Term term;
  NodeId vote;            // none: none that is known
  LogIndex acknowledged;  // none: none that is known
  friend bool operator==(const Promise&, const Promise&) = default;
};

// What a directory holds, as its node's hello says.
struct Holding {
  Term term;
  NodeId vote;
  LogIndex last_index;
  bool may_have_forgotten = false;  // entries, not term and vote: amnesia (DESIGN decision 20)
};

[[nodiscard]] bool keeps(const Holding& holding, const Promise& promise);
// What a message to `message.to` promises, if anything.
[[nodiscard]] std::optional<Promise> promise_in(const raft::Message& message);
// `promise` has been made too.
void add(Promise& all, const Promise& promise);
// "term 7 up to index 120"
[[nodiscard]] std::string text_of(const Promise& promise);
[[nodiscard]] std::string text_of(const Holding& holding);

[[nodiscard]] std::string encode_promise(const Promise& promise);
[[nodiscard]] std::optional<Promise> decode_promise(std::string_view bytes);

// What one member remembers of the others.
class Promises {
 public:
  // By `peer` in its run `epoch`.
  void remember(NodeId peer, std::uint64_t epoch, const Promise& promise);
  // A promise that a node in another run than the remembered one does not hold any more.
  [[nodiscard]] std::optional<Promise> broken(NodeId peer, std::uint64_t epoch,
                                              const Holding& holding) const;
  // Ids are never used twice: who is gone is forgotten.
  template <class IsMember>
  void keep(IsMember is_member) {
    std::erase_if(known_, [&](const auto& known) { return !is_member(known.first); });
  }
  // Changed since it was encoded last: `urgent` if in term or vote.
  [[nodiscard]] bool has_news() const { return has_news_; }
  [[nodiscard]] bool is_urgent() const { return is_urgent_; }
  [[nodiscard]] std::string encode();
  // False, and nothing is known: malformed.
  [[nodiscard]] bool decode(std::string_view bytes);

 private:
  struct Known {
    std::uint64_t epoch = 0;
    Promise promise;
  };
  std::map<NodeId, Known> known_;
  bool has_news_ = false, is_urgent_ = false;
};

}  // namespace node
