#include "node/clients/own_writes.h"

#include <utility>

#include "base/check.h"

namespace node {
namespace {

Session* session_of(const Waiter& waiter) { return static_cast<Session*>(waiter.client); }

bool may_run_script(const Operation& operation) {
  return operation.transaction != nullptr ||
         (operation.spec != nullptr && has_trait(*operation.spec, engine::kTraitRunsScript));
}

}  // namespace

// What an EXEC needs while it is applied, and what its local commands ask for.
class OwnWrites::Exec : public engine::LocalCommands, public engine::ExecObserver {
 public:
  // `remembers`: what its commands read is to be tracked.
  Exec(OwnWrites& writes, Session& session, std::unique_ptr<Transaction> transaction,
       bool remembers)
      : writes_(writes),
        session_(session),
        transaction_(std::move(transaction)),
        remembers_(remembers) {}
  void run_local(std::size_t position, const engine::QueuedCommand& command,
                 resp::ReplyWriter& reply) override {
    writes_.local_.run(session_, *queued(position).spec, command.argv, reply, requests_,
                       LocalRunner::Place::kInLog);
  }
  void on_begin(resp::ReplyWriter& reply) override {
    begun_ = writes_.notes_.stopwatch();
    start_ = reply.out().size();
  }
  void on_done(std::size_t position, resp::ReplyWriter& reply, engine::Effects& effects) override {
    // Before those of the next command, which may be one that this node judges by itself.
    if (!effects.denials.empty()) {
      writes_.access_.note(session_, session_.operations.front().user, effects.denials);
      effects.denials.clear();
    }
    const Transaction::Queued& done = queued(position);
    if (done.spec->scope == engine::Scope::kLocal) follow_modes(*done.spec, effects);
    if (remembers_) {
      const std::vector<std::string_view> words(done.words.begin(), done.words.end());
      News::note_reads(*done.spec, words, effects.notes);
    }
    const base::Duration took = writes_.notes_.stopwatch() - begun_;
    writes_.notes_.note_queued(session_, done, took, std::string_view(reply.out()).substr(start_));
  }
  [[nodiscard]] const Transaction& transaction() const { return *transaction_; }
  [[nodiscard]] LocalRequests& requests() { return requests_; }

 private:
  // What its client has just asked to be told holds for the rest of the EXEC.
  void follow_modes(const engine::CommandSpec& done, engine::Effects& effects) {
    if (done.name == "client|tracking" || done.name == "client|caching")
      remembers_ = session_.tracking.remembers();
    effects.wants_script_reads = remembers_;
    writes_.news_.ask_of(effects);
  }
  [[nodiscard]] const Transaction::Queued& queued(std::size_t position) const {
    CHECK(position < transaction_->commands().size());
    return transaction_->commands()[position];
  }

