#include "tests/engine/model.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include "engine/command/table.h"
#include "engine/commands/families.h"

namespace engine_test {
namespace {

void answer_nothing(engine::LocalCall&) {}

constexpr engine::CommandRow kLocalRows[] = {
    engine::row("config", -2, 0, engine::kNoKeys, {}, {.local = answer_nothing}),
    engine::row("echo", 2, 0, engine::kNoKeys, {}, {.local = answer_nothing}),
    engine::row("multi", 1, engine::kFlagNoScript, engine::kNoKeys, {}, {.local = answer_nothing}),
    engine::row("ping", -1, 0, engine::kNoKeys, {}, {.local = answer_nothing}),
    engine::row("select", 2, 0, engine::kNoKeys, {}, {.local = answer_nothing}),
    engine::row("time", 1, 0, engine::kNoKeys, {}, {.local = answer_nothing})};

constinit const engine::Family kLocalFamily{"connection", kLocalRows};

constexpr const engine::Family* kLocalFamilies[] = {&kLocalFamily};

}  // namespace

const engine::CommandTable& commands_for_scripts() {
  static const engine::CommandTable table({engine::commands::families(), kLocalFamilies});
  return table;
}

std::string Driver::apply(const std::string& payload) {
  log.push_back(payload);
  engine::BatchReader reader(payload);
  engine.begin_entry({base::LogIndex(++index), reader.time_ms(), reader.seed(),
                      reader.content_limit(), reader.rules()});
  std::string out;
  resp::ReplyWriter reply(out, resp);
  engine::Element element;
  engine::Effects effects;
  while (reader.next(element)) engine.apply(element, reply, effects);
  engine.end_entry();
  if (!reader.ok()) throw std::logic_error("malformed batch");
  replies.push_back(out);
  return out;
}

std::string Driver::call(const std::vector<std::string>& words) {
  const std::vector<std::string_view> argv(words.begin(), words.end());
  const engine::Resolved resolved = engine::engine_commands().resolve(argv);
  if (!resolved.error.empty()) return "-" + resolved.error + "\r\n";
  const bool wants_write = engine.wants_write(
      {.spec = resolved.spec, .argv = argv, .database = database, .now_ms = time_ms});
  if (resolved.spec->scope == engine::Scope::kRead && !wants_write) {
    for (int tries = 0; tries < 2; ++tries) {
      std::string out;
      resp::ReplyWriter reply(out, resp);
      const engine::Query query{.spec = resolved.spec,
                                .argv = argv,
                                .database = database,
                                .now_ms = time_ms,
                                .seed = index};
      if (engine.query(query, reply) == engine::QueryOutcome::kAnswered) return out;
      engine::BatchWriter time_entry;
      apply(time_entry.seal(time_ms, 0));
    }
    throw std::logic_error("a read needs time twice");
  }
  engine::BatchWriter batch;
  batch.command(database, {}, false, argv);
  return apply(batch.seal(time_ms, index * 77 + 1));
}

std::string Driver::operator()(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return call(words);
}

std::vector<base::Row> export_rows(engine::Engine& engine, bool is_full) {
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  engine.begin_checkpoint(is_full);
  while (!engine.take_checkpoint_rows(1000, rows, dropped)) {
  }
  engine.finish_checkpoint();
  return rows;
}

engine::Engine import_rows(std::vector<base::Row> rows) {
  std::map<base::RowKey, std::string> ordered;
  for (base::Row& row : rows) ordered[row.key] = std::move(row.body);
  engine::Engine engine(commands_for_scripts());
  for (auto& [key, body] : ordered) {
    if (body.empty()) continue;
    const base::Status status = engine.load_row({key, body});
    if (!status.ok()) throw std::logic_error(status.error().text());
  }
  const base::Status status = engine.finish_load();
  if (!status.ok()) throw std::logic_error(status.error().text());
  return engine;
}

}  // namespace engine_test
