// Committed entries into the engine, in log order, a bounded amount per turn; the replies of own
// elements go straight to the sessions that wait for them.
#include <utility>

#include "base/check.h"
#include "node/service_machine.h"

namespace node {
namespace {

constexpr std::size_t kElementsPerTurn = 20'000;
constexpr std::size_t kBytesPerTurn = 4 * 1024 * 1024;

// Local commands of an EXEC, run for the session that sent it at their place among the others.
class ExecLocals : public engine::LocalCommands {
 public:
  using Run = void (*)(void* machine, Session&, const engine::CommandSpec&, engine::Arguments,
                       resp::ReplyWriter&, LocalRequests&);
  ExecLocals(void* machine, Run run, Session& session, const Transaction& transaction,
             LocalRequests& requests)
      : machine_(machine),
        run_(run),
        session_(session),
        transaction_(transaction),
        requests_(requests) {}
  void run_local(std::size_t position, const engine::QueuedCommand& command,
                 resp::ReplyWriter& reply) override {
    CHECK(position < transaction_.commands().size());
    run_(machine_, session_, *transaction_.commands()[position].spec, command.argv, reply,
         requests_);
  }

 private:
  void* machine_;
  Run run_;
  Session& session_;
  const Transaction& transaction_;
  LocalRequests& requests_;
};

}  // namespace

void Service::Machine::apply_some() {
  if (loader_.is_loading() || is_apply_paused_) return;
  std::size_t bytes = 0, elements = 0;
  while (!to_apply_.empty() && bytes < kBytesPerTurn && elements < kElementsPerTurn) {
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
  engine_.begin_entry({.index = entry.index, .time_ms = reader.time_ms(), .seed = reader.seed()});
  log_clock_.observe(reader.time_ms());
  if (own != nullptr) {
    tickets_.grant(own->ticket);
    read_now_ms_ = engine_.time_ms();
  }
  std::size_t place = 0;
  while (const engine::Element* element = elements_.next()) {
    CHECK(own == nullptr || place < own->waiters.size());
    apply_element(*element, own == nullptr ? Waiter{} : own->waiters[place], entry);
    ++place;
  }
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
    silent_.clear();
    resp::ReplyWriter reply(silent_, 2);
    engine_.apply(element, reply, effects_);
    if (is_waiting(element) && element.client.node == options_.self &&
        element.client.epoch == options_.epoch)
      forget_blocked(element.client);
  }
  if (element.kind == engine::ElementKind::kUnblock) unblocking_.erase(element.client);
  if (!effects_.served.empty()) deliver_served();
  if (session == nullptr) return;
  CHECK(session->elements_under_way > 0);
  --session->elements_under_way;
  sessions_.settle(*session);
}

void Service::Machine::apply_own(const engine::Element& element, Session& session,
                                 std::uint64_t number, const raft::Entry& entry) {
  force(session, number);
  Operation& operation = session.operations.front();
  CHECK(operation.kind == OperationKind::kWrite);
  const bool has_fixed_reply = !operation.bytes.empty();
  std::string& out = reply_buffer(session, operation.is_silent || has_fixed_reply);
  const std::size_t before = out.size();
  resp::ReplyWriter reply(out, operation.version);
  LocalRequests requests;
  const base::Instant begun = stopwatch();
  if (operation.transaction) {
    const std::unique_ptr<Transaction> transaction = std::move(operation.transaction);
    const auto run = [](void* machine, Session& owner, const engine::CommandSpec& spec,
                        engine::Arguments argv, resp::ReplyWriter& to, LocalRequests& asked) {
      static_cast<Machine*>(machine)->run_local(owner, spec, argv, to, asked, true);
    };
    ExecLocals locals(this, run, session, *transaction, requests);
    engine_.apply(element, reply, effects_, &locals);
    for (const Transaction::Queued& queued : transaction->commands()) {
      const std::vector<std::string_view> words(queued.words.begin(), queued.words.end());
      if (!monitors_.empty()) show_to_monitors(session, words, queued.database);
    }
    const std::string_view exec[] = {"exec"};
    note_command(session, *operation.spec, exec, session.database, begun);
  } else {
    engine_.apply(element, reply, effects_);
    if (element.kind == engine::ElementKind::kCommand)
      note_command(session, *operation.spec, element.argv, element.database, begun);
  }
  if (is_waiting(element)) {
    operation.is_blocked = true;
    session.last_write = entry.index;
    return;
  }
  if (has_fixed_reply && !operation.is_silent) {
    const std::size_t start = session.output.size();
    session.output.append(operation.bytes);
    answered(session, start);
  } else if (!operation.is_silent) {
    answered(session, before);
  }
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
