#include "node/replica/guests.h"

#include <algorithm>
#include <utility>

namespace node {

void Guests::on(BatchForwarded& message) {
  Guest& guest = guests_[message.from];
  if (guest.epoch != message.epoch) {
    guest = {};
    guest.epoch = message.epoch;
  }
  ForwardBatch& batch = message.batch;
  const bool is_served = parts_.terms.is_serving() && !parts_.disk.is_full &&
                         batch.term == parts_.terms.leadership().term;
  const bool follows = batch.previous == 0 || batch.previous == guest.last();
  if (is_served && batch.id <= guest.proposed) return answer(message.from, guest, batch.id, true);
  if (is_served && batch.id <= guest.last()) return;  // it is answered when it is in the log
  if (!is_served || !follows) return answer(message.from, guest, batch.id, false);
  guest.waiting.push_back({batch.id, std::move(batch.payload)});
  if (guest.under_way == 0) propose_next(message.from, guest);
}

void Guests::propose_next(base::NodeId member, Guest& guest) {
  guest.under_way = 0;
  if (guest.waiting.empty()) return;
  auto& [id, payload] = guest.waiting.front();
  engine::stamp_anew(payload, parts_.proposals.entry_time_ms(), parts_.memory.content_limit(),
                     parts_.members.rules_to_propose());
  guest.under_way = next_++;
  parts_.ground.turn.to_consensus.emplace_back(
      ProposeBatch{.group = parts_.ground.options.group,
                   .id = guest.under_way,
                   .payload = std::move(payload),
                   .guest = GuestBatch{.member = member,
                                       .epoch = guest.epoch,
                                       .id = id,
                                       .term = parts_.terms.leadership().term}});
}

std::map<base::NodeId, Guests::Guest>::iterator Guests::find(std::uint64_t under_way) {
  return std::ranges::find_if(guests_,
                              [&](const auto& one) { return one.second.under_way == under_way; });
}

// The member has been told.
void Guests::on(const BatchProposed& message) {
  const auto found = find(message.id);
  if (found == guests_.end()) return;
  auto& [member, guest] = *found;
  guest.proposed = guest.waiting.front().id;
  guest.waiting.pop_front();
  propose_next(member, guest);
}

void Guests::on(const BatchRefused& message) {
  const auto found = find(message.id);
  if (found == guests_.end()) return;
  auto& [member, guest] = *found;
  for (const Waiting& one : std::exchange(guest.waiting, {})) answer(member, guest, one.id, false);
  guest.under_way = 0;
}

void Guests::answer(base::NodeId to, const Guest& guest, std::uint64_t id, bool is_taken) {
  parts_.ground.turn.to_consensus.emplace_back(AnswerForward{.group = parts_.ground.options.group,
                                                             .to = to,
                                                             .epoch = guest.epoch,
                                                             .term = parts_.terms.leadership().term,
                                                             .id = id,
                                                             .is_taken = is_taken});
}

}  // namespace node
