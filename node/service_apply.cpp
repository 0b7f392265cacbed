// Committed entries into the engine, in log order, a bounded amount per turn; the replies of own
// elements go straight to the sessions that wait for them.
#include <utility>

#include "base/check.h"
#include "engine/elements/describe.h"
#include "engine/elements/exec_observer.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::size_t kElementsPerTurn = 20'000;
constexpr std::size_t kBytesPerTurn = 4 * 1024 * 1024;

}  // namespace

class Service::Machine::OwnExec : public engine::LocalCommands, public engine::ExecObserver {
 public:
  OwnExec(Machine& machine, Session& session, const Transaction& transaction,
          LocalRequests& requests, bool remembers)
      : machine_(machine),
        session_(session),
        transaction_(transaction),
        requests_(requests),
        remembers_(remembers) {}
  void run_local(std::size_t position, const engine::QueuedCommand& command,
                 resp::ReplyWriter& reply) override {
    machine_.run_local(session_, *queued(position).spec, command.argv, reply, requests_, true,
                       true);
  }
  void on_begin(resp::ReplyWriter& reply) override {
    begun_ = machine_.stopwatch();
    start_ = reply.out().size();
  }
  void on_done(std::size_t position, resp::ReplyWriter& reply, engine::Effects& effects) override {
    if (remembers_) {
      const Transaction::Queued& done = queued(position);
      const std::vector<std::string_view> words(done.words.begin(), done.words.end());
      machine_.note_reads(*done.spec, words, effects.notes);
    }
    const base::Duration took = machine_.stopwatch() - begun_;
    machine_.note_queued(session_, queued(position), took,
                         std::string_view(reply.out()).substr(start_));
  }

 private:
  [[nodiscard]] const Transaction::Queued& queued(std::size_t position) const {
    CHECK(position < transaction_.commands().size());
    return transaction_.commands()[position];
  }

  Machine& machine_;
  Session& session_;
  const Transaction& transaction_;
  LocalRequests& requests_;
  bool remembers_;  // what it reads is to be tracked
  base::Instant begun_{};
  std::size_t start_ = 0;  // of the command's reply
};

void Service::Machine::apply_some() {
  if (loader_.is_loading() || is_apply_paused_) return;
  std::size_t bytes = 0, elements = 0;
  while (!to_apply_.empty() && bytes < kBytesPerTurn && elements < kElementsPerTurn) {
    if (!knows_rules_of(*to_apply_.front())) return;
    const raft::EntryPtr entry = std::move(to_apply_.front());
    to_apply_.pop_front();
    if (entry->index <= applied_) continue;  // contained in the loaded state
    elements += apply_entry(*entry);
    bytes += entry->payload.size();
  }
}

std::size_t Service::Machine::apply_entry(const raft::Entry& entry) {
  CHECK(entry.index == applied_.next());
  std::vector<SealedBatch> lost;
  std::optional<SealedBatch> own = batcher_.settle(entry.index, entry.term, lost);
  if (!lost.empty()) settle_as(lost, WriteFate::kNever);
  std::size_t elements = 0;
  CHECK(!own || entry.kind == raft::EntryKind::kBatch);
  if (is_dissolved_) {  // what follows takes no effect
    if (own) settle_as(own->waiters, WriteFate::kNever);
    own.reset();
  } else if (entry.kind == raft::EntryKind::kBatch) {
    elements = apply_batch(entry, own ? &*own : nullptr);
  } else if (entry.kind == raft::EntryKind::kMembership) {
    apply_membership(entry);
  } else if (entry.kind == raft::EntryKind::kDissolve) {
    apply_dissolve(entry);
  }
  applied_ = entry.index;
  applied_term_ = entry.term;
  agreement_.on_applied(own_report());
  checkpointer_.on_applied(entry.payload.size() + sizeof(raft::Entry));
  if (tickets_.on_applied(applied_)) asked_leader_since_.reset();
  serve_readers();
  read_now_ms_ = 0;
  if (own) {
    if (own->id == first_batch_) begin_serving();
    batcher_.recycle(std::move(*own));
  }
  return elements;
}

std::size_t Service::Machine::apply_batch(const raft::Entry& entry, SealedBatch* own) {
  elements_.begin(entry.payload);
  const engine::BatchReader& reader = elements_.reader();
  CHECK(reader.ok());
  engine_.begin_entry({.index = entry.index,
                       .time_ms = reader.time_ms(),
                       .seed = reader.seed(),
                       .content_limit = reader.content_limit(),
                       .rules = reader.rules()});
  log_clock_.observe(reader.time_ms());
  if (own != nullptr) {
    tickets_.grant(own->ticket);
    read_now_ms_ = engine_.time_ms();
  }
  set_wanted_effects(entry.index);
  Applying& applying = options_.applying != nullptr ? *options_.applying : applying_nowhere_;
  std::size_t place = 0;
  while (const engine::Element* element = elements_.next()) {
    CHECK(own == nullptr || place < own->waiters.size());
    applying.element = place;
    applying.index = entry.index.value();
    const Waiter waiter = own == nullptr ? Waiter{} : own->waiters[place];
    if (skipped_entry_.leaves_out(entry.index.value(), place)) {
      leave_out(*element, waiter, entry);
    } else {
      apply_element(*element, waiter, entry);
    }
    ++place;
  }
  applying.index = 0;
  CHECK(reader.ok());
  engine_.end_entry();
  return place + 1;
}

