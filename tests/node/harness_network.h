// A network of byte pipes under virtual time, for machines that speak through links: connections
// with latency and bandwidth, cut and healed pairs, crashes. Bytes of one direction arrive in
// order, in pieces of random size; a cut holds them back as TCP would. Driven in steps of a
// millisecond.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "node/consensus/consensus.h"

namespace node_test {

using node::LinkId;

struct NetworkEvent {
  enum class Kind { kUp, kBytes, kDown, kSent };
  std::size_t node = 0;  // whom it happens to
  Kind kind = Kind::kUp;
  LinkId link;
  std::string text;  // remote address, bytes, reason
  std::size_t unsent_bytes = 0;
};

class Network {
 public:
  explicit Network(std::uint64_t seed) : prng_(seed) {}

  void listen(std::size_t node, const std::string& address) { listeners_[address] = node; }
  // A node that is found elsewhere when it starts again.
  void move(std::size_t node, const std::string& from, const std::string& to) {
    listeners_.erase(from);
    listen(node, to);
  }
  void dial(std::size_t node, LinkId link, const std::string& address);
  void send(std::size_t node, LinkId link, std::string_view bytes);
  void close(std::size_t node, LinkId link);
  // The process is gone: its kernel closes what it had, unsent bytes are lost.
  void crash(std::size_t node);

  void set_latency_ms(std::int64_t ms) { latency_ms_ = ms; }
  // Of every direction of every link; 0: no bound.
  void set_bytes_per_ms(std::size_t bytes) { bytes_per_ms_ = bytes; }
  // A node that starts (again) is reachable.
  void revive(std::size_t node) { down_.erase(node); }
  // Nothing passes between these two, in either direction, until healed.
  void cut(std::size_t a, std::size_t b) { cuts_.insert(std::minmax(a, b)); }
  void heal(std::size_t a, std::size_t b) { cuts_.erase(std::minmax(a, b)); }
  void isolate(std::size_t node, std::size_t nodes);
  void heal_all() { cuts_.clear(); }
  // Flips one bit in the next bytes that `node` sends.
  void corrupt_next(std::size_t node) { corrupt_.insert(node); }

  [[nodiscard]] std::uint64_t bytes_sent(std::size_t node) const {
    return node < sent_.size() ? sent_[node] : 0;
  }

  // One millisecond passes.
  [[nodiscard]] std::vector<NetworkEvent> advance(std::int64_t now_ms);

 private:
  struct Side {
    std::size_t node = 0;
    LinkId link;
  };
  struct Piece {
    std::int64_t at_ms = 0;
    std::string bytes;
  };
  struct Pipe {
    Side from, to;
    std::string unsent;  // in the sender's process
    std::deque<Piece> flying;
    bool is_closing = false;  // after what is unsent
    bool is_reset = false;    // at once
    bool is_done = false;
  };
  struct Dialling {
    Side side;
    std::string address;
    std::int64_t at_ms = 0;
  };
  [[nodiscard]] bool is_cut(std::size_t a, std::size_t b) const {
    return cuts_.contains(std::minmax(a, b));
  }
  void connect(const Dialling& dialling, std::vector<NetworkEvent>& events);
  void move_bytes(Pipe& pipe, std::int64_t now_ms, std::vector<NetworkEvent>& events);
  void deliver(Pipe& pipe, std::int64_t now_ms, std::vector<NetworkEvent>& events);

  base::Prng prng_;
  std::int64_t now_ms_ = 0, latency_ms_ = 1;
  std::size_t bytes_per_ms_ = 0;
  std::map<std::string, std::size_t> listeners_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  std::set<std::size_t> down_, corrupt_;
  std::vector<Dialling> dialling_;
  std::vector<Pipe> pipes_;
  std::uint64_t next_accepted_ = 1;
  std::vector<std::uint64_t> sent_;
};

}  // namespace node_test
