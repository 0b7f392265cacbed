// Batches of members that do not lead, on their way to the service of the one that does, and what
// it says to them. Invariant: what reaches the service of a leader can be applied, and is of a
// member that follows it in its own term.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/codec.h"
#include "engine/elements/batch.h"
#include "node/consensus/machine.h"

namespace node {
namespace {

constexpr auto kPutOffMax = base::milliseconds(100);

}  // namespace

void Consensus::Machine::forward(ForwardBatch& message) {
  const raft::Raft& raft = groups_.at(message.group).raft();
  const NodeId leader = raft.leader();
  const bool is_led = raft.term() == message.term && !leader.is_none() && leader != options_.self;
  std::string body;
  base::Encoder out(body);
  out.u32(message.group.value());
  out.u64(message.term.value());
  out.u64(options_.epoch);
  out.u64(message.id);
  out.u64(message.previous);
  body += message.payload;
  if (!is_led || !links_.send_beside(leader, WireKind::kForward, std::move(body)))
    for_service_.emplace_back(ForwardAnswered{message.group, message.term, message.id, false});
}

void Consensus::Machine::on_forwarded(NodeId from, WireMessage& said) {
  base::Decoder in(said.body);
  BatchForwarded told;
  told.from = from;
  told.group = told.batch.group = GroupId(in.u32());
  told.batch.term = Term(in.u64());
  told.epoch = in.u64();
  told.batch.id = in.u64();
  told.batch.previous = in.u64();
  told.batch.payload = in.rest();
  if (!in.ok() || told.batch.id == 0 || !engine::is_sealed(told.batch.payload))
    return links_.close_peer(from, "it forwarded a malformed batch");
  const auto group = groups_.find(told.group);
  if (group == groups_.end() || group->second.raft().membership().find(from) == nullptr) return;
  const raft::Raft& raft = group->second.raft();
  if (raft.role() == raft::Role::kLeader && raft.term() == told.batch.term) {
    for_service_.emplace_back(std::move(told));
  } else {
    answer_forward({.group = told.group,
                    .to = from,
                    .epoch = told.epoch,
                    .term = told.batch.term,
                    .id = told.batch.id,
                    .is_taken = false});
  }
}

void Consensus::Machine::answer_taken(GroupId id, const std::vector<GuestBatch>& batches) {
  for (const GuestBatch& taken : batches) {
    answer_forward({.group = id,
                    .to = taken.member,
                    .epoch = taken.epoch,
                    .term = taken.term,
                    .id = taken.id,
                    .is_taken = true});
  }
}

void Consensus::Machine::answer_forward(const AnswerForward& message) {
  std::string body;
  base::Encoder out(body);
  out.u32(message.group.value());
  out.u64(message.epoch);
  out.u64(message.term.value());
  out.u64(message.id);
  out.u8(message.is_taken ? 1 : 0);
  links_.send(message.to, WireKind::kForwardAnswer, std::move(body));
}

// Of an earlier run of this process: nobody asked.
void Consensus::Machine::on_forward_answer(NodeId from, const WireMessage& said) {
  base::Decoder in(said.body);
  ForwardAnswered told;
  told.group = GroupId(in.u32());
  const std::uint64_t epoch = in.u64();
  told.term = Term(in.u64());
  told.id = in.u64();
  told.is_taken = in.u8() != 0;
  if (!in.ok() || !in.at_end()) return links_.close_peer(from, "it sent a malformed message");
  if (epoch != options_.epoch) return;
  if (told.is_taken)
    put_off(told);
  else
    for_service_.emplace_back(told);
}

// Nobody waits for it. It does not wake the service, but goes along with what does.
void Consensus::Machine::put_off(FromConsensus message) {
  if (put_off_.empty()) put_off_until_ = now_ + kPutOffMax;
  put_off_.push_back(std::move(message));
}

void Consensus::Machine::tell_put_off(ConsensusOutput& out) {
  if (put_off_.empty()) return;
  if (out.to_service.empty() && now_ < put_off_until_) {
    out.next_deadline = std::min(out.next_deadline, put_off_until_);
    return;
  }
  out.to_service.insert(out.to_service.begin(), std::make_move_iterator(put_off_.begin()),
                        std::make_move_iterator(put_off_.end()));
  put_off_.clear();
}

}  // namespace node