void Service::Machine::apply_element(const engine::Element& element, const Waiter& waiter,
                                     const raft::Entry& entry) {
  if (element.kind == engine::ElementKind::kSwept ||
      element.kind == engine::ElementKind::kSweptFields)
    is_sweep_under_way_ = false;
  if (element.kind == engine::ElementKind::kEvicted) is_eviction_under_way_ = false;
  Session* session = waiter.session;
  if (session != nullptr && !session->is_gone &&
      session->operations.find(waiter.operation) != nullptr) {
    apply_own(element, *session, waiter.operation, entry);
  } else {
    resp::ReplyWriter reply = resp::ReplyWriter::counting(silent_);
    engine_.apply(element, reply, effects_);
    deliver_effects(entry.index, nullptr);
    if (is_waiting(element) && element.client.node == options_.self &&
        element.client.epoch == options_.epoch)
      forget_blocked(element.client);
  }
  if (element.kind == engine::ElementKind::kUnblock) unblocking_.erase(element.client);
  if (!effects_.served.empty()) deliver_served();
  if (std::exchange(effects_.has_new_settings, false)) follow_settings();
  if (session == nullptr) return;
  CHECK(session->elements_under_way > 0);
  --session->elements_under_way;
  sessions_.settle(*session);
}

// As raft-skip-entry says: it never takes effect. Nobody is told to try again, for it ended nodes.
void Service::Machine::leave_out(const engine::Element& element, const Waiter& waiter,
                                 const raft::Entry& entry) {
  line(LogLevel::kWarning,
       "left out of log entry " + std::to_string(entry.index.value()) +
           ", as raft-skip-entry says: " + engine::describe(commands(), element));
  is_sweep_under_way_ = is_eviction_under_way_ = false;
  if (element.kind == engine::ElementKind::kUnblock) unblocking_.erase(element.client);
  std::vector<Waiter> waiters = {waiter};
  settle_as(waiters, WriteFate::kInDoubt);
}

// A command of a client here that was applied (not an EXEC). What one that waits was is kept for
// the moment when it is served.
void Service::Machine::note_own(Session& session, Operation& operation,
                                const engine::Element& element, base::Duration took,
                                std::string_view reply) {
  const bool is_client_command = element.kind == engine::ElementKind::kCommand ||
                                 element.kind == engine::ElementKind::kBlocking;
  if (!is_client_command) return;
  const bool waits = is_waiting(element);
  note_command(session, {.spec = *operation.spec,
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

void Service::Machine::apply_own(const engine::Element& element, Session& session,
                                 std::uint64_t number, const raft::Entry& entry) {
  force(session, number);
  Operation& operation = session.operations.front();
  CHECK(operation.kind == OperationKind::kWrite);
  const bool has_fixed_reply = !operation.bytes.empty();
  if (operation.own_settings) adopt_own_settings(*operation.own_settings);
  // A reply that its client does not want is built all the same: statistics ask whether it failed.
  std::string& out = reply_buffer(session, operation.is_silent || has_fixed_reply);
  const std::size_t before = out.size();
  resp::ReplyWriter reply(out, operation.version);
  LocalRequests requests;
  const base::Instant begun = stopwatch();
  effects_.wants_script_reads = operation.remembers;
  if (operation.transaction) {
    const std::unique_ptr<Transaction> transaction = std::move(operation.transaction);
    OwnExec exec(*this, session, *transaction, requests, operation.remembers);
    engine_.apply(element, reply, effects_, &exec, &exec);
    note_exec(session, *operation.spec, *transaction, begun);
  } else {
    engine_.apply(element, reply, effects_);
    if (operation.remembers) note_reads(*operation.spec, element.argv, effects_.notes);
    note_own(session, operation, element, stopwatch() - begun,
             std::string_view(out).substr(before));
  }
  effects_.wants_script_reads = false;
  if (is_waiting(element)) {
    operation.is_blocked = true;
    operation.wait = engine_.wait_of(element.client).value_or(0);
    session.last_write = entry.index;
    return;
  }
  if (has_fixed_reply) {
    std::string& fixed = reply_buffer(session, operation.is_silent);
    const std::size_t start = fixed.size();
    fixed.append(operation.bytes);
    answered(session, fixed, start);
  } else {
    answered(session, out, before);
  }
  deliver_effects(entry.index, &session);
  session.last_write = entry.index;
  session.operations.pop();
  if (requests.closes) {
    session.closes_when_sent = true;
    end_input(session);
  }
  carry_out(session, requests, true);
  advance(session);
}

}  // namespace node
