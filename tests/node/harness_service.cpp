#include "tests/node/harness_service.h"

#include "base/check.h"
#include "engine/elements/batch.h"

namespace node_test {
namespace {

// The consensus machine takes no batch that cannot be read (entry_check.h).
std::string batch_of(const std::string& payload) {
  engine::BatchWriter writer;
  writer.command(0, {}, false, std::vector<std::string_view>{"RPUSH", payload});
  return writer.seal(0, 0);
}

std::string payload_of(const std::string& batch) {
  engine::BatchReader reader(batch);
  engine::Element element;
  CHECK(reader.next(element) && element.argv.size() == 2);
  return std::string(element.argv[1]);
}

}  // namespace

ListService::ListService(const std::optional<raft::SnapshotMeta>& checkpoint) {
  if (checkpoint) begin_loading(*checkpoint);
}

void ListService::receive(node::FromConsensus message) {
  std::visit([this](const auto& specific) { on(specific); }, message);
}

std::uint64_t ListService::propose(const std::string& payload) {
  to_consensus.emplace_back(node::ProposeBatch{.group = base::kFirstGroup,
                                               .id = next_id_,
                                               .payload = batch_of(payload),
                                               .refusals_heard = refusals_heard_});
  return next_id_++;
}

std::uint64_t ListService::ask_read() {
  to_consensus.emplace_back(node::AskRead{base::kFirstGroup, next_id_});
  return next_id_++;
}

void ListService::transfer(base::NodeId target) {
  to_consensus.emplace_back(node::BeginTransfer{base::kFirstGroup, target});
}

std::uint64_t ListService::request(decltype(node::ClusterRequest::what) what) {
  to_consensus.emplace_back(
      node::ClusterRequest{.group = base::kFirstGroup, .id = next_id_, .what = std::move(what)});
  return next_id_++;
}

void ListService::on(const node::Committed& message) {
  std::size_t bytes = 0;
  for (const raft::EntryPtr& entry : message.entries) {
    bytes += entry->payload.size();
    if (is_loading_)
      held_.push_back(entry);
    else
      apply(*entry);
  }
  most_bytes_in_one = std::max(most_bytes_in_one, bytes);
}

void ListService::apply(const raft::Entry& entry) {
  CHECK(entry.index == applied.next());
  applied = entry.index;
  applied_term_ = entry.term;
  if (entry.kind == raft::EntryKind::kBatch) list.push_back(payload_of(entry.payload));
  if (entry.kind == raft::EntryKind::kMembership)
    membership = raft::decode_membership(entry.payload).value();
  if (entry.kind == raft::EntryKind::kDissolve)
    to_consensus.emplace_back(node::Dissolved{base::kFirstGroup, list.empty(), entry.payload});
  to_consensus.emplace_back(node::AppliedUpTo{base::kFirstGroup, applied});
}

void ListService::on(const node::StateReplaced& message) {
  ++replacements;
  membership = message.meta.membership;
  held_.clear();
  begin_loading(message.meta);
}

void ListService::begin_loading(const raft::SnapshotMeta& meta) {
  applied = meta.index;
  applied_term_ = meta.term;
  list.clear();
  is_loading_ = true;
  to_state.emplace_back(node::LoadPage{});
}

void ListService::receive(node::FromState message) {
  if (std::holds_alternative<node::CheckpointDone>(message)) ++checkpoints;
  const auto* loaded = std::get_if<node::LoadedPage>(&message);
  if (loaded == nullptr || !is_loading_) return;
  for (const base::Row& row : loaded->page.rows) list.push_back(row.body);
  if (!loaded->page.is_last)
    return to_state.emplace_back(node::LoadPage{loaded->page.rows.back().key}), void();
  is_loading_ = false;
  to_consensus.emplace_back(node::AppliedUpTo{base::kFirstGroup, applied});
  for (const raft::EntryPtr& entry : std::exchange(held_, {})) apply(*entry);
}

void ListService::checkpoint() {
  to_state.emplace_back(node::CheckpointBegin{applied});
  node::CheckpointRows rows;
  for (std::size_t i = 0; i < list.size(); ++i)
    rows.rows.push_back({.key = {.keyspace = 1, .position = i}, .body = list[i]});
  to_state.emplace_back(std::move(rows));
  node::CheckpointFinish finish{.group = base::kFirstGroup, .meta = {}};
  finish.meta.index = applied;
  finish.meta.term = applied_term_;
  finish.meta.membership = membership;
  to_state.emplace_back(std::move(finish));
}

}  // namespace node_test
