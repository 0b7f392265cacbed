// Client connections of the service thread: accepts on TCP addresses and a Unix socket, reads into
// one shared buffer, and writes what the service machine has ready. Nothing is decided here.
#pragma once

#include <uv.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "node/service.h"
#include "server/loop.h"

namespace server {

// A listening socket that outlives its listener.
struct KeptListener {
  int descriptor = -1;
  node::Door door = node::Door::kPort;
  std::string path;  // of a Unix socket
};

class ClientListener {
 public:
  ClientListener(Loop& loop, node::Service& service);
  ~ClientListener();

  // Binds and listens; the error names the address.
  [[nodiscard]] base::Status listen_tcp(const std::string& host, std::uint16_t port, int backlog,
                                        node::Door door);
  [[nodiscard]] base::Status listen_unix(const std::string& path, unsigned permissions,
                                         int backlog);
  [[nodiscard]] base::Status listen_again(const KeptListener& kept, int backlog);
  // Sockets for listen_again of the next one; closing this one's leaves them open.
  [[nodiscard]] std::vector<KeptListener> keep();
  void close_listeners();
  void close_all();

  // Carries out what a turn asked for.
  void carry_out(const node::ServiceOutput& output);

 private:
  struct Listener;
  struct Connection;
  static void on_connection(uv_stream_t* server, int status);
  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);
  static void on_write(uv_write_t* request, int status);
  static void on_close(uv_handle_t* handle);

  void accept(Listener& listener);
  void introduce(Connection& connection, const Listener& listener);
  void flush(Connection& connection);
  void write_rest(Connection& connection);
  void finish(Connection& connection);
  void drop(Connection& connection);
  [[nodiscard]] Connection* find(base::ConnectionId id);

  Loop& loop_;
  node::Service& service_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::map<base::ConnectionId, Connection*> connections_;
  std::uint64_t next_id_ = 1;
  std::vector<char> read_buffer_;
};

}  // namespace server
