#include "node/clients/readers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/number.h"
#include "engine/context/context.h"

namespace node {
namespace {

struct XreadWords {
  std::size_t block = 0, streams = 0;  // their places; 0: not there
};

XreadWords xread_words(engine::Arguments argv) {
  XreadWords words;
  for (std::size_t i = 1; i < argv.size() && words.streams == 0; ++i) {
    if (engine::equals_ignoring_case(argv[i], "BLOCK"))
      words.block = i++;
    else if (engine::equals_ignoring_case(argv[i], "COUNT"))
      ++i;
    else if (engine::equals_ignoring_case(argv[i], "STREAMS"))
      words.streams = i;
  }
  return words;
}

}  // namespace

bool Readers::may_look(const Operation& operation) const {
  return operation.is_allowed_stale || operation.may_follow || replica_.terms().is_serving();
}

void Readers::watch(const Session& session) {
  const Operation& operation = session.operations.front();
  std::vector<std::string_view>& words = desk_.scratch.words;
  operation.arguments(words);
  const std::size_t first = xread_words(words).streams + 1;
  const std::size_t count = (words.size() - first) / 2;
  const auto begin = words.begin() + static_cast<std::ptrdiff_t>(first);
  std::vector<std::string> keys(begin, begin + static_cast<std::ptrdiff_t>(count));
  replica_.engine().stream_watches().watch(session.id, operation.database, std::move(keys));
}

void Readers::watch_anew() {
  desk_.sessions.for_each([this](const Session& session) {
    if (!session.is_blocked_reader()) return;
    watch(session);
    to_look_.insert(session.id);
  });
}

void Readers::forget(const Session& session) {
  replica_.engine().stream_watches().forget(session.id);
  const Operation& operation = session.operations.front();
  if (operation.has_deadline) deadlines_.erase({operation.deadline, session.id});
}

bool Readers::waits_on(Session& session, Operation& operation, std::string_view reply) {
  const bool may_wait = (operation.spec->flags & engine::kFlagBlocking) != 0;
  if (!may_wait || operation.transaction || !is_null_reply(reply)) return false;
  std::vector<std::string_view>& argv = desk_.scratch.words;
  operation.arguments(argv);
  const XreadWords places = xread_words(argv);
  if (places.block == 0 || places.streams == 0) return false;
  if (operation.is_blocked) return true;
  const auto timeout_ms = base::parse_integer(argv[places.block + 1]).value_or(0);
  operation.is_blocked = true;
  operation.has_deadline = timeout_ms > 0;
  operation.deadline = desk_.turn.now() + base::milliseconds(std::min<std::int64_t>(
                                              timeout_ms, std::int64_t{1} << 40));
  // "$" is the last id as it was now.
  std::vector<std::string> words(argv.begin(), argv.end());
  const std::size_t count = (words.size() - places.streams - 1) / 2;
  for (std::size_t i = places.streams + 1; i <= places.streams + count; ++i) {
    if (words[i + count] == "$")
      words[i + count] = replica_.engine().last_stream_id(operation.database, words[i]);
  }
  argv.assign(words.begin(), words.end());
  const std::size_t bytes_before = operation.bytes.size();
  operation.set_arguments(argv);
  session.operations.front_changed(bytes_before);
  watch(session);
  if (operation.has_deadline) deadlines_.emplace(operation.deadline, session.id);
  return true;
}

void Readers::begin_look() {
  for (const base::ConnectionId id : replica_.engine().stream_watches().changed())
    to_look_.insert(id);
  CHECK(!is_looking_);
  if (to_look_.empty() || replica_.loading().is_loading) return;
  looking_ = std::exchange(to_look_, {});
  is_looking_ = true;
}

std::optional<base::ConnectionId> Readers::next() {
  if (looking_.empty()) return {};
  return looking_.extract(looking_.begin()).value();
}

void Readers::end_look() {
  is_looking_ = false;
  replica_.engine().stream_watches().end_look();
}

std::optional<base::ConnectionId> Readers::take_late() {
  if (deadlines_.empty()) return {};
  const auto [deadline, reader] = *deadlines_.begin();
  if (deadline > desk_.turn.now()) {
    desk_.turn.due(deadline);
    return {};
  }
  deadlines_.erase(deadlines_.begin());
  return reader;
}

}  // namespace node
