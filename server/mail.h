// The mailboxes between the four threads of a node.
#pragma once

#include <variant>

#include "node/messages/messages.h"
#include "server/mailbox.h"

namespace server {

using ServiceMail = std::variant<node::FromConsensus, node::FromState>;
using ConsensusMail = std::variant<node::ToConsensus, node::FromLog, node::FromState>;

struct Mail {
  Mailbox<ServiceMail> service;
  Mailbox<ConsensusMail> consensus;
  Mailbox<node::ToLog> log;
  Mailbox<node::ToState> state;
};

}  // namespace server
