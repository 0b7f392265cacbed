#include "server/peer_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace server {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
// Of one link between two turns: a large value that comes in must not keep heartbeats from being
// answered, also where processors are short.
constexpr std::size_t kReadBytesPerTurn = 1024 * 1024;
constexpr int kBacklog = 128;

std::string remote_text(const uv_tcp_t& tcp) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getpeername(&tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "?";
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

// The kernel takes no more than this beyond what is on its way: a heartbeat does not wait behind
// megabytes in its buffer.
void keep_queue_short(const uv_tcp_t& tcp) {
  const int bytes = static_cast<int>(2 * base::limits::kFrameBytesMax);
  int fd = -1;
  if (uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp), &fd) != 0) return;
  // Without the option the link only has a longer queue.
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

}  // namespace

struct PeerListener::Link {
  uv_tcp_t tcp{};
  uv_connect_t connect{};
  PeerListener* owner = nullptr;
  node::LinkId id;
  std::size_t unsent = 0;
  std::size_t read_bytes = 0;  // since the last turn
  bool is_up = false, is_closing = false;
};

namespace {
struct Write {
  uv_write_t request{};
  std::string bytes;
  std::size_t size = 0;  // of its end that uv_try_write has not taken
};
}  // namespace

PeerListener::PeerListener(Loop& loop, node::Consensus& consensus, std::mutex& has_turn)
    : loop_(loop),
      consensus_(consensus),
      has_turn_(has_turn),
      resolver_([this] { loop_.wake(); }),
      read_buffer_(kReadBytes) {}

PeerListener::~PeerListener() {
  close_all();
  loop_.finish();
}

base::Status PeerListener::listen(const std::string& host, std::uint16_t port) {
  auto tcp = std::make_unique<uv_tcp_t>();
  CHECK(uv_tcp_init(loop_.uv(), tcp.get()) == 0);
  tcp->data = this;
  sockaddr_storage address{};
  unsigned flags = 0;
  int code = uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&address));
  if (code != 0) {
    code = uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&address));
    flags = UV_TCP_IPV6ONLY;
  }
  if (code == 0) code = uv_tcp_bind(tcp.get(), reinterpret_cast<const sockaddr*>(&address), flags);
  if (code == 0)
    code = uv_listen(reinterpret_cast<uv_stream_t*>(tcp.get()), kBacklog, on_connection);
  listeners_.push_back(std::move(tcp));
  if (code == 0) return base::success();
  return base::Error{.cause = base::Cause::kSystem,
                     .code = -code,
                     .operation = "listen for peers on",
                     .object = host + ":" + std::to_string(port),
                     .detail = uv_strerror(code)};
}

void PeerListener::close_all() {
  for (auto& listener : listeners_) {
    auto* handle = reinterpret_cast<uv_handle_t*>(listener.get());
    if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
  }
  for (auto& [id, link] : links_) {
    if (!link->is_closing) close(*link);
  }
}

PeerListener::Link& PeerListener::add_link(node::LinkId id) {
  auto* link = new Link();
  link->owner = this;
  link->id = id;
  CHECK(uv_tcp_init(loop_.uv(), &link->tcp) == 0);
  link->tcp.data = link;
  links_[id] = link;
  return *link;
}

void PeerListener::on_connection(uv_stream_t* server, int status) {
  auto* self = static_cast<PeerListener*>(server->data);
  if (status != 0) return;
  const std::lock_guard lock(self->has_turn_);
  Link& link = self->add_link(node::LinkId(node::kAcceptedLinkBit | ++self->accepted_));
  if (uv_accept(server, reinterpret_cast<uv_stream_t*>(&link.tcp)) != 0) return self->close(link);
  self->begin(link);
}

void PeerListener::begin(Link& link) {
  link.is_up = true;
  uv_tcp_nodelay(&link.tcp, 1);
  uv_tcp_keepalive(&link.tcp, 1, 15);
  keep_queue_short(link.tcp);
  consensus_.on_link_up(link.id, remote_text(link.tcp));
  uv_read_start(reinterpret_cast<uv_stream_t*>(&link.tcp), on_alloc, on_read);
}

void PeerListener::dial(const node::Dial& dial) {
  const std::size_t colon = dial.address.rfind(':');
  std::string host = dial.address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  const std::string port = colon == std::string::npos ? "" : dial.address.substr(colon + 1);
  resolver_.ask(dial.link.value(), host, port);
}

void PeerListener::take_names() {
  for (const Resolver::Answer& found : resolver_.take()) {
    if (found.error.empty())
      connect(found);
    else
      consensus_.on_link_down(node::LinkId(found.id), found.error);
  }
}

