// A network of TCP-like connections under virtual time, for peer links and clients alike.
//
// It is faithful to what the real transport can do: within one direction of one connection bytes
// arrive in order and once, in slices of any size, late, or not at all when the connection breaks
// (then each side sees any prefix of what was sent, and the break itself at its own time). A path
// may be cut one way: bytes sent over it wait, as TCP would send them again, and arrive after it
// has healed. Messages are therefore lost by breaks, overtaken and repeated only across
// connections: what an old one still carries may arrive after a new one stands. Loss, repetition
// and reordering of single messages is what tests/raft/random_test.cpp does to the core directly.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/chance.h"

namespace sim {

using HostId = std::size_t;      // a machine: nodes first, then clients
using SocketId = std::uint64_t;  // one side of a connection; never used again

// What a path does to what is sent over it.
struct Weather {
  Time least = 50, most = 500;
  unsigned loss_permille = 0;
};

// Who is told what happens to its sockets.
class Party {
 public:
  virtual ~Party() = default;
  virtual void on_accepted(SocketId, const std::string& remote_address) = 0;
  virtual void on_connected(SocketId socket) = 0;
  virtual void on_bytes(SocketId socket, std::string_view bytes) = 0;
  virtual void on_closed(SocketId socket, std::string_view reason) = 0;
  // So many bytes are still on this side.
  virtual void on_sent(SocketId, std::size_t) {}
};

class Network {
 public:
  Network(Scheduler& scheduler, Chance chance) : scheduler_(scheduler), chance_(chance) {}

  // ---- of the parties ----
  void listen(HostId host, const std::string& address, Party& party);
  SocketId dial(HostId host, Party& party, const std::string& address);
  void send(SocketId socket, std::string_view bytes);
  // What was sent before still arrives; this side hears nothing more.
  void close(SocketId socket);
  // The party is no more. `says_so`: its kernel lives and resets its connections; otherwise the
  // machine is silent until it listens again.
  void abandon(Party& party, bool says_so);

  // ---- of the faults ----
  // How every path is unless it has weather of its own.
  void set_latency(Time least, Time most) { weather_.least = least, weather_.most = most; }
  // Of a slice: to be held up for up to a second or two.
  void set_stall_permille(unsigned permille) { stall_permille_ = permille; }
  // Of packets: TCP notices and sends a lost one again, which makes all behind it late too.
  void set_loss_permille(unsigned permille) { weather_.loss_permille = permille; }
  void set_weather(HostId from, HostId to, const Weather& weather) {
    weathers_[{from, to}] = weather;
  }
  void clear_weather() { weathers_.clear(); }
  void cut(HostId from, HostId to) { cuts_.insert({from, to}); }
  void heal(HostId from, HostId to);
  void heal_all();
  void break_between(HostId a, HostId b);

 private:
  struct Slice {
    Time at = 0;
    std::string bytes;
  };
  struct Socket {
    HostId host = 0;
    Party* party = nullptr;  // null: closed on this side
    SocketId other = 0;
    HostId other_host = 0;
    std::deque<Slice> arriving;  // towards this side
    std::size_t arriving_bytes = 0;
    Time last_arrival = 0;
    bool ends = false;          // after what is arriving
    bool is_end_local = false;  // this side's own kernel gave up: a cut path does not hide it
    std::string end_reason;
    bool is_silent = false;  // its machine lost power: it hears and says nothing
  };
  struct Listener {
    HostId host = 0;
    Party* party = nullptr;
  };
  static constexpr std::size_t kKernelBytes = 128 * 1024;

  void try_connect(SocketId socket, const std::string& address);
  void connect(SocketId socket, const Listener& listener, const std::string& address);
  void forget_silent(HostId host);
  void fail_dial(SocketId socket, std::string_view reason);
  void deliver(SocketId socket);
  void finish(SocketId socket);
  enum class End { kClosed, kReset, kGaveUp };
  void end(SocketId socket, End how);
  void wake(SocketId socket, Time at);
  [[nodiscard]] bool is_cut(HostId from, HostId to) const { return cuts_.contains({from, to}); }
  [[nodiscard]] bool is_held(const Socket& socket) const {
    return !socket.is_end_local && is_cut(socket.other_host, socket.host);
  }
  [[nodiscard]] Time latency(HostId from, HostId to);
  [[nodiscard]] Time sent_again_after(const Weather& weather);
  [[nodiscard]] Socket* find(SocketId socket);

  Scheduler& scheduler_;
  Chance chance_;
  std::map<std::string, Listener> listeners_;
  std::set<HostId> dark_;  // machines without power
  std::map<SocketId, Socket> sockets_;
  std::set<std::pair<HostId, HostId>> cuts_;
  SocketId next_socket_ = 1;
  Weather weather_;
  std::map<std::pair<HostId, HostId>, Weather> weathers_;
  unsigned stall_permille_ = 0;
};

}  // namespace sim
