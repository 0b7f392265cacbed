// A client of a story: asks one thing at a time and waits for the answer, by a connection of its
// own each time, from a machine that no fault touches.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resp/reply_reader.h"
#include "tests/sim/story.h"

namespace sim {

class Probe final : public Party {
 public:
  explicit Probe(Story& story)
      : story_(story), machine_(story.world.size() + story.crowd.size() + 1) {}

  // Of whoever leads, again until the answer is none that says to try again.
  [[nodiscard]] resp::Reply ask(const std::vector<std::string>& words);
  // As Step::result.
  [[nodiscard]] std::string say(const std::vector<std::string>& words);

  void on_accepted(SocketId, const std::string&) override {}
  void on_connected(SocketId socket) override;
  void on_bytes(SocketId socket, std::string_view bytes) override;
  void on_closed(SocketId socket, std::string_view reason) override;

 private:
  [[nodiscard]] std::optional<resp::Reply> try_once(const std::vector<std::string>& words);

  Story& story_;
  const HostId machine_;
  SocketId socket_ = 0;
  std::string request_;
  resp::ReplyReader reader_;
  std::optional<resp::Reply> reply_;
};

}  // namespace sim
