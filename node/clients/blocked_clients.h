// Clients that wait (DESIGN decision 5): the reply comes with the entry that serves them, ends
// their time, or belongs to the next leader. Invariant: no client whose wait stands in the log is
// told that it is over before an entry has ended it, for whoever is still in the state may be given
// something.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/elements/effects.h"
#include "node/clients/answers.h"
#include "node/clients/desk.h"
#include "node/clients/notes.h"
#include "node/clients/readers.h"
#include "node/clients/replies.h"

namespace node {

class BlockedClients {
 public:
  BlockedClients(Desk& desk, Replies& replies, Notes& notes, Readers& readers, Answers& answers)
      : desk_(desk),
        replica_(desk.replica),
        replies_(replies),
        notes_(notes),
        readers_(readers),
        answers_(answers) {}

  void on_served(const engine::ServedReply& served);
  [[nodiscard]] std::optional<std::uint64_t> wait_of(base::ConnectionId client) const;
  void unblock(base::ConnectionId connection, bool with_error);
  // This node stops: nobody waits here any more.
  void unblock_all();
  // This node leads no more: whoever has to go to the next leader itself waits here no more.
  void unblock_unforwarded();
  // The state was replaced by a later one: whoever does not wait in it any more was given
  // something, or not. `all`: this node hears of the log no more.
  void doubt_lost(bool all);
  // Readers whose streams were changed look again, and those whose time is up end.
  void look_again();
  // What a deposed leader does with those who wait for reads that only a leader answers, and a
  // stopping node with all.
  void release_readers(bool all);

 private:
  [[nodiscard]] bool waits_in_log(const Session& session) const;
  void unblock(const Session& session);
  void answer(Session& session, std::string_view reply);

  Desk& desk_;
  Replica& replica_;
  Replies& replies_;
  Notes& notes_;
  Readers& readers_;
  Answers& answers_;
};

}  // namespace node
