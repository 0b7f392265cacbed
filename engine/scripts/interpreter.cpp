#include "engine/scripts/interpreter.h"

#include <algorithm>

#include "base/check.h"
#include "engine/scripts/errors.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/reply.h"
#include "engine/scripts/running_thread.h"

namespace engine::scripts {
namespace {

#ifndef QUORATE_SCRIPT_STEPS
#define QUORATE_SCRIPT_STEPS 100'000'000
#endif

constexpr int kInstructionsPerHook = 1000;
// An allocation of so many bytes is a step.
constexpr std::size_t kBytesPerStep = 64;
// The first collection begins when a script has allocated about ten times what the sandbox holds:
// most never have one.
constexpr int kFirstPausePercent = 1000, kPausePercent = 200;

int append_chunk(lua_State*, const void* bytes, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return 0;
}

void load(lua_State* lua, std::string_view code, const char* chunk) {
  if (luaL_loadbuffer(lua, code.data(), code.size(), chunk) != 0) lua_error(lua);
}

}  // namespace

const std::uint64_t kStepsMax = QUORATE_SCRIPT_STEPS;

Interpreter::Interpreter(Kind kind, std::uint32_t rules)
    : kind_(kind), rules_(rules), arena_(kMemoryBytesMax) {
  prepare();
}
Interpreter::~Interpreter() = default;  // all of Lua's memory goes with the arena

Interpreter& Interpreter::of(lua_State* lua) {
  Interpreter* owner = owner_of(lua);
  CHECK(owner != nullptr);
  return *owner;
}

Interpreter* Interpreter::owner_of(lua_State* lua) {
  void* self = nullptr;
  return lua_getallocf(lua, &self) == &Interpreter::allocate ? static_cast<Interpreter*>(self)
                                                             : nullptr;
}

void* Interpreter::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& interpreter = *static_cast<Interpreter*>(self);
  if (new_size == 0) {
    if (block != nullptr) interpreter.arena_.release(block, old_size);
    return nullptr;
  }
  const bool counts =
      !interpreter.modes_.is_preparing && interpreter.end_ == End::kNone && new_size > old_size;
  if (counts) {
    const std::uint64_t steps = new_size / kBytesPerStep;
    if (steps > interpreter.steps_left_) {
      interpreter.end_ = End::kSteps;
      return nullptr;
    }
    interpreter.steps_left_ -= steps;
  }
  void* made = block == nullptr ? interpreter.arena_.allocate(new_size)
                                : interpreter.arena_.resize(block, old_size, new_size);
  if (made == nullptr && interpreter.end_ == End::kNone) interpreter.end_ = End::kMemory;
  return made;
}

void Interpreter::on_count(lua_State* lua, lua_Debug*) {
  of(lua).charge(lua, kInstructionsPerHook);
}

void Interpreter::charge(lua_State* lua, std::uint64_t steps) {
  if (modes_.is_preparing) return;
  if (end_ != End::kNone || steps > steps_left_) end(lua, End::kSteps);
  steps_left_ -= steps;
}

void Interpreter::note(lua_State* lua, std::uint64_t steps) {
  if (modes_.is_preparing || !charges_chains()) return;
  const bool is_over = steps > steps_left_;
  steps_left_ -= std::min(steps, steps_left_);
  if (is_over) lua_sethook(lua, &Interpreter::on_count, LUA_MASKCOUNT, 1);
}

void Interpreter::end(lua_State* lua, End why) {
  if (end_ == End::kNone) end_ = why;
  steps_left_ = 0;
  lua_pushnil(lua);
  lua_error(lua);
  CHECK(false);
}

void Interpreter::check_end(lua_State* lua) {
  if (end_ != End::kNone) end(lua, end_);
}

// The sandbox, once; what it is made of is the image that each run begins with.
void Interpreter::prepare() {
  modes_.is_preparing = true;
  lua_ = lua_newstate(&Interpreter::allocate, this);
  CHECK(lua_ != nullptr);
  const auto build = [](lua_State* lua) {
    open_libraries(lua);
    return 0;
  };
  const auto build_for_functions = [](lua_State* lua) {
    open_libraries_for_functions(lua);
    return 0;
  };
  CHECK(lua_cpcall(lua_, kind_ == Kind::kScripts ? build : build_for_functions, nullptr) == 0);
  lua_settop(lua_, 0);
  lua_sethook(lua_, &Interpreter::on_count, LUA_MASKCOUNT, kInstructionsPerHook);
  lua_gc(lua_, LUA_GCSETPAUSE, kFirstPausePercent);
  lua_gc(lua_, LUA_GCCOLLECT, 0);
  lua_gc(lua_, LUA_GCSETPAUSE, kPausePercent);
  modes_ = {};
  arena_.keep_image();
}

void Interpreter::begin() {
  arena_.restore();
  steps_left_ = kStepsMax;
  end_ = End::kNone;
  modes_ = {};
  loading_ = nullptr;
}

int Interpreter::protect(lua_CFunction body, void* argument) {
  const RunningThread running(lua_);
  return lua_cpcall(lua_, body, argument);
}

