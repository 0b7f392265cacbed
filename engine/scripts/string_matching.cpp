// string.find, match, gmatch and gsub on our own matcher, as the manual of Lua 5.1 describes them.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"
#include "engine/scripts/pattern.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kBytesPerStep = 32;
// A choice that a pattern goes back to takes some 20 to 40 ns, an instruction of Lua 3.
constexpr std::uint64_t kStepsPerMatcherStep = 8;
constexpr std::string_view kSpecials = "^$*+?.([%-";

class Meter : public PatternMeter {
 public:
  explicit Meter(lua_State* lua)
      : lua_(lua),
        cost_(Interpreter::of(lua).rules() < kRulesWithPatternCosts ? 1 : kStepsPerMatcherStep) {}
  void on_steps(std::uint64_t steps) override { Interpreter::of(lua_).charge(lua_, steps * cost_); }
  [[noreturn]] void on_error(const char* text) override {
    luaL_error(lua_, "%s", text);
    std::abort();
  }
  [[noreturn]] void on_error(const char* text, std::size_t number) override {
    luaL_error(lua_, text, static_cast<int>(number));
    std::abort();
  }

 private:
  lua_State* lua_;
  std::uint64_t cost_;  // of one step of the matcher
};

// Lua 5.1 takes a zero for the end of a pattern.
std::string_view up_to_zero(std::string_view pattern) {
  return pattern.substr(0, pattern.find('\0'));
}

std::string_view text_argument(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, index, &size);
  return {bytes, size};
}

void push_text(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

// The i-th capture; without any the first is the whole match.
void push_capture(lua_State* lua, const PatternMatcher& matcher, std::size_t i, std::size_t begin,
                  std::size_t end) {
  if (i >= matcher.captures()) {
    if (i != 0) luaL_error(lua, "invalid capture index");
    return push_text(lua, matcher.text().substr(begin, end - begin));
  }
  const PatternMatcher::Capture& capture = matcher.capture(i);
  if (capture.size == PatternMatcher::kUnfinished) luaL_error(lua, "unfinished capture");
  if (capture.size == PatternMatcher::kPosition)
    return lua_pushinteger(lua, static_cast<lua_Integer>(capture.begin + 1));
  push_text(lua, matcher.text().substr(capture.begin, static_cast<std::size_t>(capture.size)));
}

// All captures; `has_whole`: the whole match if there are none.
int push_captures(lua_State* lua, const PatternMatcher& matcher, std::size_t begin, std::size_t end,
                  bool has_whole) {
  const std::size_t count = matcher.captures() == 0 && has_whole ? 1 : matcher.captures();
  luaL_checkstack(lua, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i) push_capture(lua, matcher, i, begin, end);
  return static_cast<int>(count);
}

// Where the search begins: counted from the end if negative, never outside.
std::size_t begin_argument(lua_State* lua, int index, std::size_t size) {
  const auto length = static_cast<std::ptrdiff_t>(size);
  std::ptrdiff_t begin = luaL_optinteger(lua, index, 1);
  if (begin < 0) begin += length + 1;
  begin = std::max<std::ptrdiff_t>(begin, 0) - 1;
  return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(begin, 0, length));
}

int find_plain(lua_State* lua, std::string_view text, std::string_view wanted, std::size_t begin) {
  Interpreter& self = Interpreter::of(lua);
  self.charge(lua, (text.size() - begin) / kBytesPerStep * (1 + wanted.size() / 256) + 1);
  // memmem is linear in the worst case too.
  const void* found = wanted.empty() ? text.data() + begin
                                     : memmem(text.data() + begin, text.size() - begin,
                                              wanted.data(), wanted.size());
  if (found == nullptr) {
    lua_pushnil(lua);
    return 1;
  }
  const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  lua_pushinteger(lua, static_cast<lua_Integer>(at + 1));
  lua_pushinteger(lua, static_cast<lua_Integer>(at + wanted.size()));
  return 2;
}

int find_or_match(lua_State* lua, bool is_find) {
  const std::string_view text = text_argument(lua, 1);
  std::string_view pattern = text_argument(lua, 2);
  std::size_t begin = begin_argument(lua, 3, text.size());
  // A C string ends at a zero: so does the look for what makes a pattern.
  const bool is_plain =
      is_find && (lua_toboolean(lua, 4) != 0 ||
                  up_to_zero(pattern).find_first_of(kSpecials) == std::string_view::npos);
  if (is_plain) return find_plain(lua, text, pattern, begin);
  pattern = up_to_zero(pattern);
  const bool is_anchored = pattern.starts_with('^');
  if (is_anchored) pattern.remove_prefix(1);
  Meter meter(lua);
  PatternMatcher matcher(text, pattern, meter);
  do {
    Interpreter::of(lua).charge(lua, 1);
    const auto end = matcher.match(begin);
    if (!end) continue;
    if (!is_find) return push_captures(lua, matcher, begin, *end, true);
    lua_pushinteger(lua, static_cast<lua_Integer>(begin + 1));
    lua_pushinteger(lua, static_cast<lua_Integer>(*end));
    return push_captures(lua, matcher, begin, *end, false) + 2;
  } while (begin++ < text.size() && !is_anchored);
  lua_pushnil(lua);
  return 1;
}

