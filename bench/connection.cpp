#include "bench/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kPollMs = 50;

base::Error failed(std::string operation, const std::string& host, std::uint16_t port) {
  return {.cause = base::Cause::kSystem,
          .code = errno,
          .operation = std::move(operation),
          .object = host + ":" + std::to_string(port),
          .detail = std::strerror(errno)};
}

// One command, one reply of one line.
base::Result<std::string> ask(const std::string& host, std::uint16_t port) {
  Connection connection;
  const base::Status opened = connection.open(host, port);
  if (!opened.ok()) return opened.error();
  const std::string command = "*3\r\n$3\r\nSET\r\n$12\r\nbench:leader\r\n$1\r\n1\r\n";
  if (send(connection.fd(), command.data(), command.size(), MSG_NOSIGNAL) < 0)
    return failed("send to", host, port);
  std::string reply;
  while (!reply.ends_with('\n')) {
    pollfd wait{.fd = connection.fd(), .events = POLLIN, .revents = 0};
    std::array<char, 512> buffer{};
    if (poll(&wait, 1, 20 * kPollMs) <= 0) return std::string("-TRYAGAIN no answer");
    const ssize_t size = recv(connection.fd(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return failed("receive from", host, port);
    reply.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return reply;
}

}  // namespace

Nanoseconds now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

void Tally::note_error(std::string_view text) {
  if (errors++ == 0) first_error = text;
}

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

base::Status Connection::open(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
    return base::Error{.cause = base::Cause::kInvalid,
                       .operation = "connect to",
                       .object = host,
                       .detail = "not an IPv4 address"};
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return failed("socket for", host, port);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed("connect to", host, port);
  const int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (fcntl(fd_, F_SETFL, O_NONBLOCK) != 0) return failed("set up", host, port);
  return base::success();
}

bool Connection::send_some(Tally& tally) {
  while (has_unsent()) {
    const ssize_t size = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
    if (size < 0) return tally.note_error(std::strerror(errno)), false;
    sent_ += static_cast<std::size_t>(size);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

bool Connection::receive_some(Tally& tally) {
  static thread_local std::array<char, kReadBytes> buffer;
  const ssize_t size = recv(fd_, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return true;
  if (size <= 0)
    return tally.note_error(size == 0 ? "closed by the server" : std::strerror(errno)), false;
  const Nanoseconds now = now_ns();
  counter_.feed({buffer.data(), static_cast<std::size_t>(size)},
                [&](std::string_view line) { on_reply(line, now, tally); });
  return true;
}

void Connection::on_reply(std::string_view line, Nanoseconds now, Tally& tally) {
  if (due_.empty()) return tally.note_error("a reply that nobody asked for");
  const Nanoseconds due = due_.front();
  due_.pop_front();
  if (line.starts_with('-')) tally.note_error(line);
  if (due == kWait) {
    if (line.starts_with(":0")) tally.note_error("WAIT saw no replica");
    return;
  }
  ++tally.replies;
  if (now >= tally.measured_from && now < tally.measured_to) ++tally.measured;
  if (due >= tally.measured_from && due < tally.measured_to) tally.latencies.record(now - due);
}

base::Result<std::pair<std::string, std::uint16_t>> find_leader(const std::string& host,
                                                                std::uint16_t port,
                                                                double seconds) {
  std::pair<std::string, std::uint16_t> at{host, port};
  const Nanoseconds deadline = now_ns() + static_cast<Nanoseconds>(seconds * 1e9);
  while (true) {
    const auto reply = ask(at.first, at.second);
    if (reply.ok() && reply.value().starts_with("+OK")) return at;
    if (reply.ok() && reply.value().starts_with("-MOVED ")) {
      const std::string address = reply.value().substr(reply.value().find(' ', 7) + 1);
      const std::size_t colon = address.rfind(':');
      at = {address.substr(0, colon),
            static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1))};
    } else if (now_ns() > deadline) {
      if (!reply.ok()) return reply.error();
      return base::Error{.cause = base::Cause::kInvalid,
                         .operation = "find the leader at",
                         .object = host,
                         .detail = reply.value()};
    } else {
      poll(nullptr, 0, kPollMs);
      at = {host, port};
    }
  }
}

}  // namespace bench
