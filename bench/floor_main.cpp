// quorate-floor PORT: parses requests with the project's parser and answers +OK to each, nothing
// else. What a server of this kind cannot be faster than, on this machine, with this kernel.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "resp/input_buffer.h"
#include "resp/parser.h"

namespace {

struct Client {
  int fd = -1;
  resp::InputBuffer input;
  resp::RequestParser parser;
  std::string output;
};

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
  return listen(fd, 511) == 0 ? fd : -1;
}

// False: the client has gone or speaks nonsense.
bool serve(Client& client) {
  static std::array<char, 65536> buffer;
  const ssize_t size = recv(client.fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) return false;
  client.input.append({buffer.data(), static_cast<std::size_t>(size)},
                      client.parser.missing_bytes());
  client.output.clear();
  while (true) {
    std::size_t consumed = 0;
    const auto status = client.parser.next(client.input.unread(), consumed);
    if (status == resp::RequestParser::Status::kError) return false;
    if (status == resp::RequestParser::Status::kNeedMore) break;
    if (status == resp::RequestParser::Status::kCommand) client.output += "+OK\r\n";
    client.input.consume(consumed);
  }
  const char* at = client.output.data();
  for (std::size_t left = client.output.size(); left > 0;) {
    const ssize_t sent = send(client.fd, at, left, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += sent, left -= static_cast<std::size_t>(sent);
  }
  return true;
}

void add_client(int epoll, int listener) {
  auto client = std::make_unique<Client>();
  client->fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (client->fd < 0) return;
  const int one = 1;
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = client.get()}};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event) == 0) (void)client.release();
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = listen_on(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  if (listener < 0) return std::perror("quorate-floor"), 1;
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::array<epoll_event, 256> events;
  while (true) {
    const int count = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      auto* client = static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (client == nullptr) {
        add_client(epoll, listener);
      } else if (!serve(*client)) {
        close(client->fd);
        delete client;
      }
    }
  }
}
