// One client connection of the load generator: what waits to be sent, and for each command under
// way when it was due. Non-blocking; the epoll loop calls it. An error of the socket or a reply
// that is an error is remembered in `Tally`.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/result.h"
#include "bench/histogram.h"
#include "bench/reply_counter.h"
#include "bench/workload.h"

namespace bench {

using Nanoseconds = std::int64_t;
[[nodiscard]] Nanoseconds now_ns();

// What a run has seen, of all connections.
struct Tally {
  Histogram latencies;
  std::uint64_t replies = 0;  // to commands, WAIT not among them
  std::uint64_t errors = 0;
  std::string first_error;
  Nanoseconds measured_from = 0, measured_to = 0;  // commands due outside are not recorded
  std::uint64_t measured = 0;  // replies that came in between, whenever the command was due
  void note_error(std::string_view text);
};

class Connection {
 public:
  Connection() = default;
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] base::Status open(const std::string& host, std::uint16_t port);
  [[nodiscard]] int fd() const { return fd_; }

  // The buffer to append a command to; then say when it was due.
  [[nodiscard]] std::string& out() { return out_; }
  void expect_reply(Nanoseconds due) { due_.push_back(due); }
  void expect_wait() { due_.push_back(kWait); }
  [[nodiscard]] std::size_t under_way() const { return due_.size(); }

  // False: the connection is lost, and `tally` knows.
  bool send_some(Tally& tally);
  bool receive_some(Tally& tally);
  [[nodiscard]] bool has_unsent() const { return sent_ < out_.size(); }

 private:
  static constexpr Nanoseconds kWait = -1;
  void on_reply(std::string_view line, Nanoseconds now, Tally& tally);

  int fd_ = -1;
  std::string out_;
  std::size_t sent_ = 0;
  std::deque<Nanoseconds> due_;
  ReplyCounter counter_;
};

// Asks HOST:PORT with one SET and follows MOVED; waits up to `seconds` while there is no leader
// yet.
[[nodiscard]] base::Result<std::pair<std::string, std::uint16_t>> find_leader(
    const std::string& host, std::uint16_t port, double seconds);

}  // namespace bench
