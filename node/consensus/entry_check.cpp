#include "node/consensus/entry_check.h"

#include <algorithm>

#include "engine/elements/batch.h"
#include "node/consensus/meeting_messages.h"

namespace node {
namespace {

bool is_batch(std::string_view payload) {
  engine::BatchReader reader(payload);
  engine::Element element;
  while (reader.next(element)) {
  }
  return reader.ok();
}

bool can_be_applied(const raft::Entry& entry) {
  if (entry.kind == raft::EntryKind::kBatch) return is_batch(entry.payload);
  if (entry.kind == raft::EntryKind::kDissolve)
    return decode_dissolution(entry.payload).has_value();
  return true;
}

}  // namespace

bool can_be_applied(const raft::Message& message) {
  const auto* append = std::get_if<raft::Append>(&message.body);
  return append == nullptr ||
         std::all_of(append->entries.begin(), append->entries.end(),
                     [](const raft::EntryPtr& entry) { return can_be_applied(*entry); });
}

}  // namespace node
