#include "node/consensus/group.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/failpoint.h"
#include "base/limits.h"
#include "node/messages/names.h"

namespace node {
namespace {

constexpr std::uint64_t kDissolveProposal = ~std::uint64_t{0};  // no batch has that number

// What the core alone answers.
raft::Input input_of(const AskRead& message) {
  return raft::ReadTicket{message.id, message.is_by_round};
}
raft::Input input_of(const LeaseEnded& message) { return raft::LeaseEnded{message.number}; }

template <class Items>
void move_all(Items& from, Items& into) {
  for (auto& item : from) into.push_back(std::move(item));
  from.clear();
}

}  // namespace

Group::Group(raft::Options options, raft::Restored restored, std::uint64_t sequence,
             bool wants_vote)
    : id_(options.group),
      self_(options.self),
      base_membership_(restored.snapshot.membership),
      raft_(options, restored),
      log_(options.group, sequence, restored),
      delivery_(options.group, restored.snapshot.index, restored.snapshot.term),
      transfer_(options, wants_vote),
      snapshots_(options.group) {}

// -- inputs

void Group::start(base::Instant now) {
  news_.has_changed = true;
  tell_service(BaseMembership{id_, base_membership_, true});
  step(now, raft::Tick{});
}

void Group::receive(base::Instant now, raft::Message message) {
  FAILPOINT_IF("transfer.received", std::holds_alternative<raft::TimeoutNow>(message.body));
  if (const auto* append = std::get_if<raft::Append>(&message.body))
    delivery_.on_told_commit(message.term, append->commit);
  step(now, raft::Received{std::move(message)});
}

void Group::receive(base::Instant now, ToConsensus message) {
  now_ = now;
  std::visit(
      [this](auto& specific) {
        if constexpr (requires { this->on(specific); })
          this->on(specific);
        else if constexpr (requires { input_of(specific); })
          step(now_, input_of(specific));
      },
      message);
}

void Group::receive(base::Instant now, FromLog message) {
  now_ = now;
  std::visit([this](auto& specific) { on(specific); }, message);
}

void Group::receive(base::Instant now, FromState message) {
  if (const auto* failed = std::get_if<StreamFailed>(&message))
    say(LogLevel::kWarning, text_of(*failed));
  const auto* stored = std::get_if<ChunkStored>(&message);
  if (stored != nullptr && stored->is_installed) {
    // Before the core goes on: what it commits next follows the new state.
    delivery_.replace(stored->meta);
    tell_service(StateReplaced{id_, stored->meta});
  }
  if (std::optional<raft::Input> input = snapshots_.take(std::move(message)))
    step(now, std::move(*input));
}

void Group::on(ProposeBatch& message) {
  if (message.payload.size() > base::limits::kUncommittedBytesMax) {
    say(LogLevel::kWarning, "a batch of " + std::to_string(message.payload.size()) +
                                " bytes is above the limit of an entry, refused");
    return tell_service(BatchRefused{id_, message.id, raft::RefusalReason::kTooMuchUncommitted});
  }
  // The member has sent it to the leader of a later term, if it has not met it in the log by then.
  if (message.guest && message.guest->term != raft_.term())
    return tell_service(BatchRefused{id_, message.id, raft::RefusalReason::kNotLeader});
  if (!message.guest && message.refusals_heard < refusals_)
    return tell_service(BatchRefused{id_, message.id, raft::RefusalReason::kTransferring,
                                     std::move(message.payload), ++refusals_});
  member_batches_.begin(message.guest);
  step(now_, raft::Propose{.id = message.id,
                           .kind = raft::EntryKind::kBatch,
                           .payload = std::move(message.payload)});
  member_batches_.begin(std::nullopt);
}

// What the service said before it learned of a new state may lie behind it; never beyond what it
// was given.
void Group::on(const AppliedUpTo& message) {
  if (delivery_.on_applied(message.index)) step(now_, raft::Applied{message.index});
}

void Group::on(const BeginTransfer& message) {
  std::string why_not = begin_transfer(now_, message.target);
  if (!why_not.empty()) tell_service(transfer_.end(false, std::move(why_not)));
}

void Group::on(const LogDurable& message) {
  log_bytes_ = message.log_bytes;
  while (std::optional<GroupLog::Written> written = log_.take_written(message.sequence)) {
    move_all(written->messages, news_.messages);
    step(now_, raft::Durable{written->raft_sequence});
  }
}

void Group::on(const LogVoted& message) {
  std::vector<raft::Message> votes = log_.take_votes(message.sequence);
  move_all(votes, news_.messages);
}

void Group::on(LogEntries& message) {
  if (log_.take_read() == GroupLog::ReadFor::kCore)
    return step(now_, raft::EntriesRead{message.first, std::move(message.entries)});
  const bool follows = message.first == delivery_.delivered().next() && !message.entries.empty();
  if (follows) tell_service(delivery_.hand_over(std::move(message.entries), raft_.committed()));
}

void Group::on(const LogSpace& message) {
  transfer_.on_disk(now_, message.is_full);
  tell_service(DiskState{message.is_full, message.detail});
  say(LogLevel::kWarning,
      message.is_full
          ? "the disk of the log is full, this node acknowledges nothing: " + message.detail
          : "the disk of the log has room again");
}

std::string Group::begin_transfer(base::Instant now, NodeId target) {
  std::string why_not = LeadershipTransfer::objection_to(target, raft_);
  if (!why_not.empty()) return why_not;
  tell_service(transfer_.begin(now));  // before what comes of it
  step(now, raft::Transfer{target});
  return {};
}

bool Group::dissolve(base::Instant now, std::string payload) {
  is_dissolving_ = raft_.role() == raft::Role::kLeader && raft_.membership().members.size() == 1;
  if (is_dissolving_)
    step(now, raft::Propose{.id = kDissolveProposal,
                            .kind = raft::EntryKind::kDissolve,
                            .payload = std::move(payload)});
  return is_dissolving_;
}

// -- what the core asks for

void Group::step(base::Instant now, raft::Input input) {
  now_ = now;
  raft::Output out = raft_.step(now_, std::move(input));
  carry_out(out);
}

void Group::carry_out(raft::Output& out) {
  for (std::string& note : out.notes) say(LogLevel::kNotice, std::move(note));
  if (out.role_change) on_role(*out.role_change);
  if (out.membership_change) {
    FAILPOINT("membership.appended");
    news_.has_changed = true;  // is_sole_voter may have changed
    tell_leadership();
  }
  for (raft::Message& message : out.messages) {
    FAILPOINT_IF("transfer.told", std::holds_alternative<raft::TimeoutNow>(message.body));
    news_.messages.push_back(std::move(message));
  }
  for (raft::Persist& persist : out.persists)
    out_.to_log.emplace_back(log_.append(persist, raft_.hard_state()));
  if (out.has_recalled) out_.to_log.emplace_back(LogTrust{});
  for (const raft::EntryRead& read : out.entry_reads) {
    out_.to_log.emplace_back(
        log_.read(GroupLog::ReadFor::kCore, read.first, read.last, read.bytes_max));
  }
  snapshots_.ask(out, out_.to_state);
  carry_out_answers(out);
  if (const std::optional<LogDiscard> discard = log_.discard(out.discardable)) {
    out_.to_log.emplace_back(*discard);
    say(LogLevel::kNotice,
        "the log up to index " + std::to_string(discard->through.value()) + " is no longer needed");
  }
}

void Group::carry_out_answers(raft::Output& out) {
  for (const raft::Proposed& proposed : out.proposed) {
    if (proposed.id == kDissolveProposal) continue;
    tell_service(BatchProposed{id_, proposed.id, proposed.index, proposed.term});
    member_batches_.on_proposed(proposed.index);
  }
  for (raft::Refused& refused : out.refused) {
    if (refused.id == kDissolveProposal) {
      is_dissolving_ = false;
      continue;
    }
    const bool is_turned_away = refused.reason != raft::RefusalReason::kTooMuchUncommitted;
    if (is_turned_away && member_batches_.is_own()) ++refusals_;
    tell_service(
        BatchRefused{id_, refused.id, refused.reason, std::move(refused.payload), refusals_});
  }
  for (const raft::Changed& changed : out.changed) news_.changes.push_back(changed);
  for (const raft::ReadGranted& read : out.reads) tell_service(ReadReady{id_, read.id, read.index});
  for (const std::uint64_t id : out.read_refusals) tell_service(ReadDenied{id_, id});
  if (out.lease) tell_service(Lease{id_, *out.lease});
}

void Group::on_role(const raft::RoleChange& change) {
  const bool is_new_leader = change.leader != role_.leader || change.term != role_.term;
  if (change.role == raft::Role::kCandidate && change.term != role_.term) ++elections_;
  if (is_new_leader && !change.leader.is_none() && change.leader != self_) {
    say(LogLevel::kNotice, "following leader " + short_name(change.leader) + " in term " +
                               std::to_string(change.term.value()));
  }
  const bool is_elected = change.role == raft::Role::kLeader && role_.role != change.role;
  if (is_elected && !transfer_.wants_vote() && raft_.is_sole_voter()) {
    say(LogLevel::kWarning,
        "raft-voter no, but this node is the only voter of its cluster: it goes on as one");
  }
  role_ = change;
  news_.has_changed = true;
  member_batches_.forget_waiting();
  tell_leadership();
}

void Group::tell_leadership() {
  tell_service(Leadership{id_, raft_.term(), raft_.role(), raft_.leader(), raft_.is_sole_voter(),
                          raft_.was_handed_over()});
}

// -- a turn

// A heartbeat says no more than what the member has and the leader has committed.
void Group::tell_commits() {
  if (!member_batches_.is_anyone_waiting()) return;
  for (const raft::PeerProgress& peer : raft_.progress()) {
    const LogIndex known = std::min(raft_.tellable_commit(), peer.match);
    if (member_batches_.must_tell(peer.id, known)) step(now_, raft::TellCommit{peer.id});
  }
}

void Group::hand_leadership_over() {
  if (transfer_.must_flee_full_disk(now_, raft_)) step(now_, raft::Transfer{});
  if (transfer_.should_hand_over(now_, raft_) && begin_transfer(now_, {}).empty())
    say(LogLevel::kNotice, "raft-voter no: this node hands leadership over to one that votes");
  if (std::optional<TransferDone> done = transfer_.advance(now_, raft_))
    tell_service(std::move(*done));
}

void Group::deliver() {
  while (!log_.is_reading_for_delivery() && delivery_.delivered() < raft_.committed() &&
         delivery_.room() > 0) {
    const LogIndex next = delivery_.delivered().next();
    std::vector<raft::EntryPtr> entries = raft_.entries(next, raft_.committed(), delivery_.room());
    if (entries.empty()) {
      out_.to_log.emplace_back(
          log_.read(GroupLog::ReadFor::kDelivery, next, raft_.committed(), delivery_.room()));
      return;
    }
    if (!delivery_.has_room_for(*entries.front())) return;
    tell_service(delivery_.hand_over(std::move(entries), raft_.committed()));
  }
}

Group::News Group::finish_turn(base::Instant now, ConsensusOutput& out) {
  now_ = now;
  if (raft_.next_deadline() <= now) step(now, raft::Tick{});
  tell_commits();
  hand_leadership_over();
  deliver();
  if (const auto caught_up = delivery_.look_whether_caught_up(raft_)) tell_service(*caught_up);
  move_all(out_.to_log, out.to_log);
  move_all(out_.to_state, out.to_state);
  move_all(out_.to_service, out.to_service);
  move_all(out_.lines, out.lines);
  news_.taken_batches = member_batches_.take_taken();
  return std::exchange(news_, {});
}

base::Instant Group::next_deadline() const {
  return std::min(raft_.next_deadline(), transfer_.next_deadline());
}

Group::Counters Group::counters() const {
  return {.elections = elections_,
          .snapshots_sent = snapshots_.sent(),
          .snapshots_installed = snapshots_.installed(),
          .log_bytes = log_bytes_,
          .logged_bytes = log_.logged_bytes()};
}

}  // namespace node
