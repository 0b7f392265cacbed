// Bad weather for real processes: reads packets from a TUN device and writes them back to it late,
// twice, or not at all, as told per link. A link is a pair (from, to) of the third bytes of the
// packets' IPv4 addresses (tests/cluster/namespaces.py). Chance comes from a seed.
//
//   packet_forwarder DEVICE SEED
//
// Each line on standard input sets one link and is answered by "ok":
//   FROM TO LOSS DUPLICATION DELAY_US JITTER_US IS_CLOGGED
// A clogged link holds its packets until it is no longer clogged. The end of the input ends it.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::size_t kPacketBytesMax = 65536;
// What a link's queue holds, about as a router does; what comes then is lost.
constexpr std::size_t kQueuedMax = 4096;

struct Link {
  double loss = 0, duplication = 0;
  microseconds delay{0}, jitter{0};
  bool is_clogged = false;
  std::size_t queued = 0;
  std::vector<std::string> held;
};

struct Packet {
  Clock::time_point due;
  std::uint64_t number = 0;  // packets due at once keep their order
  Link* link = nullptr;
  std::string bytes;
  bool operator>(const Packet& other) const {
    return std::tie(due, number) > std::tie(other.due, other.number);
  }
};

class Forwarder {
 public:
  Forwarder(int device, std::uint64_t seed) : device_(device), chance_(seed) {}

  int run();

 private:
  void take_packets();
  void take(std::string bytes);
  void schedule(Link& link, std::string bytes);
  void send_due();
  bool take_orders();
  void obey(const std::string& line);
  bool happens(double probability) {
    return std::uniform_real_distribution<>()(chance_) < probability;
  }
  [[nodiscard]] int wait_ms() const;

  int device_;
  std::mt19937_64 chance_;
  std::map<std::pair<int, int>, Link> links_;
  std::priority_queue<Packet, std::vector<Packet>, std::greater<>> waiting_;
  std::uint64_t numbered_ = 0;
  std::string orders_;
};

void Forwarder::take_packets() {
  std::array<char, kPacketBytesMax> buffer;
  for (int i = 0; i < 64; ++i) {
    const ssize_t size = read(device_, buffer.data(), buffer.size());
    if (size < 20) return;
    take(std::string(buffer.data(), static_cast<std::size_t>(size)));
  }
}

void Forwarder::take(std::string bytes) {
  if ((static_cast<unsigned char>(bytes[0]) >> 4) != 4) return;
  const auto byte = [&bytes](std::size_t at) { return int{static_cast<unsigned char>(bytes[at])}; };
  Link& link = links_[{byte(14), byte(18)}];
  if (happens(link.loss)) return;
  if (happens(link.duplication)) schedule(link, bytes);
  schedule(link, std::move(bytes));
}

void Forwarder::schedule(Link& link, std::string bytes) {
  if (link.queued >= kQueuedMax) return;
  ++link.queued;
  if (link.is_clogged) return link.held.push_back(std::move(bytes));
  const auto jitter = std::uniform_int_distribution<std::int64_t>(0, link.jitter.count())(chance_);
  waiting_.push({.due = Clock::now() + link.delay + microseconds(jitter),
                 .number = ++numbered_,
                 .link = &link,
                 .bytes = std::move(bytes)});
}

void Forwarder::send_due() {
  while (!waiting_.empty() && waiting_.top().due <= Clock::now()) {
    const Packet& packet = waiting_.top();
    --packet.link->queued;
    // What the kernel does not take is lost, as on a wire.
    (void)!write(device_, packet.bytes.data(), packet.bytes.size());
    waiting_.pop();
  }
}

bool Forwarder::take_orders() {
  std::array<char, 4096> buffer;
  const ssize_t size = read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size <= 0) return false;
  orders_.append(buffer.data(), static_cast<std::size_t>(size));
  for (std::size_t end; (end = orders_.find('\n')) != std::string::npos;) {
    obey(orders_.substr(0, end));
    orders_.erase(0, end + 1);
  }
  return true;
}

void Forwarder::obey(const std::string& line) {
  int from = 0, to = 0, is_clogged = 0;
  double loss = 0, duplication = 0;
  long delay_us = 0, jitter_us = 0;
  if (std::sscanf(line.c_str(), "%d %d %lf %lf %ld %ld %d", &from, &to, &loss, &duplication,
                  &delay_us, &jitter_us, &is_clogged) != 7) {
    std::fprintf(stderr, "packet_forwarder: no such order: %s\n", line.c_str());
    std::exit(2);
  }
  Link& link = links_[{from, to}];
  link.loss = loss;
  link.duplication = duplication;
  link.delay = microseconds(delay_us);
  link.jitter = microseconds(jitter_us);
  link.is_clogged = is_clogged != 0;
  if (!link.is_clogged) {
    link.queued -= link.held.size();
    for (std::string& bytes : std::exchange(link.held, {})) schedule(link, std::move(bytes));
  }
  std::puts("ok");
  std::fflush(stdout);
}

int Forwarder::wait_ms() const {
  if (waiting_.empty()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(waiting_.top().due - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

int Forwarder::run() {
  std::array<pollfd, 2> sources = {{{device_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  while (true) {
    if (poll(sources.data(), sources.size(), wait_ms()) < 0) return 1;
    if (sources[0].revents != 0) take_packets();
    if (sources[1].revents != 0 && !take_orders()) return 0;
    send_due();
  }
}

int open_device(const char* name) {
  const int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (device >= 0 && ioctl(device, TUNSETIFF, &request) == 0) return device;
  std::perror("packet_forwarder: /dev/net/tun");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: packet_forwarder DEVICE SEED\n");
    return 2;
  }
  return Forwarder(open_device(argv[1]), std::strtoull(argv[2], nullptr, 10)).run();
}
