#include "server/resolver.h"

#include <uv.h>

#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

namespace server {
namespace {

constexpr std::size_t kNamesMax = 64;  // looked up at one time

}  // namespace

struct Resolver::Shared {
  std::mutex mutex;
  std::function<void()> wake;  // empty: nobody wants the answers any more
  std::vector<std::pair<Name, Answer>> found;
};

Resolver::Resolver(std::function<void()> wake, LookUp look_up)
    : shared_(std::make_shared<Shared>()), look_up_(std::move(look_up)) {
  shared_->wake = std::move(wake);
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->wake = nullptr;
}

namespace {

Resolver::Answer look_up_now(const Resolver::LookUp& look_up, const std::string& host,
                             const std::string& port) {
  Resolver::Answer answer;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = look_up(host.c_str(), port.c_str(), &hints, &found);
  if (code != 0 || found == nullptr)
    answer.error = code == 0 ? "there is no such name" : gai_strerror(code);
  else
    std::memcpy(&answer.address, found->ai_addr, found->ai_addrlen);
  if (found != nullptr) freeaddrinfo(found);
  return answer;
}

bool is_address(const std::string& host, const std::string& port, sockaddr_storage& address) {
  const int number = std::atoi(port.c_str());
  return uv_ip4_addr(host.c_str(), number, reinterpret_cast<sockaddr_in*>(&address)) == 0 ||
         uv_ip6_addr(host.c_str(), number, reinterpret_cast<sockaddr_in6*>(&address)) == 0;
}

}  // namespace

void Resolver::ask(std::uint64_t id, const std::string& host, const std::string& port) {
  Answer answer{.id = id, .error = {}, .address = {}};
  const Name name(host, port);
  const bool is_asked = asked_.contains(name);
  const bool is_too_much = !is_asked && asked_.size() >= kNamesMax;
  if (is_too_much) answer.error = "too many names are being looked up";
  if (is_too_much || is_address(host, port, answer.address)) {
    known_.push_back(std::move(answer));
    const std::lock_guard lock(shared_->mutex);
    return shared_->wake();
  }
  asked_[name].push_back(id);
  if (is_asked) return;
  std::thread([shared = shared_, look_up = look_up_, name] {
    Answer found = look_up_now(look_up, name.first, name.second);
    const std::lock_guard lock(shared->mutex);
    if (!shared->wake) return;
    shared->found.emplace_back(name, std::move(found));
    shared->wake();
  }).detach();
}

std::vector<Resolver::Answer> Resolver::take() {
  std::vector<Answer> answers = std::exchange(known_, {});
  std::vector<std::pair<Name, Answer>> found;
  {
    const std::lock_guard lock(shared_->mutex);
    found.swap(shared_->found);
  }
  for (auto& [name, answer] : found) {
    for (const std::uint64_t id : std::exchange(asked_[name], {})) {
      answer.id = id;
      answers.push_back(answer);
    }
    asked_.erase(name);
  }
  return answers;
}

}  // namespace server
