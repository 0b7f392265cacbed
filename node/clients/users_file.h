// ACL SAVE and ACL LOAD, whose file the driver writes and reads. Invariant: the users of a file
// replace the cluster's as one element of the log, or, if any line is wrong, not at all.
#pragma once

#include <string_view>

#include "node/clients/answers.h"
#include "node/clients/desk.h"
#include "node/clients/local_runner.h"
#include "node/clients/stalls.h"
#include "node/clients/waiting_commands.h"

namespace node {

class UsersFile {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Stalls& stalls;
    Answers& answers;
    LocalRunner& local;
    WaitingCommands& waiting;
  };
  explicit UsersFile(const Parts& parts) : parts_(parts) {}
  void on_saved(std::string_view error);                        // empty: it was written
  void on_read(std::string_view text, std::string_view error);  // empty error: this is its text

 private:
  void load(base::ConnectionId connection, bool is_silent, std::string_view users);

  const Parts parts_;
};

}  // namespace node
