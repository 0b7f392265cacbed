// Runs scripts in an interpreter without an engine: every command that they call answers OK.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/scripts/interpreter.h"

namespace engine_test {

class ScriptRunner {
 public:
  explicit ScriptRunner(std::uint32_t rules = engine::kRulesKnown)
      : interpreter_(engine::scripts::Interpreter::Kind::kScripts, rules) {}

  struct Ran {
    std::string reply;  // RESP2
    engine::scripts::End end;
    bool has_failed;
    std::uint64_t steps;
  };
  // `words`: ARGV.
  Ran run(const std::string& script, const std::vector<std::string>& words = {}) {
    std::string error, bytes;
    const auto code = interpreter_.compile(script, "@user_script", error);
    EXPECT_TRUE(code.has_value()) << error;
    resp::ReplyWriter reply(bytes, 2);
    const std::vector<std::string_view> views(words.begin(), words.end());
    const auto outcome =
        interpreter_.run({.code = *code, .name = "s", .keys = {}, .words = views}, host_, reply);
    return {bytes, outcome.end, outcome.has_failed,
            engine::scripts::kStepsMax - interpreter_.steps_left()};
  }

 private:
  class NoCommands : public engine::scripts::Host {
   public:
    void call(engine::Arguments, int, std::string& reply) override { reply = "+OK\r\n"; }
    [[nodiscard]] std::optional<bool> may_run(engine::Arguments) const override { return {}; }
  };

  engine::scripts::Interpreter interpreter_;
  NoCommands host_;
};

}  // namespace engine_test
