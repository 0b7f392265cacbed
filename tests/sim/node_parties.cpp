#include "tests/sim/node_parties.h"

namespace sim {

// ---- peers ----

void NodeProcess::PeerParty::on_accepted(SocketId socket, const std::string& remote_address) {
  if (misses(process_.consensus_turn_,
             [this, socket, remote_address] { on_accepted(socket, remote_address); }))
    return;
  const node::LinkId link(node::kAcceptedLinkBit | ++accepted_);
  links_[socket] = link;
  sockets_[link] = socket;
  process_.consensus_->on_link_up(link, remote_address);
  wake();
}

void NodeProcess::PeerParty::on_connected(SocketId socket) {
  if (misses(process_.consensus_turn_, [this, socket] { on_connected(socket); })) return;
  const auto link = links_.find(socket);
  if (link == links_.end()) return;
  process_.consensus_->on_link_up(link->second, dialled_[socket]);
  wake();
}

void NodeProcess::PeerParty::on_bytes(SocketId socket, std::string_view bytes) {
  if (misses(process_.consensus_turn_,
             [this, socket, all = std::string(bytes)] { on_bytes(socket, all); }))
    return;
  const auto link = links_.find(socket);
  if (link == links_.end()) return;
  process_.consensus_->on_link_bytes(link->second, bytes);
  wake();
}

void NodeProcess::PeerParty::on_closed(SocketId socket, std::string_view reason) {
  if (misses(process_.consensus_turn_,
             [this, socket, why = std::string(reason)] { on_closed(socket, why); }))
    return;
  const auto found = links_.find(socket);
  if (found == links_.end()) return;
  const node::LinkId link = found->second;
  links_.erase(found);
  sockets_.erase(link);
  dialled_.erase(socket);
  process_.consensus_->on_link_down(link, reason);
  wake();
}

void NodeProcess::PeerParty::on_sent(SocketId socket, std::size_t unsent_bytes) {
  if (misses(process_.consensus_turn_,
             [this, socket, unsent_bytes] { on_sent(socket, unsent_bytes); }))
    return;
  const auto link = links_.find(socket);
  if (link == links_.end()) return;
  process_.consensus_->on_link_sent(link->second, unsent_bytes);
  wake();
}

void NodeProcess::PeerParty::look_at(const node::LinkBytes& send) {
  std::vector<node::WireMessage> messages;
  DEMAND(said_[send.link].read(send.bytes, messages).ok(), "a node sends bytes that are no frames");
  for (node::WireMessage& wire : messages) {
    if (wire.kind != node::WireKind::kRaft) continue;
    const auto message = raft::decode_parts(wire.body, wire.attached);
    DEMAND(message.has_value(), "a node sends what is no raft message");
    const bool has_amnesia = process_.raft() != nullptr && process_.raft()->has_amnesia();
    process_.world_.checks.on_said(process_.host_.number, *message, has_amnesia);
  }
}

void NodeProcess::PeerParty::carry_out(const node::ConsensusOutput& out) {
  Network& network = process_.world_.network;
  for (const node::LinkBytes& send : out.sends) {
    look_at(send);
    if (const auto socket = sockets_.find(send.link); socket != sockets_.end())
      network.send(socket->second, send.bytes);
  }
  for (const node::LinkId link : out.closes) {
    const auto socket = sockets_.find(link);
    if (socket == sockets_.end()) continue;
    network.close(socket->second);
    dialled_.erase(socket->second);
    links_.erase(socket->second);
    sockets_.erase(socket);
  }
  for (const node::Dial& dial : out.dials) {
    const SocketId socket = network.dial(process_.host_.number, *this, dial.address);
    links_[socket] = dial.link;
    sockets_[dial.link] = socket;
    dialled_[socket] = dial.address;
  }
}

// ---- clients ----

void NodeProcess::ClientParty::accept(SocketId socket, const std::string& remote_address,
                                      node::Door door) {
  if (misses(process_.service_turn_,
             [this, socket, remote_address, door] { accept(socket, remote_address, door); }))
    return;
  const base::ConnectionId id(next_id_++);
  clients_[id] = {.socket = socket, .is_paused = false, .closes = false, .unread = {}};
  ids_[socket] = id;
  const node::ConnectInfo info{.door = door,
                               .remote_address = remote_address,
                               .local_address = process_.host_.client_address(),
                               .is_loopback = true};
  DEMAND(process_.service_->on_connect(id, info), "a client was refused as one too many");
  wake();
}

void NodeProcess::ClientParty::on_bytes(SocketId socket, std::string_view bytes) {
  if (misses(process_.service_turn_,
             [this, socket, all = std::string(bytes)] { on_bytes(socket, all); }))
    return;
  const auto id = ids_.find(socket);
  if (id == ids_.end()) return;
  Client& client = clients_[id->second];
  if (client.closes) return;
  if (client.is_paused) {
    client.unread.append(bytes);
    return;
  }
  process_.service_->on_bytes(id->second, bytes);
  wake();
}

void NodeProcess::ClientParty::on_closed(SocketId socket, std::string_view) {
  if (misses(process_.service_turn_, [this, socket] { on_closed(socket, {}); })) return;
  const auto id = ids_.find(socket);
  if (id == ids_.end()) return;
  clients_.erase(id->second);
  process_.service_->on_disconnect(id->second);
  ids_.erase(id);
  wake();
}

void NodeProcess::ClientParty::flush(base::ConnectionId id) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  const std::string bytes(process_.service_->unsent(id));
  process_.world_.network.send(client->second.socket, bytes);
  process_.service_->on_written(id, bytes.size());
  if (process_.service_->wants_turn()) wake();
  if (client->second.closes) drop(id);
}

void NodeProcess::ClientParty::drop(base::ConnectionId id) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  process_.world_.network.close(client->second.socket);
  ids_.erase(client->second.socket);
  clients_.erase(client);
  process_.service_->on_disconnect(id);
  wake();
}

void NodeProcess::ClientParty::resume(Client& client, base::ConnectionId id) {
  client.is_paused = false;
  if (client.unread.empty()) return;
  process_.service_->on_bytes(id, std::exchange(client.unread, {}));
  wake();
}

void NodeProcess::ClientParty::carry_out(const node::ServiceOutput& out) {
  for (const auto id : out.closes) {
    const auto client = clients_.find(id);
    if (client == clients_.end()) continue;
    client->second.closes = true;
    flush(id);
  }
  for (const auto id : out.dirty) flush(id);
  for (const auto id : out.kills) drop(id);
  for (const auto id : out.pauses) {
    if (const auto client = clients_.find(id); client != clients_.end())
      client->second.is_paused = true;
  }
  for (const auto id : out.resumes) {
    const auto client = clients_.find(id);
    if (client != clients_.end()) resume(client->second, id);
  }
}

}  // namespace sim
