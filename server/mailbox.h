// Messages from any thread to the one that owns the mailbox, in the order sent. The owner is woken
// only when it has announced that it is about to sleep, so a busy owner costs its senders no system
// call.
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

  void send(T message) {
    bool is_asleep = false;
    {
      const std::lock_guard lock(mutex_);
      messages_.push_back(std::move(message));
      is_asleep = std::exchange(is_asleep_, false);
    }
    if (is_asleep) wake_();
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
    if (is_asleep) wake_();
  }

  // Everything that has come; `into` is emptied first and its capacity reused.
  void take(std::vector<T>& into) {
    into.clear();
    const std::lock_guard lock(mutex_);
    std::swap(into, messages_);
    is_asleep_ = false;
  }

  // The owner is about to wait: true if it may (nothing has come; the next send wakes it).
  [[nodiscard]] bool announce_sleep() {
    const std::lock_guard lock(mutex_);
    is_asleep_ = messages_.empty();
    return is_asleep_;
  }

 private:
  std::mutex mutex_;
  std::vector<T> messages_;
  bool is_asleep_ = false;
  std::function<void()> wake_;
};

}  // namespace server