std::optional<std::string> Interpreter::compile(std::string_view source, const char* chunk,
                                                std::string& error) {
  begin();
  struct Job {
    std::string_view source;
    const char* chunk;
    std::string code;
  } job{source, chunk, {}};
  const int status = protect(
      [](lua_State* lua) {
        Job& own = *static_cast<Job*>(lua_touserdata(lua, 1));
        load_text(lua, own.source, own.chunk);
        CHECK(lua_dump(lua, append_chunk, &own.code) == 0);
        return 0;
      },
      &job);
  if (status == 0) return std::move(job.code);
  const char* text = end_ == End::kNone ? lua_tostring(lua_, -1) : nullptr;
  error = text != nullptr ? text : "the script is too large";
  return {};
}

namespace {

struct Running {
  const Interpreter::Call& call;
  resp::ReplyWriter& reply;
  bool has_failed = false;
  bool is_told = false;
};

void push_words(lua_State* lua, Arguments words) {
  lua_createtable(lua, static_cast<int>(words.size()), 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    lua_pushlstring(lua, words[i].data(), words[i].size());
    lua_rawseti(lua, -2, static_cast<int>(i + 1));
  }
}

// A table of words as a global, behind the protection of the globals.
void set_words(lua_State* lua, const char* name, Arguments words) {
  push_words(lua, words);
  set_real_global(lua, name);
}

// Calls what is on the stack above the handler of errors, and writes what comes of it.
int call_and_reply(lua_State* lua, int arguments, Running& running) {
  const int status = lua_pcall(lua, arguments, 1, 1);
  Interpreter::of(lua).check_end(lua);
  running.has_failed = status != 0;
  running.is_told = is_error_of_command(lua);
  if (running.has_failed) {
    running.reply.error(error_text(lua, running.call.name));
  } else {
    write_reply(lua, running.reply);
  }
  return 0;
}

int run_script(lua_State* lua) {
  Running& running = *static_cast<Running*>(lua_touserdata(lua, 1));
  lua_settop(lua, 0);
  lua_pushcfunction(lua, add_place_to_error);
  load(lua, running.call.code, "=");
  set_words(lua, "KEYS", running.call.keys);
  set_words(lua, "ARGV", running.call.words);
  return call_and_reply(lua, 0, running);
}

// With the globals that there are while a library is loaded.
void run_library(lua_State* lua, std::string_view code, Interpreter::Loading& loading) {
  use_loading_globals(lua, true);
  load(lua, code, "=");
  Interpreter::of(lua).set_loading(&loading);
  lua_call(lua, 0, 0);
  Interpreter::of(lua).set_loading(nullptr);
  use_loading_globals(lua, false);
}

// The library's source runs each time: what it keeps between calls would differ between nodes.
int run_function(lua_State* lua) {
  Running& running = *static_cast<Running*>(lua_touserdata(lua, 1));
  lua_settop(lua, 0);
  lua_pushcfunction(lua, add_place_to_error);
  Interpreter::Loading loading{.functions = nullptr, .wanted = running.call.name};
  run_library(lua, running.call.code, loading);
  lua_getfield(lua, LUA_REGISTRYINDEX, kWantedFunction);
  push_words(lua, running.call.keys);
  push_words(lua, running.call.words);
  return call_and_reply(lua, 2, running);
}

struct LoadJob {
  std::string_view code;
  Interpreter::Loading loading;
};

int run_load_job(lua_State* lua) {
  LoadJob& job = *static_cast<LoadJob*>(lua_touserdata(lua, 1));
  run_library(lua, job.code, job.loading);
  return 0;
}

int load_with_handler(lua_State* lua) {
  lua_pushcfunction(lua, add_place_to_error);
  lua_insert(lua, 1);
  lua_pushcfunction(lua, run_load_job);
  lua_insert(lua, 2);
  const int status = lua_pcall(lua, 1, 0, 1);
  Interpreter::of(lua).check_end(lua);
  return status == 0 ? 0 : lua_error(lua);
}

}  // namespace

Interpreter::Outcome Interpreter::run(const Call& call, Host& host, resp::ReplyWriter& reply) {
  begin();
  host_ = &host;
  modes_.random = call.seed & ((std::uint64_t{1} << 48) - 1);
  Running running{call, reply};
  const resp::ReplyWriter::Mark mark = reply.mark();
  const int status = protect(kind_ == Kind::kScripts ? run_script : run_function, &running);
  host_ = nullptr;
  if (status == 0 && end_ == End::kNone) return {End::kNone, running.has_failed, running.is_told};
  reply.undo(mark);
  if (end_ != End::kNone) return {end_, true};
  const char* text = lua_tostring(lua_, -1);
  reply.error("ERR " + std::string(text == nullptr ? "error in the script" : text));
  return {End::kNone, true};
}

std::string Interpreter::load_library(std::string_view code, std::vector<Function>& functions) {
  CHECK(kind_ == Kind::kFunctions);
  begin();
  steps_left_ = kLoadStepsMax;
  LoadJob job{code, {.functions = &functions, .wanted = {}}};
  const int status = protect(load_with_handler, &job);
  loading_ = nullptr;
  if (end_ == End::kSteps) return "ERR FUNCTION LOAD timeout";
  if (end_ == End::kMemory) return "ERR the library needs more memory than scripts may have";
  return status == 0 ? "" : bare_error_text(lua_);
}

}  // namespace engine::scripts
