// The scripts that EVAL, EVALSHA and their like can run, by the SHA-1 of their source: part of the
// replicated state, so EVALSHA answers alike on every node, after a failover and after a restart.
//
// A script's bytecode is made from its source when it is first needed. It is no part of the state:
// whether it is there already changes nothing but time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/codec.h"

namespace engine::scripts {

class Interpreter;

// Lower case, as scripts are named.
[[nodiscard]] std::string folded_sha(std::string_view sha);

// The first line "#!lua flags=no-writes,...".
struct Shebang {
  bool is_there = false;
  std::uint8_t flags = 0;     // ScriptFlag
  std::size_t line_size = 0;  // that is no Lua
  std::string error;          // Redis's; empty: it is well-formed
};
[[nodiscard]] Shebang parse_shebang(std::string_view source);

struct Script {
  std::string source;
  bool has_shebang = false;  // without one a script may do everything, and is judged as it goes
  std::uint8_t flags = 0;
  mutable std::string code;  // empty: not made yet
};

class ScriptCache {
 public:
  // nullptr: there is none. `sha`: of 40 digits, in either case.
  [[nodiscard]] const Script* find(std::string_view sha) const;
  // The SHA-1 of a source, as scripts are named. An EVAL asks for it where it is routed and again
  // where it is run: the last source that was asked for is remembered, if it is not large.
  [[nodiscard]] const std::string& sha_of(std::string_view source) const;
  // Its bytecode, which lives as long as the script.
  [[nodiscard]] std::string_view code_of(const Script& script, Interpreter& interpreter) const;
  // `sha` is that of the source, in lower case; nullptr: it does not compile, `error` is Redis's.
  const Script* add(const std::string& sha, std::string_view source, Interpreter& interpreter,
                    std::string& error);
  void clear() {
    scripts_.clear();
    source_bytes_ = 0;
  }
  [[nodiscard]] bool empty() const { return scripts_.empty(); }
  [[nodiscard]] std::size_t size() const { return scripts_.size(); }
  [[nodiscard]] std::size_t source_bytes() const { return source_bytes_; }

  void encode(base::Encoder& out) const;
  [[nodiscard]] bool decode(base::Decoder& in);

 private:
  std::map<std::string, Script, std::less<>> scripts_;
  std::size_t source_bytes_ = 0;
  mutable std::string last_source_, last_sha_;  // empty: none
};

}  // namespace engine::scripts
