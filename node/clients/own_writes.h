// Elements of clients here, as they are applied: the reply is written straight into the output of
// the session that waits for it. Invariant: between on_applying and on_applied of an element its
// operation stands at the front of its session.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "node/clients/access.h"
#include "node/clients/answers.h"
#include "node/clients/desk.h"
#include "node/clients/local_runner.h"
#include "node/clients/news.h"
#include "node/clients/notes.h"
#include "node/clients/replies.h"
#include "node/replica/listener.h"

namespace node {

class OwnWrites : public ElementListener {
 public:
  // What it works with; all of it outlives this.
  struct Parts {
    Desk& desk;
    Replies& replies;
    Notes& notes;
    Access& access;
    News& news;
    Answers& answers;
    LocalRunner& local;
  };
  explicit OwnWrites(const Parts& parts);
  ~OwnWrites() override;
  void on_entry(engine::Effects& effects, bool is_replayed) override {
    news_.begin_entry(effects, is_replayed);
  }
  ReplyPlace on_applying(const Waiter& waiter) override;
  // The reply of the element is there; `waiter` without a client: nobody waits for it here.
  void on_effects(engine::Effects& effects, const AppliedElement& applied,
                  const Waiter& waiter) override;
  void on_applied(const Waiter& waiter, const AppliedElement& applied) override;
  void on_fate(std::span<const Waiter> waiters, WriteFate fate) override;

 private:
  class Exec;
  void finish(Session& session, const Operation& operation);
  void note(Session& session, Operation& operation, const AppliedElement& applied,
            base::Duration took, std::string_view reply);
  void settle(Session& session);

  Desk& desk_;
  Replies& replies_;
  Notes& notes_;
  Access& access_;
  News& news_;
  Answers& answers_;
  LocalRunner& local_;

  // ---- of the element that is being applied ----
  std::string* out_ = nullptr;
  std::size_t before_ = 0;
  base::Instant begun_{};
  std::unique_ptr<Exec> exec_;  // an EXEC
};

}  // namespace node
