// One Lua 5.1 interpreter as Redis 7.0's scripts (or its functions) know it, without anything that
// differs between nodes. Each run finds the same bytes at the same offsets
// (engine/scripts/arena.h), so memory, garbage collection and the order of tables follow from the
// script, its arguments and the replies to its commands.
//
// A run has a budget of steps and of memory. Whoever exceeds one is over: no pcall, no handler and
// no coroutine of the script gets to see it.
#pragma once

#include <cstdint>
#include <lua5.1/lua.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rules/rules.h"
#include "engine/scripts/arena.h"
#include "engine/scripts/function_libraries.h"
#include "engine/scripts/host.h"
#include "resp/reply_writer.h"

namespace engine::scripts {

extern const std::uint64_t kStepsMax;  // 100 million; fewer where sanitizers make them slow
inline constexpr std::uint64_t kLoadStepsMax = 10'000'000;  // of a library's source
inline constexpr std::size_t kMemoryBytesMax = std::size_t{256} << 20;

// Why a run was ended.
enum class End : std::uint8_t { kNone, kSteps, kMemory };

class Interpreter {
 public:
  // Functions have globals of their own; an interpreter knows those of one kind.
  enum class Kind : std::uint8_t { kScripts, kFunctions };
  // `rules` (engine/rules/rules.h) say what costs how many steps.
  explicit Interpreter(Kind kind, std::uint32_t rules = kRulesKnown);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Bytecode of a source, which runs as the source would; nullopt: `error` says what is wrong with
  // it, as Lua does. `chunk`: "@user_script".
  [[nodiscard]] std::optional<std::string> compile(std::string_view source, const char* chunk,
                                                   std::string& error);

  struct Call {
    std::string_view code;  // of compile()
    std::string_view name;  // of the script, for errors; of the function
    Arguments keys, words;
    std::uint64_t seed = 0;  // of math.random
  };
  struct Outcome {
    End end = End::kNone;
    bool has_failed = false;  // an error was written
    bool is_told = false;     // what was written is, if an error, that of a command it called
  };
  // Writes the reply. If the run was ended nothing was written: it is the caller's to say why.
  Outcome run(const Call& call, Host& host, resp::ReplyWriter& reply);
  // Runs a library's source and says what it registers; an error, or empty. Of functions alone.
  [[nodiscard]] std::string load_library(std::string_view code, std::vector<Function>& functions);

  // ---- for the libraries (engine/scripts/*_library.cpp) ----
  [[nodiscard]] static Interpreter& of(lua_State* lua);
  // nullptr: a Lua that is nobody's.
  [[nodiscard]] static Interpreter* owner_of(lua_State* lua);
  // Takes so many steps from the budget; does not return if there are not as many.
  void charge(lua_State* lua, std::uint64_t steps);
  // The same from within Lua's own machine, where nothing may be raised: the run is over before the
  // next instruction of the script.
  void note(lua_State* lua, std::uint64_t steps);
  [[nodiscard]] std::uint32_t rules() const { return rules_; }
  // Whether texts and tables do (charged_texts.cpp, charged_tables.cpp).
  [[nodiscard]] bool charges_chains() const { return rules_ >= kRulesWithChains; }
  // Does not return if the run is over: after everything that catches errors.
  void check_end(lua_State* lua);
  [[noreturn]] void end(lua_State* lua, End why);
  [[nodiscard]] Host* host() { return host_; }
  [[nodiscard]] std::uint64_t steps_left() const { return steps_left_; }
  [[nodiscard]] std::size_t memory_used() const { return arena_.used(); }
  [[nodiscard]] std::size_t bytes() const { return arena_.bytes_held(); }
  struct Modes {
    int version = 2;            // redis.setresp
    std::uint64_t random = 0;   // of math.random
    int coroutine_depth = 0;    // of coroutines in each other
    bool is_preparing = false;  // the sandbox is being made: nothing counts
  };
  [[nodiscard]] Modes& modes() { return modes_; }
  // While a library's source runs.
  struct Loading {
    std::vector<Function>* functions = nullptr;  // what it registers; nullptr: that is known
    std::string_view wanted;                     // the function that will be called
  };
  [[nodiscard]] Loading* loading() { return loading_; }
  void set_loading(Loading* loading) { loading_ = loading; }
  // What carries a command's words and reply, kept for their memory.
  struct Buffers {
    std::vector<std::string_view> words;
    std::string numbers, reply;
  };
  [[nodiscard]] Buffers& buffers() { return buffers_; }

 private:
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size);
  static void on_count(lua_State* lua, lua_Debug* debug);
  void prepare();
  void begin();
  // Runs `body` with `argument`; whatever goes wrong comes back as Lua's status.
  int protect(lua_CFunction body, void* argument);

  Kind kind_;
  std::uint32_t rules_;
  Arena arena_;
  lua_State* lua_ = nullptr;
  std::uint64_t steps_left_ = 0;
  End end_ = End::kNone;
  Host* host_ = nullptr;
  Loading* loading_ = nullptr;
  Modes modes_;
  Buffers buffers_;
};

}  // namespace engine::scripts
