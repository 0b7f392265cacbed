// Claims: whatever the source of a script or library is, running it ends, with the same reply on
// an engine that has run nothing and on one that has run others.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/command/table.h"
#include "engine/engine.h"

namespace {

class Node {
 public:
  std::string run(const std::vector<std::string>& words) {
    const std::vector<std::string_view> argv(words.begin(), words.end());
    engine::BatchWriter batch;
    batch.command(0, {}, false, argv);
    const std::string payload = batch.seal(1000, 1);
    engine::BatchReader reader(payload);
    engine::Element element;
    engine::Effects effects;
    std::string out;
    resp::ReplyWriter reply(out, 2);
    engine_.begin_entry({.index = base::LogIndex(++index_),
                         .time_ms = reader.time_ms(),
                         .seed = reader.seed(),
                         .content_limit = reader.content_limit(),
                         .rules = reader.rules()});
    while (reader.next(element)) engine_.apply(element, reply, effects);
    engine_.end_entry();
    return out;
  }

 private:
  engine::Engine engine_;
  std::uint64_t index_ = 0;
};

// Has run whatever came before.
Node& used() {
  static Node node;
  return node;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string source(reinterpret_cast<const char*>(data), size);
  Node fresh;
  for (const char* clean : {"FLUSHALL", "SCRIPT FLUSH", "FUNCTION FLUSH"}) {
    const std::string line = clean;
    const std::size_t blank = line.find(' ');
    const std::vector<std::string> words =
        blank == std::string::npos
            ? std::vector<std::string>{line}
            : std::vector<std::string>{line.substr(0, blank), line.substr(blank + 1)};
    used().run(words);
    fresh.run(words);
  }
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"EVAL", source, "1", "k", "v"},
        std::vector<std::string>{"FUNCTION", "LOAD", "#!lua name=x\n" + source},
        std::vector<std::string>{"FCALL", "f", "1", "k", "v"}})
    CHECK(used().run(words) == fresh.run(words));
  return 0;
}
