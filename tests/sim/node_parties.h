// The two listeners of a node process: what the network tells goes to its consensus machine and to
// its service, and out of them to the network; server/peer_listener.cpp and
// server/client_listener.cpp in production.
#pragma once

#include <map>

#include "node/peers/frame.h"
#include "tests/sim/node_process.h"

namespace sim {

class NodeProcess::PeerParty final : public Party {
 public:
  PeerParty(NodeProcess& process) : process_(process) {}
  void on_accepted(SocketId socket, const std::string& remote_address) override;
  void on_connected(SocketId socket) override;
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;
  void on_sent(SocketId socket, std::size_t unsent_bytes) override;

  void carry_out(const node::ConsensusOutput& out);

 private:
  void wake() { process_.wake_soon(process_.consensus_actor_); }
  void look_at(const node::LinkBytes& send);
  NodeProcess& process_;
  std::map<SocketId, node::LinkId> links_;
  std::map<node::LinkId, SocketId> sockets_;
  std::map<SocketId, std::string> dialled_;
  std::map<node::LinkId, node::FrameReader> said_;  // what leaves, read again for the checks
  std::uint64_t accepted_ = 0;
};

class NodeProcess::ClientParty final : public Party {
 public:
  ClientParty(NodeProcess& process) : process_(process) {}
  [[nodiscard]] Party& plain_door() { return plain_door_; }
  void on_accepted(SocketId socket, const std::string& remote_address) override {
    accept(socket, remote_address, node::Door::kPort);
  }
  void on_connected(SocketId) override {}
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;

  void carry_out(const node::ServiceOutput& out);

 private:
  struct Client {
    SocketId socket = 0;
    bool is_paused = false, closes = false;
    std::string unread;  // came while it was paused
  };
  // plain-port: what comes by it is a client like the others.
  class PlainDoor final : public Party {
   public:
    explicit PlainDoor(ClientParty& clients) : clients_(clients) {}
    void on_accepted(SocketId socket, const std::string& remote_address) override {
      clients_.accept(socket, remote_address, node::Door::kPlainPort);
    }
    void on_connected(SocketId) override {}
    void on_bytes(SocketId socket, std::string_view bytes) override {
      clients_.on_bytes(socket, bytes);
    }
    void on_closed(SocketId socket, std::string_view reason) override {
      clients_.on_closed(socket, reason);
    }

   private:
    ClientParty& clients_;
  };
  void accept(SocketId socket, const std::string& remote_address, node::Door door);
  void flush(base::ConnectionId id);
  void drop(base::ConnectionId id);
  void resume(Client& client, base::ConnectionId id);
  void wake() { process_.wake_soon(process_.service_actor_); }
  NodeProcess& process_;
  PlainDoor plain_door_{*this};
  std::map<base::ConnectionId, Client> clients_;
  std::map<SocketId, base::ConnectionId> ids_;
  std::uint64_t next_id_ = 1;
};

}  // namespace sim
