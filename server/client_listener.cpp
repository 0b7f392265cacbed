#include "server/client_listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace server {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kWriteBytesMax = 1024 * 1024;

std::string address_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
  inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
  }
  return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) >> 24) == 127;
}

base::Error system_error(int code, std::string operation, std::string object) {
  return {.cause = base::Cause::kSystem,
          .code = -code,
          .operation = std::move(operation),
          .object = std::move(object),
          .detail = uv_strerror(code)};
}

}  // namespace

struct ClientListener::Listener {
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    uv_stream_t stream;
    uv_handle_t handle;
  };
  ClientListener* owner = nullptr;
  node::Door door = node::Door::kPort;
  std::string path;  // of the Unix socket
};

struct ClientListener::Connection {
  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
    uv_stream_t stream;
    uv_handle_t handle;
  };
  ClientListener* owner = nullptr;
  base::ConnectionId id;
  uv_write_t write{};
  std::string pending;  // given to the kernel's queue by `write`
  bool is_writing = false, is_reading = false, is_closing = false, closes_when_written = false;
  bool is_known = false;  // to the service
};

ClientListener::ClientListener(Loop& loop, node::Service& service)
    : loop_(loop), service_(service), read_buffer_(kReadBytes) {}

ClientListener::~ClientListener() {
  close_all();
  loop_.finish();
}

base::Status ClientListener::listen_tcp(const std::string& host, std::uint16_t port, int backlog,
                                        node::Door door) {
  auto listener = std::make_unique<Listener>();
  CHECK(uv_tcp_init(loop_.uv(), &listener->tcp) == 0);
  listener->owner = this;
  listener->door = door;
  listener->tcp.data = listener.get();
  sockaddr_storage address{};
  int code = uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&address));
  unsigned flags = 0;
  if (code != 0) {
    code = uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address));
    flags = UV_TCP_IPV6ONLY;
  }
  if (code == 0)
    code = uv_tcp_bind(&listener->tcp, reinterpret_cast<const sockaddr*>(&address), flags);
  if (code == 0) code = uv_listen(&listener->stream, backlog, on_connection);
  listeners_.push_back(std::move(listener));
  if (code != 0) return system_error(code, "listen on", host + ":" + std::to_string(port));
  return base::success();
}

base::Status ClientListener::listen_unix(const std::string& path, unsigned permissions,
                                         int backlog) {
  unlink(path.c_str());  // as Redis does: a socket left by a former run
  auto listener = std::make_unique<Listener>();
  CHECK(uv_pipe_init(loop_.uv(), &listener->pipe, 0) == 0);
  listener->owner = this;
  listener->door = node::Door::kUnixSocket;
  listener->path = path;
  listener->pipe.data = listener.get();
  int code = uv_pipe_bind(&listener->pipe, path.c_str());
  if (code == 0) code = uv_listen(&listener->stream, backlog, on_connection);
  listeners_.push_back(std::move(listener));
  if (code != 0) return system_error(code, "listen on", path);
  if (permissions != 0) chmod(path.c_str(), permissions);
  return base::success();
}

std::vector<KeptListener> ClientListener::keep() {
  std::vector<KeptListener> kept;
  for (auto& listener : listeners_) {
    uv_os_fd_t descriptor = -1;
    if (uv_fileno(&listener->handle, &descriptor) != 0) continue;
    const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) continue;
    kept.push_back({.descriptor = copy, .door = listener->door, .path = listener->path});
    listener->path.clear();  // its name stays
  }
  return kept;
}

base::Status ClientListener::listen_again(const KeptListener& kept, int backlog) {
  auto listener = std::make_unique<Listener>();
  const bool is_unix = kept.door == node::Door::kUnixSocket;
  int code = is_unix ? uv_pipe_init(loop_.uv(), &listener->pipe, 0)
                     : uv_tcp_init(loop_.uv(), &listener->tcp);
  CHECK(code == 0);
  listener->owner = this;
  listener->door = kept.door;
  listener->path = kept.path;
  listener->handle.data = listener.get();
  code = is_unix ? uv_pipe_open(&listener->pipe, kept.descriptor)
                 : uv_tcp_open(&listener->tcp, kept.descriptor);
  if (code == 0) code = uv_listen(&listener->stream, backlog, on_connection);
  listeners_.push_back(std::move(listener));
  if (code != 0) return system_error(code, "listen again on", "a socket of this process");
  return base::success();
}

void ClientListener::close_listeners() {
  for (auto& listener : listeners_) {
    if (uv_is_closing(&listener->handle) == 0) uv_close(&listener->handle, nullptr);
    if (!listener->path.empty()) unlink(listener->path.c_str());
  }
}

void ClientListener::close_all() {
  close_listeners();
  for (auto& [id, connection] : connections_) {
    if (connection->is_closing) continue;
    connection->is_closing = true;
    uv_close(&connection->handle, on_close);
  }
}

void ClientListener::on_connection(uv_stream_t* server, int status) {
  auto* listener = static_cast<Listener*>(server->data);
  if (status == 0) listener->owner->accept(*listener);
}