int find(lua_State* lua) { return find_or_match(lua, true); }
int match(lua_State* lua) { return find_or_match(lua, false); }

// Upvalues: text, pattern, where to go on.
int next_match(lua_State* lua) {
  const std::string_view text = text_argument(lua, lua_upvalueindex(1));
  const std::string_view pattern = up_to_zero(text_argument(lua, lua_upvalueindex(2)));
  Meter meter(lua);
  PatternMatcher matcher(text, pattern, meter);
  auto begin = static_cast<std::size_t>(lua_tointeger(lua, lua_upvalueindex(3)));
  for (; begin <= text.size(); ++begin) {
    Interpreter::of(lua).charge(lua, 1);
    const auto end = matcher.match(begin);
    if (!end) continue;
    lua_pushinteger(lua, static_cast<lua_Integer>(*end == begin ? *end + 1 : *end));
    lua_replace(lua, lua_upvalueindex(3));
    return push_captures(lua, matcher, begin, *end, true);
  }
  return 0;
}

int global_match(lua_State* lua) {
  text_argument(lua, 1);
  text_argument(lua, 2);
  lua_settop(lua, 2);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 3);
  return 1;
}

// %0 to %9 in the text that replaces.
void add_replaced_text(lua_State* lua, std::string& out, const PatternMatcher& matcher,
                       std::size_t begin, std::size_t end) {
  const std::string_view text = text_argument(lua, 3);
  Interpreter::of(lua).charge(lua, text.size() / kBytesPerStep + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const char next = ++i < text.size() ? text[i] : '\0';
    if (std::isdigit(static_cast<unsigned char>(next)) == 0) {
      out.push_back(next);
    } else if (next == '0') {
      out += matcher.text().substr(begin, end - begin);
    } else {
      push_capture(lua, matcher, static_cast<std::size_t>(next - '1'), begin, end);
      std::size_t size = 0;
      const char* bytes = lua_tolstring(lua, -1, &size);
      out.append(bytes, size);
      lua_pop(lua, 1);
    }
  }
}

// What a match becomes: by text, table or function; false and nil leave it.
void add_replacement(lua_State* lua, std::string& out, const PatternMatcher& matcher,
                     std::size_t begin, std::size_t end) {
  const int type = lua_type(lua, 3);
  if (type == LUA_TSTRING || type == LUA_TNUMBER)
    return add_replaced_text(lua, out, matcher, begin, end);
  if (type == LUA_TTABLE) {
    push_capture(lua, matcher, 0, begin, end);
    lua_gettable(lua, 3);
  } else {
    lua_pushvalue(lua, 3);
    const int count = push_captures(lua, matcher, begin, end, true);
    lua_call(lua, count, 1);
  }
  const std::string_view whole = matcher.text().substr(begin, end - begin);
  if (lua_toboolean(lua, -1) == 0) {
    out += whole;
  } else if (lua_isstring(lua, -1) == 0) {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  } else {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua, -1, &size);
    out.append(bytes, size);
  }
  lua_pop(lua, 1);
}

int substitute(lua_State* lua) {
  const std::string_view text = text_argument(lua, 1);
  std::string_view pattern = up_to_zero(text_argument(lua, 2));
  const int type = lua_type(lua, 3);
  luaL_argcheck(
      lua,
      type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
      "string/function/table expected");
  const int most = luaL_optint(lua, 4, static_cast<int>(text.size() + 1));
  const bool is_anchored = pattern.starts_with('^');
  if (is_anchored) pattern.remove_prefix(1);
  Interpreter& self = Interpreter::of(lua);
  Meter meter(lua);
  PatternMatcher matcher(text, pattern, meter);
  std::string out;
  std::size_t at = 0, charged = 0;
  int count = 0;
  while (count < most) {
    self.charge(lua, 1 + (out.size() - charged) / kBytesPerStep);
    charged = out.size();
    if (out.size() > kMemoryBytesMax) self.end(lua, End::kMemory);
    const auto end = matcher.match(at);
    if (end) {
      ++count;
      add_replacement(lua, out, matcher, at, *end);
    }
    if (end && *end > at) {
      at = *end;
    } else if (at < text.size()) {
      out.push_back(text[at++]);
    } else {
      break;
    }
    if (is_anchored) break;
  }
  if (at < text.size()) out += text.substr(at);
  push_text(lua, out);
  lua_pushinteger(lua, count);
  return 2;
}

constexpr luaL_Reg kFunctions[] = {{"find", find},           {"match", match},
                                   {"gmatch", global_match}, {"gfind", global_match},
                                   {"gsub", substitute},     {nullptr, nullptr}};

}  // namespace

void open_string_matching(lua_State* lua) { luaL_register(lua, nullptr, kFunctions); }

}  // namespace engine::scripts
