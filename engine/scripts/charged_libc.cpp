// What Lua's own machine asks of the C library with a text of any length: to compare it with
// another (strcoll, for < and <=) and to make a number of it (strtod, for arithmetic with texts and
// for what libraries take as numbers). Neither allocates anything, so neither would be charged. The
// build gives Lua these functions in their place (CMakeLists.txt); nobody else calls them.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/running_thread.h"

namespace engine::scripts {
namespace {

constexpr std::size_t kComparedPerStep = 64;  // bytes
constexpr std::size_t kReadPerStep = 16;
constexpr const char* kBlanks = " \t\n\v\f\r";

thread_local lua_State* running = nullptr;

void charge(std::size_t bytes, std::size_t per_step) {
  lua_State* lua = running;
  if (lua != nullptr && bytes >= per_step) Interpreter::of(lua).charge(lua, bytes / per_step);
}

// So many bytes are looked at until two texts differ or one ends, or up to twice as many.
std::size_t compared(const char* a, const char* b) {
  for (std::size_t reach = kComparedPerStep;; reach *= 2) {
    const std::size_t length = strnlen(a, reach);
    if (length < reach || std::strncmp(a, b, reach) != 0) return length;
  }
}

}  // namespace

lua_State* running_thread() { return running; }

RunningThread::RunningThread(lua_State* lua) : before_(running) { running = lua; }
RunningThread::~RunningThread() { running = before_; }

}  // namespace engine::scripts

extern "C" {
double quorate_lua_strtod(const char* text, char** end);
int quorate_lua_strcoll(const char* a, const char* b);

double quorate_lua_strtod(const char* text, char** end) {
  char* own_end = nullptr;
  const double value = std::strtod(text, &own_end);
  if (end != nullptr) *end = own_end;
  if (engine::scripts::running_thread() == nullptr) return value;
  using namespace engine::scripts;
  const std::size_t blanks = std::strspn(text, kBlanks);
  const auto number = static_cast<std::size_t>(own_end - text);
  charge(std::max(blanks, number) + std::strspn(own_end, kBlanks), kReadPerStep);
  return value;
}

int quorate_lua_strcoll(const char* a, const char* b) {
  if (engine::scripts::running_thread() != nullptr)
    engine::scripts::charge(engine::scripts::compared(a, b), engine::scripts::kComparedPerStep);
  return std::strcoll(a, b);
}
}
