#include "bench/load.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace bench {
namespace {

constexpr std::size_t kFillPipeline = 64;
constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kDrain = 5 * kSecond;

}  // namespace

Load::Load(const Options& options)
    : options_(options), workload_(options), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

Load::~Load() { close(epoll_); }

base::Status Load::connect(const std::string& host, std::uint16_t port) {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    auto slot = std::make_unique<Slot>();
    const base::Status opened = slot->connection.open(host, port);
    if (!opened.ok()) return opened;
    epoll_event event{.events = EPOLLIN, .data = {.ptr = slot.get()}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, slot->connection.fd(), &event) != 0)
      return base::Error{.operation = "watch", .object = host, .detail = std::strerror(errno)};
    slots_.push_back(std::move(slot));
  }
  return base::success();
}

base::Status Load::outcome() const {
  if (tally_.errors == 0) return base::success();
  return base::Error{.cause = base::Cause::kInvalid,
                     .operation = "load",
                     .object = std::to_string(tally_.errors) + " errors",
                     .detail = tally_.first_error};
}

// One wait for sockets and what follows from it; false when a connection is lost.
bool Load::poll(Nanoseconds until) {
  std::array<epoll_event, 256> events;
  const Nanoseconds wait = std::max<Nanoseconds>(until - now_ns(), 0);
  const timespec timeout{.tv_sec = wait / kSecond, .tv_nsec = wait % kSecond};
  const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    Slot& slot = *static_cast<Slot*>(events[static_cast<std::size_t>(i)].data.ptr);
    const std::uint32_t what = events[static_cast<std::size_t>(i)].events;
    if ((what & EPOLLOUT) != 0 && !flush(slot)) return false;
    if ((what & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) continue;
    if (!slot.connection.receive_some(tally_)) return false;
    if (slot.connection.under_way() > 0) continue;
    if (mode_ == Mode::kClosed && !send_batch(slot)) return false;
    if (mode_ == Mode::kFill && !send_fill(slot)) return false;
  }
  return true;
}

bool Load::flush(Slot& slot) {
  if (!slot.connection.send_some(tally_)) return false;
  if (slot.connection.has_unsent() == slot.is_watching_writes) return true;
  slot.is_watching_writes = slot.connection.has_unsent();
  const std::uint32_t events = slot.is_watching_writes ? EPOLLIN | EPOLLOUT : EPOLLIN;
  epoll_event event{.events = events, .data = {.ptr = &slot}};
  return epoll_ctl(epoll_, EPOLL_CTL_MOD, slot.connection.fd(), &event) == 0;
}

void Load::append_command(Connection& connection, Nanoseconds due) {
  workload_.append(connection.out());
  connection.expect_reply(due);
  if (options_.wait_every == 0 || ++commands_ % options_.wait_every != 0) return;
  Workload::append_wait(connection.out());
  connection.expect_wait();
}

bool Load::send_batch(Slot& slot) {
  const Nanoseconds now = now_ns();
  for (std::size_t i = 0; i < options_.pipeline; ++i) append_command(slot.connection, now);
  return flush(slot);
}

bool Load::send_fill(Slot& slot) {
  const Nanoseconds now = now_ns();
  for (std::size_t i = 0; i < kFillPipeline && filled_ < options_.keys; ++i) {
    workload_.append_fill(slot.connection.out(), filled_++);
    slot.connection.expect_reply(now);
  }
  return flush(slot);
}

base::Status Load::fill() {
  mode_ = Mode::kFill;
  for (auto& slot : slots_) {
    if (!send_fill(*slot)) return outcome();
  }
  while (tally_.replies < options_.keys && tally_.errors == 0) {
    if (!poll(now_ns() + kSecond)) break;
  }
  tally_ = Tally();
  return outcome();
}

// Everything that is due by now, dealt to the connections in turn.
bool Load::send_due(Nanoseconds now) {
  const std::size_t first = next_slot_;
  std::size_t touched = 0;
  for (; next_due_ <= static_cast<double>(now); next_due_ += gap_ns_) {
    append_command(slots_[next_slot_]->connection, static_cast<Nanoseconds>(next_due_));
    next_slot_ = (next_slot_ + 1) % slots_.size();
    ++touched;
  }
  for (std::size_t i = 0; i < std::min(touched, slots_.size()); ++i) {
    if (!flush(*slots_[(first + i) % slots_.size()])) return false;
  }
  return true;
}

base::Status Load::run() {
  const Nanoseconds start = now_ns();
  tally_ = Tally();
  tally_.measured_from = start + static_cast<Nanoseconds>(options_.warmup_seconds * 1e9);
  tally_.measured_to = tally_.measured_from + static_cast<Nanoseconds>(options_.seconds * 1e9);
  mode_ = options_.rate > 0 ? Mode::kOpen : Mode::kClosed;
  next_due_ = static_cast<double>(start);
  gap_ns_ = options_.rate > 0 ? 1e9 / options_.rate : 0;
  for (auto& slot : slots_) {
    if (mode_ == Mode::kClosed && !send_batch(*slot)) return outcome();
  }
  for (Nanoseconds now = start; now < tally_.measured_to && tally_.errors == 0; now = now_ns()) {
    if (mode_ == Mode::kOpen && !send_due(now)) break;
    const auto next = mode_ == Mode::kOpen ? static_cast<Nanoseconds>(next_due_) : now + kSecond;
    if (!poll(std::min(next, tally_.measured_to))) break;
  }
  if (!drain(now_ns() + kDrain)) tally_.note_error("commands without an answer at the end");
  return outcome();
}

// Waits for every reply that is owed, so that the slowest are counted too.
bool Load::drain(Nanoseconds deadline) {
  mode_ = Mode::kDrain;
  const auto is_owed = [](const auto& slot) { return slot->connection.under_way() > 0; };
  while (std::any_of(slots_.begin(), slots_.end(), is_owed)) {
    if (now_ns() > deadline || tally_.errors > 0) return false;
    if (!poll(deadline)) return false;
  }
  return true;
}

double Load::measured_seconds() const {
  return static_cast<double>(tally_.measured_to - tally_.measured_from) / 1e9;
}

}  // namespace bench
