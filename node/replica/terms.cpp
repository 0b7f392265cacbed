#include "node/replica/terms.h"

namespace node {

bool Terms::is_deposed_by(const Leadership& next) {
  doubted_until_ = {};
  return is_leader() && (next.role != raft::Role::kLeader || next.term != leadership_.term);
}

bool Terms::adopt(const Leadership& next) {
  const bool was_leader = is_leader();
  const bool is_new_term = next.term != leadership_.term;
  const bool knew_leader = !leadership_.leader.is_none();
  leadership_ = next;
  if (knew_leader && next.leader.is_none()) leaderless_since_ = turn_.now();
  has_followed_ |= !next.leader.is_none() && next.leader != self_;
  was_down_told_ = false;
  has_news_ = true;
  const bool is_elected = is_leader() && (!was_leader || is_new_term);
  if (is_elected) serves_term_ = false;
  return is_elected;
}

void Terms::begin_serving() {
  CHECK(is_leader());
  serves_term_ = true;
  has_news_ = true;
}

void Terms::on_deposed() {
  serves_term_ = false;
  leaderless_since_ = turn_.now();
}

// From now on nobody is known to lead: what was refused waits as long as what comes.
void Terms::doubt() {
  constexpr auto kDoubtWait = base::milliseconds(1000);
  if (turn_.now() >= doubted_until_) leaderless_since_ = turn_.now();
  doubted_until_ = turn_.now() + kDoubtWait;
}

void Terms::end_doubt() {
  doubted_until_ = {};
  has_news_ = true;
}

void Terms::stand_outside(std::string why) {
  CHECK(!why.empty());
  outside_ = std::move(why);
  serves_term_ = false;
  has_news_ = true;
}

void Terms::advance(Turn& turn, bool has_leader) {
  if (doubted_until_ != base::Instant{}) {
    if (turn_.now() < doubted_until_) turn.due(doubted_until_);
    if (turn_.now() >= doubted_until_) end_doubt();
  }
  // Those who were already in a queue when the leader was lost.
  if (is_leader() || has_leader || was_down_told_) return;
  const base::Instant deadline = leaderless_since_ + kLeaderWait;
  if (turn_.now() >= deadline) was_down_told_ = has_news_ = true;
  if (turn_.now() < deadline) turn.due(deadline);
}

}  // namespace node
