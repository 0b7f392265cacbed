// One run of load over N connections from one thread.
//
// Closed loop: each connection sends `pipeline` commands, waits for all replies, sends the next.
// Open loop: commands become due at even distances whatever the server does; a late reply counts
// from the moment its command was due, so a stall shows in every command that it delayed.
#pragma once

#include <memory>
#include <vector>

#include "bench/connection.h"
#include "bench/options.h"

namespace bench {

class Load {
 public:
  explicit Load(const Options& options);
  ~Load();
  [[nodiscard]] base::Status connect(const std::string& host, std::uint16_t port);
  // SETs every key once.
  [[nodiscard]] base::Status fill();
  // Warm-up, measurement and, in the open loop, the wait for what was due within it.
  [[nodiscard]] base::Status run();
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] double measured_seconds() const;

 private:
  struct Slot {
    Connection connection;
    bool is_watching_writes = false;
  };
  bool poll(Nanoseconds until);
  bool flush(Slot& slot);
  bool send_batch(Slot& slot);
  bool send_fill(Slot& slot);
  bool send_due(Nanoseconds now);
  void append_command(Connection& connection, Nanoseconds due);
  [[nodiscard]] bool drain(Nanoseconds deadline);
  [[nodiscard]] base::Status outcome() const;

  Options options_;
  Workload workload_;
  Tally tally_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Slot>> slots_;
  enum class Mode : std::uint8_t { kFill, kClosed, kOpen, kDrain } mode_ = Mode::kFill;
  std::uint64_t filled_ = 0;    // keys of the fill that have been sent
  std::uint64_t commands_ = 0;  // for wait_every
  double next_due_ = 0, gap_ns_ = 0;
  std::size_t next_slot_ = 0;
};

}  // namespace bench
