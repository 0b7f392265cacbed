// A data set for the command shapes, to which a test can return quickly, and a way to apply one
// element as a leader and as a follower do.
#pragma once

#include <string>
#include <vector>

#include "tests/engine/command_shapes.h"

namespace engine_test {

class ShapeFixture {
 public:
  ShapeFixture() {
    set("proto-max-bulk-len", "1048576");  // as long as a string may become
    fill_for_shapes(redis);
    const std::string dumped = redis("DUMP list");
    payload = dumped.substr(dumped.find('\n') + 1);
    payload.resize(payload.size() - 2);
    rows_ = export_rows(redis.engine, true);
  }
  void set(std::string_view name, std::string_view value) {
    engine::BatchWriter settings;
    settings.setting(name, value);
    redis.apply(settings.seal(redis.time_ms, 0));
  }
  // The data as they were at first, settings too.
  void begin_again() {
    redis.engine = import_rows(rows_);
    redis.log.clear();
    redis.replies.clear();
  }
  [[nodiscard]] std::vector<std::string> words(std::string_view shape, const std::string& number) {
    return words_of_shape(shape, {number}, payload);
  }

  Driver redis;
  std::string payload;  // of DUMP

 private:
  std::vector<base::Row> rows_;
};

enum class Node : std::uint8_t { kLeader2, kLeader3, kFollower };  // RESP 2, RESP 3, counting

// Applies a batch as that node does; the replies, one behind the other, and what they counted.
struct Applied {
  std::string replies;
  std::vector<std::uint64_t> counted;
};
inline Applied apply_as(Node node, engine::Engine& engine, const std::string& payload) {
  Applied applied;
  engine::BatchReader reader(payload);
  engine.begin_entry({base::LogIndex(1), reader.time_ms(), reader.seed(), reader.content_limit()});
  engine::Element element;
  engine::Effects effects;
  while (reader.next(element)) {
    resp::ReplyWriter reply =
        node == Node::kFollower
            ? resp::ReplyWriter::counting(applied.replies)
            : resp::ReplyWriter(applied.replies, node == Node::kLeader2 ? 2 : 3);
    engine.apply(element, reply, effects);
    applied.counted.push_back(reply.counted());
  }
  engine.end_entry();
  return applied;
}

}  // namespace engine_test
