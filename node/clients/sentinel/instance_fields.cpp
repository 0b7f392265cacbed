#include "node/clients/sentinel/instance_fields.h"

#include <utility>
#include <vector>

#include "node/messages/node_name.h"

namespace node::sentinel {
namespace {

// The names live as long as the program.
class Fields {
 public:
  void text(std::string_view name, std::string value) {
    fields_.emplace_back(name, std::move(value));
  }
  void number(std::string_view name, std::uint64_t value) { text(name, std::to_string(value)); }
  void age(std::string_view name, std::int64_t milliseconds) {
    text(name, std::to_string(milliseconds));
  }
  void write(resp::ReplyWriter& reply) const {
    reply.map(fields_.size());
    for (const auto& [name, value] : fields_) {
      reply.bulk(name);
      reply.bulk(value);
    }
  }

 private:
  std::vector<std::pair<std::string_view, std::string>> fields_;
};

std::string flags_of(std::string_view kind, const Instance& one, bool is_objectively_down) {
  std::string flags = one.is_down ? "s_down," : "";
  if (is_objectively_down) flags += "o_down,";
  flags += kind;
  return one.is_down ? flags + ",disconnected" : flags;
}

std::int64_t election_timeout_ms(const LocalCall& call) {
  return call.node.config.integer("raft-election-timeout");
}

// What all three have.
Fields begin(const std::string& name, const std::string& flags, const Instance& one,
             const LocalCall& call) {
  Fields fields;
  fields.text("name", name);
  fields.text("ip", one.host);
  fields.number("port", one.port);
  fields.text("runid", node_name(one.id));
  fields.text("flags", flags);
  fields.number("link-pending-commands", 0);
  fields.number("link-refcount", 1);
  fields.number("last-ping-sent", 0);
  fields.age("last-ok-ping-reply", one.heard_ms_ago);
  fields.age("last-ping-reply", one.heard_ms_ago);
  if (one.is_down) fields.age("s-down-time", one.heard_ms_ago);
  fields.age("down-after-milliseconds", election_timeout_ms(call));
  return fields;
}

void add_role(std::string_view role, const Instance& one, Fields& fields) {
  fields.age("info-refresh", one.heard_ms_ago);
  fields.text("role-reported", std::string(role));
  fields.age("role-reported-time", one.heard_ms_ago);
}

}  // namespace

void write_master(const std::string& name, const MasterView& view, LocalCall& call) {
  const Instance& master = *view.master;
  Fields fields = begin(name, flags_of("master", master, view.is_objectively_down), master, call);
  add_role("master", master, fields);
  fields.number("config-epoch", view.term.value());
  fields.number("num-slaves", view.replicas.size());
  fields.number("num-other-sentinels", view.sentinels.size());
  fields.number("quorum", view.quorum());
  fields.age("failover-timeout", election_timeout_ms(call));
  fields.number("parallel-syncs", 1);
  fields.write(call.reply);
}

void write_replica(const MasterView& view, const Instance& replica, LocalCall& call) {
  Fields fields = begin(replica.name(), flags_of("slave", replica, false), replica, call);
  add_role("slave", replica, fields);
  const bool is_linked = !replica.is_down && !view.master->is_down;
  fields.number("master-link-down-time", 0);
  fields.text("master-link-status", is_linked ? "ok" : "err");
  fields.text("master-host", view.master->host);
  fields.number("master-port", view.master->port);
  fields.number("slave-priority", 100);
  fields.number("slave-repl-offset", replica.match.value());
  fields.number("replica-announced", 1);
  fields.write(call.reply);
}

void write_sentinel(const Instance& other, LocalCall& call) {
  Fields fields = begin(node_name(other.id), flags_of("sentinel", other, false), other, call);
  fields.age("last-hello-message", other.heard_ms_ago);
  fields.text("voted-leader", "?");
  fields.number("voted-leader-epoch", 0);
  fields.write(call.reply);
}

}  // namespace node::sentinel
