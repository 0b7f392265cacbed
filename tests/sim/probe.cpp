#include "tests/sim/probe.h"

#include "tests/sim/exchange.h"
#include "tests/sim/violation.h"

namespace sim {

void Probe::on_connected(SocketId socket) {
  if (socket == socket_) story_.world.network.send(socket_, request_);
}

void Probe::on_bytes(SocketId socket, std::string_view bytes) {
  if (socket != socket_) return;
  reader_.feed(bytes);
  if (auto reply = reader_.next()) reply_ = std::move(reply);
}

void Probe::on_closed(SocketId socket, std::string_view) {
  if (socket == socket_) socket_ = 0;
}

std::optional<resp::Reply> Probe::try_once(const std::vector<std::string>& words) {
  constexpr Time kPatience = 5 * kSecond;
  const auto leader = story_.world.leader();
  if (!leader) return {};
  request_ = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words)
    request_ += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  reader_ = {};
  reply_.reset();
  socket_ = story_.world.network.dial(machine_, *this, story_.world.host(*leader).client_address());
  const Time end = story_.world.scheduler.now() + kPatience;
  while (!reply_ && socket_ != 0 && story_.world.scheduler.now() < end)
    story_.run_for(kMillisecond);
  if (socket_ != 0) story_.world.network.close(socket_);
  socket_ = 0;
  if (!reply_ || reply_->is_error()) return {};
  return reply_;
}

resp::Reply Probe::ask(const std::vector<std::string>& words) {
  const Time end = story_.world.scheduler.now() + 20 * kSecond;
  while (story_.world.scheduler.now() < end) {
    if (auto reply = try_once(words)) return *reply;
    story_.run_for(20 * kMillisecond);
  }
  throw Violation("nobody answers " + words[0]);
}

std::string Probe::say(const std::vector<std::string>& words) { return canonical(ask(words)); }

}  // namespace sim
