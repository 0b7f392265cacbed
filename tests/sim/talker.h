// A client of a story that keeps one connection to a node, from a machine that no fault touches
// unless the story says so. It sends when it is told to, and keeps what comes back.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/story.h"

namespace sim {

class Talker final : public Party {
 public:
  // `number`: tells the machines of a story's talkers apart, from 0.
  Talker(Story& story, const std::string& address, HostId number = 0);
  ~Talker() override;
  Talker(const Talker&) = delete;
  Talker& operator=(const Talker&) = delete;

  void send(const std::vector<std::string>& words);
  // Waits for the next reply; demands that it comes within `most` and that the connection lasts.
  [[nodiscard]] resp::Reply take(Time most = 20 * kSecond);
  [[nodiscard]] resp::Reply ask(const std::vector<std::string>& words) {
    send(words);
    return take();
  }
  [[nodiscard]] bool is_answered() const { return !replies_.empty(); }
  [[nodiscard]] bool is_closed() const { return is_closed_; }
  [[nodiscard]] HostId machine() const { return machine_; }

  void on_accepted(SocketId, const std::string&) override {}
  void on_connected(SocketId socket) override;
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;

 private:
  Story& story_;
  const HostId machine_;
  SocketId socket_;
  bool is_connected_ = false, is_closed_ = false;
  std::string unsent_;
  resp::ReplyReader reader_;
  std::deque<resp::Reply> replies_;
};

}  // namespace sim