  OwnWrites& writes_;
  Session& session_;
  const std::unique_ptr<Transaction> transaction_;
  bool remembers_;
  LocalRequests requests_;
  base::Instant begun_{};
  std::size_t start_ = 0;  // of the command's reply
};

OwnWrites::OwnWrites(const Parts& parts)
    : desk_(parts.desk),
      replies_(parts.replies),
      notes_(parts.notes),
      access_(parts.access),
      news_(parts.news),
      answers_(parts.answers),
      local_(parts.local) {}

OwnWrites::~OwnWrites() = default;

ReplyPlace OwnWrites::on_applying(const Waiter& waiter) {
  Session& session = *session_of(waiter);
  if (session.is_gone || session.operations.find(waiter.operation) == nullptr) {
    settle(session);
    return {};
  }
  answers_.force(session, waiter.operation);
  Operation& operation = session.operations.front();
  CHECK(operation.kind == OperationKind::kWrite && !exec_);
  if (operation.own_settings) local_.adopt_own_settings(*operation.own_settings);
  // A reply that its client does not want is built all the same: statistics ask whether it failed.
  const bool has_fixed_reply = !operation.bytes.empty();
  out_ = &replies_.buffer(session, operation.is_silent || has_fixed_reply);
  before_ = out_->size();
  ReplyPlace place{.out = out_,
                   .version = operation.version,
                   .tracks_reads = operation.remembers,
                   .script_calls = may_run_script(operation) ? &notes_.script_calls() : nullptr};
  begun_ = notes_.stopwatch();
  if (operation.transaction) {
    exec_ = std::make_unique<Exec>(*this, session, std::move(operation.transaction),
                                   operation.remembers);
    place.local = exec_.get();
    place.observer = exec_.get();
  }
  return place;
}

void OwnWrites::on_effects(engine::Effects& effects, const AppliedElement& applied,
                           const Waiter& waiter) {
  const Session* session = session_of(waiter);
  if (session != nullptr && !exec_) {
    const Operation& operation = session->operations.front();
    if (operation.remembers) News::note_reads(*operation.spec, applied.element.argv, effects.notes);
  }
  news_.deliver(effects, applied.index, session);
}

void OwnWrites::on_applied(const Waiter& waiter, const AppliedElement& applied) {
  Session& session = *session_of(waiter);
  CHECK(session.operations.front_number() == waiter.operation);
  Operation& operation = session.operations.front();
  if (!applied.denials.empty()) access_.note(session, operation.user, applied.denials);
  if (exec_) {
    notes_.note_exec(session, *operation.spec, exec_->transaction(), begun_);
  } else {
    note(session, operation, applied, notes_.stopwatch() - begun_,
         std::string_view(*out_).substr(before_));
  }
  session.last_write = applied.index;
  if (applied.wait) {
    operation.is_blocked = true;
    operation.wait = *applied.wait;
  } else {
    finish(session, operation);
  }
  settle(session);
}

void OwnWrites::finish(Session& session, const Operation& operation) {
  if (operation.bytes.empty()) {
    replies_.answered(session, *out_, before_);
  } else {
    replies_.append(session, operation.bytes, operation.is_silent);
  }
  session.operations.pop();
  if (const std::unique_ptr<Exec> exec = std::move(exec_)) {
    session.tracking.has_caching = false;  // it held for this transaction
    if (exec->requests().closes) {
      session.output.close_when_sent();
      session.input.end();
    }
    local_.carry_out(session, exec->requests(), true);
  }
  answers_.advance(session);
}

// A command of a client here that was applied (not an EXEC). What one that waits was is kept for
// the moment when it is served.
void OwnWrites::note(Session& session, Operation& operation, const AppliedElement& applied,
                     base::Duration took, std::string_view reply) {
  const engine::Element& element = applied.element;
  const bool is_client_command = element.kind == engine::ElementKind::kCommand ||
                                 element.kind == engine::ElementKind::kBlocking;
  if (!is_client_command) return;
  const bool waits = applied.wait.has_value();
  notes_.note_command(session, {.spec = *operation.spec,
                                .argv = element.argv,
                                .database = element.database,
                                .took = took,
                                .has_failed = reply.starts_with('-'),
                                .is_blocked = waits});
  if (!waits) return;
  const std::size_t bytes_before = operation.bytes.size();
  operation.took = took;
  operation.database = element.database;
  operation.set_arguments(element.argv);
  session.operations.front_changed(bytes_before);
}

// One element that named it is over.
void OwnWrites::settle(Session& session) {
  CHECK(session.elements_under_way > 0);
  --session.elements_under_way;
  desk_.sessions.settle(session);
}

void OwnWrites::on_fate(std::span<const Waiter> waiters, WriteFate fate) {
  for (const Waiter& waiter : waiters) {
    if (waiter.client == nullptr) continue;
    OperationRing& operations = session_of(waiter)->operations;
    Operation* operation = operations.find(waiter.operation);
    if (operation == nullptr) continue;
    operation->fate = fate;
    if (fate != WriteFate::kInDoubt) continue;
    for (std::uint64_t before = operations.front_number(); before < waiter.operation; ++before)
      operations.find(before)->is_overtaken = true;
  }
  for (const Waiter& waiter : waiters) {
    if (waiter.client == nullptr) continue;
    Session& session = *session_of(waiter);
    if (!session.is_gone) answers_.advance(session);
    settle(session);
  }
}

}  // namespace node
