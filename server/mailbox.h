// Messages from any thread to the one that owns the mailbox, in the order sent. The owner is woken
// only when it has announced that it is about to sleep, so a busy owner costs its senders no system
// call. An owner may let itself be visited (docs/decisions/visits.md): then whoever sends to it
// while it sleeps does its work, and it sleeps on.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace server {

template <class T>
class Mailbox {
 public:
  // `wake` is called by senders, from their threads; set once before the first message.
  void set_wake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Called by a sender, on its thread, while the owner sleeps. True: all mail has been dealt with,
  // as sleeps_on() has said. False: the owner is woken. Set once before the first message.
  void set_visit(std::function<bool()> visit) { visit_ = std::move(visit); }

  void send(T message) {
    bool is_asleep = false;
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(message));
      is_asleep = std::exchange(is_asleep_, false);
    }
    if (is_asleep) visit_or_wake();
  }

  template <class Source>
  void send_all(std::vector<Source>& messages) {
    if (messages.empty()) return;
    bool is_asleep = false;
    {
      const std::lock_guard lock(mutex_);
      for (Source& message : messages) messages_.emplace_back(std::move(message));
      is_asleep = std::exchange(is_asleep_, false);
    }
    messages.clear();
    if (is_asleep) visit_or_wake();
  }

  // Everything that has come; `into` is emptied first and its capacity reused.
  void take(std::vector<T>& into) {
    take_if(into, [](const std::vector<T>&) { return true; });
  }
  // The same if `may_take` says so of all that has come.
  template <class MayTake>
  bool take_if(std::vector<T>& into, const MayTake& may_take) {
    into.clear();
    const std::lock_guard lock(mutex_);
    if (!may_take(std::as_const(messages_))) return false;
    std::swap(into, messages_);
    is_asleep_ = false;
    return true;
  }

  // The owner is about to wait: true if it may (nothing has come; the next send wakes it).
  [[nodiscard]] bool announce_sleep() {
    const std::lock_guard lock(mutex_);
    is_asleep_ = messages_.empty();
    return is_asleep_;
  }
  // The owner has woken for a reason of its own, and will look for mail before it sleeps again.
  void stay_awake() {
    const std::lock_guard lock(mutex_);
    is_asleep_ = false;
  }
  // For a visitor: true if it has left no mail. An owner that has been woken meanwhile is woken
  // once too often by the next send, and no harm is done.
  [[nodiscard]] bool sleeps_on() { return announce_sleep(); }

 private:
  void visit_or_wake() {
    if (visit_ == nullptr || !visit_()) wake_();
  }

  std::mutex mutex_;
  std::vector<T> messages_;
  bool is_asleep_ = false;
  std::function<void()> wake_;
  std::function<bool()> visit_;
};

}  // namespace server
