// Names to addresses, each looked up in a thread of its own that nobody waits for: a name server
// that does not answer costs neither a turn nor the end of the process. Names that are addresses
// are answered at once. Thread: that of its loop; answers are taken there, in its turn.
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace server {

class Resolver {
 public:
  struct Answer {
    std::uint64_t id = 0;
    std::string error;  // empty: found
    sockaddr_storage address{};
  };
  // As getaddrinfo.
  using LookUp = std::function<int(const char*, const char*, const addrinfo*, addrinfo**)>;

  // `wake`: from any thread, when there is an answer to take; not called once this has gone.
  explicit Resolver(std::function<void()> wake, LookUp look_up = getaddrinfo);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `id`: of the caller, comes back with the answer.
  void ask(std::uint64_t id, const std::string& host, const std::string& port);
  [[nodiscard]] std::vector<Answer> take();

 private:
  struct Shared;  // with the threads
  using Name = std::pair<std::string, std::string>;
  std::shared_ptr<Shared> shared_;
  LookUp look_up_;
  std::map<Name, std::vector<std::uint64_t>> asked_;
  std::vector<Answer> known_;  // at once
};

}  // namespace server