void PeerListener::connect(const Resolver::Answer& found) {
  Link& link = add_link(node::LinkId(found.id));
  link.connect.data = &link;
  const int code = uv_tcp_connect(&link.connect, &link.tcp,
                                  reinterpret_cast<const sockaddr*>(&found.address), on_connected);
  if (code != 0) fail(link, code);
}

void PeerListener::on_connected(uv_connect_t* request, int status) {
  auto* link = static_cast<Link*>(request->data);
  if (link->is_closing) return;
  const std::lock_guard lock(link->owner->has_turn_);
  if (status != 0) return link->owner->fail(*link, status);
  link->owner->begin(*link);
}

void PeerListener::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  auto& shared = static_cast<Link*>(handle->data)->owner->read_buffer_;
  *buffer = uv_buf_init(shared.data(), static_cast<unsigned>(shared.size()));
}

void PeerListener::on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  auto* link = static_cast<Link*>(stream->data);
  if (link->is_closing || size == 0) return;
  PeerListener& owner = *link->owner;
  const std::lock_guard lock(owner.has_turn_);
  if (size < 0) return owner.fail(*link, static_cast<int>(size));
  const std::string_view bytes(buffer->base, static_cast<std::size_t>(size));
  if (link->read_bytes == 0) owner.read_this_turn_.push_back(link->id);
  link->read_bytes += bytes.size();
  if (link->read_bytes >= kReadBytesPerTurn) uv_read_stop(stream);
  owner.consensus_.on_link_bytes(link->id, bytes);
}

void PeerListener::read_on() {
  for (const node::LinkId id : read_this_turn_) {
    const auto link = links_.find(id);
    if (link == links_.end() || link->second->is_closing) continue;
    if (std::exchange(link->second->read_bytes, 0) >= kReadBytesPerTurn)
      uv_read_start(reinterpret_cast<uv_stream_t*>(&link->second->tcp), on_alloc, on_read);
  }
  read_this_turn_.clear();
}

void PeerListener::carry_out(node::ConsensusOutput& output) {
  for (node::LinkBytes& send_bytes : output.sends) {
    const auto link = links_.find(send_bytes.link);
    if (link != links_.end() && link->second->is_up && !link->second->is_closing)
      send(*link->second, std::move(send_bytes.bytes));
  }
  for (const node::LinkId id : output.closes) {
    const auto link = links_.find(id);
    if (link != links_.end() && !link->second->is_closing) close(*link->second);
  }
  for (const node::Dial& dial_order : output.dials) dial(dial_order);
  read_on();
}

void PeerListener::send(Link& link, std::string bytes) {
  auto* stream = reinterpret_cast<uv_stream_t*>(&link.tcp);
  std::size_t done = 0;
  if (link.unsent == 0) {
    uv_buf_t buffer = uv_buf_init(bytes.data(), static_cast<unsigned>(bytes.size()));
    const int written = uv_try_write(stream, &buffer, 1);
    if (written < 0 && written != UV_EAGAIN) return fail(link, written);
    done = written > 0 ? static_cast<std::size_t>(written) : 0;
  }
  if (done < bytes.size()) {
    auto* write = new Write();
    write->bytes = std::move(bytes);
    write->request.data = write;
    uv_buf_t buffer =
        uv_buf_init(write->bytes.data() + done, static_cast<unsigned>(write->bytes.size() - done));
    write->size = buffer.len;
    link.unsent += write->size;
    const int code = uv_write(&write->request, stream, &buffer, 1, on_write);
    if (code != 0) {
      delete write;
      return fail(link, code);
    }
  }
  consensus_.on_link_sent(link.id, link.unsent);
}

void PeerListener::on_write(uv_write_t* request, int status) {
  const std::unique_ptr<Write> write(static_cast<Write*>(request->data));
  auto* link = static_cast<Link*>(request->handle->data);
  if (link->is_closing) return;
  const std::lock_guard lock(link->owner->has_turn_);
  if (status != 0) return link->owner->fail(*link, status);
  link->unsent -= std::min(link->unsent, write->size);
  if (uv_stream_get_write_queue_size(request->handle) == 0) link->unsent = 0;
  link->owner->consensus_.on_link_sent(link->id, link->unsent);
}

// The kernel closed it or it could not be opened.
void PeerListener::fail(Link& link, int code) {
  if (link.is_closing) return;
  const node::LinkId id = link.id;
  close(link);
  consensus_.on_link_down(id, code == UV_EOF ? "closed by the peer" : uv_strerror(code));
}

void PeerListener::close(Link& link) {
  link.is_closing = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&link.tcp), on_close);
}

void PeerListener::on_close(uv_handle_t* handle) {
  auto* link = static_cast<Link*>(handle->data);
  link->owner->links_.erase(link->id);
  delete link;
}

}  // namespace server
