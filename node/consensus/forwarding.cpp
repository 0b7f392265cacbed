#include "node/consensus/forwarding.h"

#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "engine/elements/batch.h"

namespace node {
namespace {

constexpr auto kTakenWaitsMax = base::milliseconds(100);

}  // namespace

void Forwarding::forward(ForwardBatch& message, const raft::Raft& raft) {
  const NodeId leader = raft.leader();
  const bool is_led = raft.term() == message.term && !leader.is_none() && leader != self_;
  std::string body;
  base::Encoder out(body);
  out.u32(message.group.value());
  out.u64(message.term.value());
  out.u64(epoch_);
  out.u64(message.id);
  out.u64(message.previous);
  body += message.payload;
  if (!is_led || !links_.send_beside(leader, WireKind::kForward, std::move(body)))
    outgoing_.tell(ForwardAnswered{message.group, message.term, message.id, false});
}

void Forwarding::on_forwarded(NodeId from, WireMessage& said) {
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
  const Group* group = groups_.find(told.group);
  if (group == nullptr || group->raft().membership().find(from) == nullptr) return;
  const raft::Raft& raft = group->raft();
  if (raft.role() == raft::Role::kLeader && raft.term() == told.batch.term) {
    outgoing_.tell(std::move(told));
  } else {
    answer({.group = told.group,
            .to = from,
            .epoch = told.epoch,
            .term = told.batch.term,
            .id = told.batch.id,
            .is_taken = false});
  }
}

void Forwarding::answer_taken(GroupId group, const std::vector<GuestBatch>& batches) {
  for (const GuestBatch& taken : batches) {
    answer({.group = group,
            .to = taken.member,
            .epoch = taken.epoch,
            .term = taken.term,
            .id = taken.id,
            .is_taken = true});
  }
}

void Forwarding::answer(const AnswerForward& message) {
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
void Forwarding::on_answer(base::Instant now, NodeId from, const WireMessage& said) {
  base::Decoder in(said.body);
  ForwardAnswered told;
  told.group = GroupId(in.u32());
  const std::uint64_t epoch = in.u64();
  told.term = Term(in.u64());
  told.id = in.u64();
  told.is_taken = in.u8() != 0;
  if (!in.ok() || !in.at_end()) return links_.close_peer(from, "it sent a malformed message");
  if (epoch != epoch_) return;
  if (!told.is_taken) return outgoing_.tell(told);
  if (taken_.empty()) tell_taken_by_ = now + kTakenWaitsMax;
  taken_.push_back(told);
}

void Forwarding::tell_taken(base::Instant now, ConsensusOutput& out) {
  if (taken_.empty()) return;
  if (out.to_service.empty() && now < tell_taken_by_) {
    out.next_deadline = std::min(out.next_deadline, tell_taken_by_);
    return;
  }
  out.to_service.insert(out.to_service.begin(), taken_.begin(), taken_.end());
  taken_.clear();
}

}  // namespace node
