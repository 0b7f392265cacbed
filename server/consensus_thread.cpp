#include "server/consensus_thread.h"

#include <unistd.h>

#include <algorithm>

#include "server/clock.h"

namespace server {

ConsensusThread::ConsensusThread(Mail& mail, node::ConsensusOptions options, LogFile& log,
                                 persistence::Directory& directory,
                                 const RunningCommand& running_command,
                                 std::function<void()> restart)
    : mail_(mail),
      log_(log),
      directory_(directory),
      running_command_(running_command),
      restart_(std::move(restart)),
      consensus_(std::move(options)),
      peers_(loop_, consensus_, has_turn_) {
  mail_.consensus.set_wake([this] { loop_.wake(); });
  mail_.consensus.set_visit([this] { return visit(); });
}

base::Status ConsensusThread::listen(const std::vector<std::string>& hosts, std::uint16_t port) {
  for (std::string host : hosts) {
    const bool is_optional = host.starts_with('-');
    if (is_optional) host.erase(0, 1);
    const base::Status status = peers_.listen(host == "*"     ? "0.0.0.0"
                                              : host == "::*" ? "::"
                                                              : host,
                                              port);
    if (!status.ok() && !is_optional) return status;
  }
  return base::success();
}

void ConsensusThread::start() {
  thread_ = std::thread([this] {
    loop_.run([this] { return turn(); }, [this] { return mail_.consensus.announce_sleep(); });
  });
}

void ConsensusThread::stop() {
  is_stop_asked_ = true;
  loop_.wake();
  thread_.join();
  is_alone_ = false;  // nobody comes any more
}

// Each line of the log says what the node is at that moment.
void ConsensusThread::note_role(const node::ConsensusOutput& output) {
  for (const node::FromConsensus& message : output.to_service) {
    const auto* leadership = std::get_if<node::Leadership>(&message);
    if (leadership == nullptr) continue;
    const bool is_leader = leadership->role == raft::Role::kLeader;
    log_.set_role(is_leader ? 'M' : 'S');
    is_alone_ = is_leader && leadership->is_sole_voter;
  }
}

// This thread may wait for that: the node is a member of nothing any more.
void ConsensusThread::write_identity(const persistence::Identity& identity) {
  const base::Status status = directory_.set_identity(identity);
  if (status.ok()) return;
  log_.warning(status.error().text() + ". This node stops: it must not forget who it is.");
  log_.flush();
  _exit(1);
}

node::ConsensusOutput ConsensusThread::take_turn() {
  mail_.consensus.take(received_);
  for (ConsensusMail& mail : received_) {
    std::visit([this](auto& message) { consensus_.receive(std::move(message)); }, mail);
  }
  consensus_.on_service_activity(running_command_.read());
  node::ConsensusOutput output = consensus_.turn(read_clocks());
  for (const node::LogLine& line : output.lines) log_.write(line.level, line.text);
  note_role(output);
  if (output.identity) write_identity(*output.identity);
  if (output.old_copy) {
    log_.warning("this directory is " + *output.old_copy);
    persistence::Directory::note_damage(directory_.path(), *output.old_copy);
  }
  return output;
}

// All but what is for the peers.
void ConsensusThread::carry_out(node::ConsensusOutput& output) {
  mail_.log.send_all(output.to_log);
  mail_.state.send_all(output.to_state);
  mail_.service.send_all(output.to_service);
  if (output.fatal) {
    log_.warning(*output.fatal);
    log_.flush();
    _exit(1);
  }
  if (output.restarts) restart_();
}

base::Instant ConsensusThread::turn() {
  const std::lock_guard lock(has_turn_);
  peers_.take_names();
  for (node::ConsensusOutput& output : left_) peers_.carry_out(output);
  left_.clear();
  node::ConsensusOutput output = take_turn();
  // The longest way first: what leaves for the peers travels, is synced there and comes back.
  peers_.carry_out(output);
  carry_out(output);
  if (is_stop_asked_) loop_.stop();
  return due_ = consensus_.has_more_to_send() ? base::Instant{} : output.next_deadline;
}

bool ConsensusThread::visit() {
  if (!is_alone_) return false;
  const std::unique_lock lock(has_turn_, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  while (is_alone_) {
    node::ConsensusOutput output = take_turn();
    carry_out(output);
    leave_for_peers(std::move(output));
    if (mail_.consensus.sleeps_on()) return true;
  }
  return false;
}

// And a turn that is due earlier than this thread knows.
void ConsensusThread::leave_for_peers(node::ConsensusOutput&& output) {
  const bool is_for_peers =
      !output.sends.empty() || !output.closes.empty() || !output.dials.empty();
  if (!is_for_peers && !consensus_.has_more_to_send() && output.next_deadline >= due_) return;
  due_ = std::min(due_, output.next_deadline);
  if (is_for_peers) left_.push_back(std::move(output));
  loop_.wake();
}

}  // namespace server
