// How SENTINEL describes a master, a replica and another sentinel: a map each, in RESP2 an array of
// names and values, with the fields of Redis Sentinel 7.0 in its order.
#pragma once

#include <string>

#include "node/clients/commands/local_command.h"
#include "node/clients/sentinel/master_view.h"

namespace node::sentinel {

// `view` has a master.
void write_master(const std::string& name, const MasterView& view, LocalCall& call);
void write_replica(const MasterView& view, const Instance& replica, LocalCall& call);
void write_sentinel(const Instance& other, LocalCall& call);

}  // namespace node::sentinel
