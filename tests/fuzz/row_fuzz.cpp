// Claims: whatever bytes come as a row of one key or of many, a snapshot chunk or the payload of a
// log entry, decoding never reads outside them; a row or a chunk that is accepted comes back from
// the encoder as the same one; a payload's elements can be applied, and the state they make can be
// loaded again.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/checkpoint/codec.h"
#include "engine/engine.h"
#include "persistence/storage.h"

namespace {

void check_row(std::string_view input) {
  auto decoded = engine::decode_row(input, engine::kNoSecret);
  if (!decoded || decoded->value_bytes != 0 || decoded->key_bytes != 0) return;
  const engine::Entry entry(decoded->key, std::move(decoded->value), decoded->expiry_ms);
  if (engine::has_key_blocks(entry)) return;
  const auto again = engine::decode_row(engine::encode_row(entry), engine::kNoSecret);
  CHECK(again.has_value());
  CHECK(again->key == decoded->key && again->expiry_ms == decoded->expiry_ms);
  const engine::Entry twin(again->key, engine::Value(again->value), again->expiry_ms);
  CHECK(twin.value().string() == entry.value().string());
  CHECK(twin.value().encoding() == entry.value().encoding());
}

void check_chunk(std::string_view input) {
  const auto rows = persistence::decode_rows(input);
  if (!rows) return;
  const auto again = persistence::decode_rows(persistence::encode_rows(*rows));
  CHECK(again && again->size() == rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i)
    CHECK((*again)[i].key == (*rows)[i].key && (*again)[i].body == (*rows)[i].body);
}

std::vector<base::Row> rows_of(engine::Engine& engine) {
  std::vector<base::Row> rows;
  std::vector<std::uint64_t> dropped;
  engine.begin_checkpoint(true);
  while (!engine.take_checkpoint_rows(1U << 20, rows, dropped)) {
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return rows;
}

// As the first row of the first keyspace.
void check_keys(std::string_view input) {
  if (!input.starts_with('\x81')) return;
  engine::Engine none, loaded;
  for (const base::Row& row : rows_of(none)) CHECK(loaded.load_row(row).ok());
  if (!loaded.load_row({{1, 0, 0, 0}, std::string(input)}).ok() || !loaded.finish_load().ok())
    return;
  engine::Engine again;
  for (const base::Row& row : rows_of(loaded)) CHECK(again.load_row(row).ok());
  CHECK(again.finish_load().ok() && again.digest() == loaded.digest());
}

bool is_inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_batch(std::string_view input) {
  engine::BatchReader reader(input);
  engine::Element element;
  engine::Engine engine;
  engine::Effects effects;
  engine.begin_entry({base::LogIndex(1), reader.time_ms(), reader.seed(), reader.content_limit()});
  while (reader.next(element)) {
    for (const std::string_view word : element.argv) CHECK(is_inside(word, input));
    std::string replies;
    resp::ReplyWriter reply(replies, 2);
    engine.apply(element, reply, effects);
  }
  engine.end_entry();
  (void)rows_of(engine);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_row(input);
  check_keys(input);
  check_chunk(input);
  check_batch(input);
  return 0;
}
