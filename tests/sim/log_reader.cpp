#include "tests/sim/log_reader.h"

#include <algorithm>
#include <set>

#include "engine/command/table.h"
#include "resp/reply_reader.h"
#include "tests/sim/exchange.h"
#include "tests/sim/violation.h"

namespace sim {
namespace {

// Registers, counters and twins; a key with an expiry has no history by position.
bool is_judged(std::string_view word) {
  const bool is_kind = word.starts_with('r') || word.starts_with('c') || word.starts_with('t');
  return is_kind && word.size() > 1 && word[1] >= '0' && word[1] <= '9';
}

}  // namespace

void LogReader::on_chosen(const raft::Entry& entry) {
  DEMAND(entry.index.value() == applied_ + 1, "the chosen log has a gap");
  applied_ = entry.index.value();
  if (entry.kind != raft::EntryKind::kBatch) return;
  std::set<std::string, std::less<>> touched;
  elements_.begin(entry.payload);
  engine_.begin_entry({.index = entry.index,
                       .time_ms = elements_.reader().time_ms(),
                       .seed = elements_.reader().seed(),
                       .content_limit = elements_.reader().content_limit(),
                       .rules = elements_.reader().rules()});
  std::string replies;
  while (const engine::Element* element = elements_.next()) {
    const auto look_at = [&](const std::vector<std::string_view>& words) {
      for (const std::string_view word : words) {
        if (is_judged(word)) touched.emplace(word);
      }
    };
    // An element's other vectors are those of an earlier one.
    const bool is_command = element->kind == engine::ElementKind::kCommand ||
                            element->kind == engine::ElementKind::kBlocking;
    if (is_command) look_at(element->argv);
    if (element->kind == engine::ElementKind::kExec) {
      for (const engine::QueuedCommand& command : element->commands)
        look_at({command.argv.begin(), command.argv.end()});
    }
    replies.clear();
    resp::ReplyWriter reply(replies, 2);
    effects_.wants_events = true;
    engine_.apply(*element, reply, effects_);
    note_events();
    effects_ = {};
  }
  engine_.end_entry();
  for (const std::string& key : touched) note(key, applied_);
}

void LogReader::note_events() {
  for (engine::KeyspaceEvent& event : effects_.events) {
    events_.push_back({"__keyevent@" + std::to_string(event.database) + "__:" + event.event,
                       std::move(event.key)});
  }
}

void LogReader::note(std::string_view key, std::uint64_t index) {
  static const engine::CommandSpec* const get = engine::engine_commands().find("get");
  const std::string_view words[] = {"get", key};
  std::string text;
  resp::ReplyWriter reply(text, 2);
  (void)engine_.query({.spec = get, .argv = words, .may_propose_time = false}, reply);
  resp::ReplyReader reader;
  reader.feed(text);
  const auto value = reader.next();
  DEMAND(value.has_value(), "GET says " + text);
  std::vector<Version>& versions = keys_[std::string(key)];
  std::string now = canonical(*value);
  if (versions.empty() || versions.back().value != now) versions.push_back({index, std::move(now)});
}

std::string LogReader::value_at(const std::string& key, std::uint64_t index) const {
  const auto versions = keys_.find(key);
  if (versions == keys_.end()) return "nil";
  const auto after =
      std::upper_bound(versions->second.begin(), versions->second.end(), index,
                       [](std::uint64_t at, const Version& each) { return at < each.index; });
  return after == versions->second.begin() ? "nil" : std::prev(after)->value;
}

bool LogReader::fits(const std::vector<Operation>& reads, std::uint64_t index) const {
  return std::all_of(reads.begin(), reads.end(), [&](const Operation& read) {
    return value_at(read.key, index) == read.steps[0].result;
  });
}

void LogReader::on_applied(std::uint64_t index, Time now) {
  if (applied_first_.empty() || applied_first_.back().second < index)
    applied_first_.emplace_back(now, index);
}

std::uint64_t LogReader::applied_by(Time time) const {
  const auto later =
      std::upper_bound(applied_first_.begin(), applied_first_.end(), time,
                       [](Time wanted, const auto& each) { return wanted < each.first; });
  return later == applied_first_.begin() ? 0 : std::prev(later)->second;
}

// The least prefix that fits leaves the most room for what follows.
void LogReader::on_read(std::uint64_t connection, const std::vector<Operation>& reads,
                        Time level_at) {
  std::uint64_t& seen = seen_[connection];
  seen = std::max(seen, applied_by(level_at));
  std::set<std::uint64_t> tried = {seen};
  for (const Operation& read : reads) {
    if (const auto versions = keys_.find(read.key); versions != keys_.end()) {
      for (const Version& version : versions->second) {
        if (version.index > seen) tried.insert(version.index);
      }
    }
  }
  for (const std::uint64_t index : tried) {
    if (!fits(reads, index)) continue;
    seen = index;
    return;
  }
  std::string what;
  for (const Operation& read : reads) what += " " + read.key + " = " + read.steps[0].result;
  throw Violation("a follower's own state was read that no prefix of the log from " +
                  std::to_string(seen) + " on gives:" + what);
}

}  // namespace sim
