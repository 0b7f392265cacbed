// What one client is owed in bytes, and how its connection ends
// (docs/decisions/output-is-bounded.md). The chapter Output keeps the limits and tells the driver.
// Invariants: what was sent is dropped, and each byte moves at most once on average; a session that
// was killed has nothing to send; the driver is told once to close, and in each turn once that
// there is something new.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.h"

namespace node {

// A session whose unsent output is above this, and above what its client has sent meanwhile (up to
// the second bound), is served no further until half of it was read.
inline constexpr std::size_t kOutputBytesHigh = 1024 * 1024;
inline constexpr std::size_t kOutputBytesAskedMax = 64 * 1024 * 1024;
inline constexpr std::size_t kUnauthenticatedOutputBytesHigh = 16 * 1024;
static_assert(kUnauthenticatedOutputBytesHigh < kOutputBytesHigh);

class SessionOutput {
 public:
  // ---- bytes ----
  // To be appended to; it stays where it is.
  [[nodiscard]] std::string& buffer() { return text_; }
  [[nodiscard]] bool is_buffer(const std::string& out) const { return &out == &text_; }
  [[nodiscard]] std::string_view unsent() const { return std::string_view(text_).substr(sent_); }
  [[nodiscard]] std::size_t unsent_bytes() const { return text_.size() - sent_; }
  [[nodiscard]] std::size_t capacity() const { return text_.capacity(); }
  void on_sent(std::size_t bytes);
  // Gives back what was sent. `unread_bytes`: of its input, asked for and not answered yet.
  void drop_sent(std::size_t unread_bytes);

  // ---- what it has asked for ----
  // Received since it was last owed nothing, less what it has read since.
  [[nodiscard]] std::uint64_t asked_bytes() const { return asked_bytes_; }
  void on_received(std::size_t bytes) { asked_bytes_ += bytes; }

  // ---- a client that has to read first ----
  // Parsing or a read stopped because this is full.
  void wait_for_reader() { waits_for_reader_ = true; }
  [[nodiscard]] bool waits_for_reader() const { return waits_for_reader_; }
  // It has read enough. True: it was not known yet.
  [[nodiscard]] bool note_read_enough() { return !std::exchange(has_read_enough_, true); }
  void go_on() { waits_for_reader_ = has_read_enough_ = false; }
  // Of what it is sent unasked: it is closed when the turn ends.
  [[nodiscard]] bool is_overfull() const { return is_overfull_; }
  void set_overfull(bool is_overfull) { is_overfull_ = is_overfull; }
  // None: it is not over the soft limit.
  [[nodiscard]] std::optional<base::Instant> over_soft_limit_since() const { return over_since_; }
  void note_soft_limit(bool is_over, base::Instant now);

  // ---- the driver ----
  // True: it was not to be told of new bytes yet.
  [[nodiscard]] bool mark_dirty() { return !std::exchange(is_dirty_, true); }
  void clear_dirty() { is_dirty_ = false; }

  // ---- the end of the connection ----
  void close_when_sent() { closes_when_sent_ = true; }
  [[nodiscard]] bool closes_when_sent() const { return closes_when_sent_; }
  // True once, if it closes when all was sent.
  [[nodiscard]] bool take_close() {
    return closes_when_sent_ && !std::exchange(is_close_told_, true);
  }
  // At once: nothing more is written to it. False: it was killed before.
  [[nodiscard]] bool kill();
  [[nodiscard]] bool is_killed() const { return is_killed_; }
  // What it is sent unasked would reach it.
  [[nodiscard]] bool takes_pushes() const {
    return !is_killed_ && !closes_when_sent_ && !is_overfull_;
  }

 private:
  std::string text_;
  std::size_t sent_ = 0;  // of it
  std::uint64_t asked_bytes_ = 0;
  std::optional<base::Instant> over_since_;
  bool is_dirty_ = false;
  bool closes_when_sent_ = false, is_close_told_ = false;
  bool is_killed_ = false;
  bool is_overfull_ = false;
  bool waits_for_reader_ = false, has_read_enough_ = false;
};

}  // namespace node