void ClientListener::accept(Listener& listener) {
  auto* connection = new Connection();
  connection->owner = this;
  connection->id = base::ConnectionId(next_id_++);
  if (listener.door == node::Door::kUnixSocket) {
    uv_pipe_init(loop_.uv(), &connection->pipe, 0);
  } else {
    uv_tcp_init(loop_.uv(), &connection->tcp);
  }
  connection->handle.data = connection;
  connections_[connection->id] = connection;
  if (uv_accept(&listener.stream, &connection->stream) != 0) return drop(*connection);
  introduce(*connection, listener);
}

void ClientListener::introduce(Connection& connection, const Listener& listener) {
  node::ConnectInfo info{.door = listener.door,
                         .remote_address = listener.path + ":0",
                         .local_address = listener.path + ":0"};
  if (listener.door == node::Door::kUnixSocket) {
    info.is_loopback = true;
  } else {
    uv_tcp_nodelay(&connection.tcp, 1);
    sockaddr_storage remote{};
    sockaddr_storage local{};
    int size = sizeof remote;
    uv_tcp_getpeername(&connection.tcp, reinterpret_cast<sockaddr*>(&remote), &size);
    size = sizeof local;
    uv_tcp_getsockname(&connection.tcp, reinterpret_cast<sockaddr*>(&local), &size);
    info.remote_address = address_text(remote);
    info.local_address = address_text(local);
    info.is_loopback = is_loopback(remote);
  }
  const bool is_welcome = service_.on_connect(connection.id, info);
  connection.is_known = true;
  if (!is_welcome) {
    connection.closes_when_written = true;
    return flush(connection);
  }
  connection.is_reading = true;
  uv_read_start(&connection.stream, on_alloc, on_read);
}

void ClientListener::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  auto& shared = static_cast<Connection*>(handle->data)->owner->read_buffer_;
  *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
}

void ClientListener::on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  auto* connection = static_cast<Connection*>(stream->data);
  if (connection->is_closing) return;
  if (size < 0) return connection->owner->drop(*connection);
  if (size > 0) {
    connection->owner->service_.on_bytes(
        connection->id, std::string_view(buffer->base, static_cast<std::size_t>(size)));
  }
}

ClientListener::Connection* ClientListener::find(base::ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second->is_closing ? nullptr : found->second;
}

void ClientListener::carry_out(const node::ServiceOutput& output) {
  for (const auto id : output.closes) {
    if (Connection* connection = find(id)) {
      connection->closes_when_written = true;
      uv_read_stop(&connection->stream);
      flush(*connection);
    }
  }
  for (const auto id : output.dirty) {
    if (Connection* connection = find(id)) flush(*connection);
  }
  for (const auto id : output.kills) {
    if (Connection* connection = find(id)) drop(*connection);
  }
  for (const auto id : output.pauses) {
    if (Connection* connection = find(id)) uv_read_stop(&connection->stream);
  }
  for (const auto id : output.resumes) {
    Connection* connection = find(id);
    if (connection != nullptr && !connection->closes_when_written)
      uv_read_start(&connection->stream, on_alloc, on_read);
  }
}

void ClientListener::flush(Connection& connection) {
  if (connection.is_writing || connection.is_closing) return;
  const std::string_view unsent = service_.unsent(connection.id);
  if (!unsent.empty()) {
    uv_buf_t buffer = uv_buf_init(const_cast<char*>(unsent.data()),
                                  static_cast<unsigned>(std::min(unsent.size(), kWriteBytesMax)));
    const int written = uv_try_write(&connection.stream, &buffer, 1);
    if (written < 0 && written != UV_EAGAIN) return drop(connection);
    if (written > 0) service_.on_written(connection.id, static_cast<std::size_t>(written));
  }
  if (service_.unsent(connection.id).empty()) return finish(connection);
  write_rest(connection);
}

// The kernel took not everything: what is left waits in libuv's queue, in pieces, so that the
// session's buffer may move.
void ClientListener::write_rest(Connection& connection) {
  connection.pending.assign(service_.unsent(connection.id).substr(0, kWriteBytesMax));
  connection.is_writing = true;
  connection.write.data = &connection;
  uv_buf_t buffer =
      uv_buf_init(connection.pending.data(), static_cast<unsigned>(connection.pending.size()));
  if (uv_write(&connection.write, &connection.stream, &buffer, 1, on_write) != 0) {
    connection.is_writing = false;
    drop(connection);
  }
}

void ClientListener::on_write(uv_write_t* request, int status) {
  auto* connection = static_cast<Connection*>(request->data);
  connection->is_writing = false;
  if (connection->is_closing) return;
  if (status != 0) return connection->owner->drop(*connection);
  connection->owner->service_.on_written(connection->id, connection->pending.size());
  connection->owner->flush(*connection);
  // An idle connection holds no copy of what it was last sent.
  if (!connection->is_writing) std::string().swap(connection->pending);
}

void ClientListener::finish(Connection& connection) {
  if (connection.closes_when_written) drop(connection);
}

void ClientListener::drop(Connection& connection) {
  if (connection.is_closing) return;
  connection.is_closing = true;
  if (connection.is_known) service_.on_disconnect(connection.id);
  uv_close(&connection.handle, on_close);
}

void ClientListener::on_close(uv_handle_t* handle) {
  auto* connection = static_cast<Connection*>(handle->data);
  connection->owner->connections_.erase(connection->id);
  delete connection;
}

}  // namespace server
