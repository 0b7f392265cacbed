// Peer TCP links of the consensus thread: listens, dials (names are looked up in the background),
// reads, writes. Nothing is decided here; what a link says is the consensus machine's business.
#pragma once

#include <uv.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "node/consensus/consensus.h"
#include "server/loop.h"
#include "server/resolver.h"

namespace server {

class PeerListener {
 public:
  // What comes over links reaches the machine under `has_turn`, which whoever calls carry_out and
  // take_names holds.
  PeerListener(Loop& loop, node::Consensus& consensus, std::mutex& has_turn);
  ~PeerListener();

  [[nodiscard]] base::Status listen(const std::string& host, std::uint16_t port);
  void close_all();
  // Before each turn: names that have been looked up are dialled.
  void take_names();
  // After each turn: what it asked for, and links that had much to read are read on.
  void carry_out(node::ConsensusOutput& output);

 private:
  struct Link;
  static void on_connection(uv_stream_t* server, int status);
  static void on_connected(uv_connect_t* request, int status);
  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);
  static void on_write(uv_write_t* request, int status);
  static void on_close(uv_handle_t* handle);

  Link& add_link(node::LinkId id);
  void dial(const node::Dial& dial);
  void connect(const Resolver::Answer& found);
  void begin(Link& link);
  void send(Link& link, std::string bytes);
  void fail(Link& link, int code);
  void close(Link& link);
  void read_on();

  Loop& loop_;
  node::Consensus& consensus_;
  std::mutex& has_turn_;
  std::vector<std::unique_ptr<uv_tcp_t>> listeners_;
  std::map<node::LinkId, Link*> links_;
  Resolver resolver_;
  std::uint64_t accepted_ = 0;
  std::vector<char> read_buffer_;
  std::vector<node::LinkId> read_this_turn_;
};

}  // namespace server
