#include "tests/sim/talker.h"

#include <utility>

#include "tests/sim/violation.h"

namespace sim {

Talker::Talker(Story& story, const std::string& address, HostId number)
    : story_(story),
      machine_(story.world.size() + story.crowd.size() + 2 + number),
      socket_(story.world.network.dial(machine_, *this, address)) {}

Talker::~Talker() {
  if (!is_closed_) story_.world.network.close(socket_);
}

void Talker::send(const std::vector<std::string>& words) {
  std::string request = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  if (is_connected_)
    story_.world.network.send(socket_, request);
  else
    unsent_ += request;
}

resp::Reply Talker::take(Time most) {
  story_.wait(
      most, [this] { return !replies_.empty() || is_closed_; }, "a reply");
  DEMAND(!replies_.empty(), "the connection was closed");
  resp::Reply reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

void Talker::on_connected(SocketId socket) {
  is_connected_ = true;
  story_.world.network.send(socket, unsent_);
  unsent_.clear();
}

void Talker::on_bytes(SocketId, std::string_view bytes) {
  reader_.feed(bytes);
  while (auto reply = reader_.next()) replies_.push_back(std::move(*reply));
}

void Talker::on_closed(SocketId, std::string_view) { is_closed_ = true; }

}  // namespace sim
