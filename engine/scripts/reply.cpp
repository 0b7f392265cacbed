#include "engine/scripts/reply.h"

#include <cmath>
#include <string>

#include "base/check.h"
#include "base/number.h"
#include "engine/scripts/errors.h"
#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

constexpr std::size_t kFormatBytes = 3;
constexpr std::uint64_t kBytesPerStep = 16;
// Redis 7.0's field of an error that its command has counted.
constexpr char kToldField[] = "ignore_error_stats_update";

// ---- from RESP ----

class ReplyIntoLua {
 public:
  ReplyIntoLua(lua_State* lua, std::string_view in) : lua_(lua), in_(in) {}

  void push() {
    luaL_checkstack(lua_, 8, "reply");
    const char type = in_[0];
    const std::string_view text = line();
    switch (type) {
      case ':': return lua_pushnumber(lua_, static_cast<double>(number(text)));
      case '+': return push_field("ok", text);
      case '-': return push_failure(text);
      case '$': return push_bulk(text);
      case '*': return push_array(text);
      case '%': return push_map(number(text));
      case '~': return push_set(number(text));
      case '_': return lua_pushnil(lua_);
      case '#': return lua_pushboolean(lua_, text == "t" ? 1 : 0);
      case ',': return push_double(text);
      case '(': return push_field("big_number", text);
      case '=': return push_verbatim(number(text));
      default: CHECK(false);
    }
  }

 private:
  std::string_view line() {
    const std::size_t end = in_.find("\r\n");
    CHECK(end != std::string_view::npos);
    const std::string_view text = in_.substr(1, end - 1);
    in_.remove_prefix(end + 2);
    return text;
  }
  static std::int64_t number(std::string_view text) {
    const auto value = base::parse_integer(text);
    CHECK(value.has_value());
    return *value;
  }
  std::string_view take(std::int64_t size) {
    const std::string_view bytes = in_.substr(0, static_cast<std::size_t>(size));
    in_.remove_prefix(static_cast<std::size_t>(size) + 2);
    return bytes;
  }
  void push_text(std::string_view text) { lua_pushlstring(lua_, text.data(), text.size()); }
  void push_field(const char* name, std::string_view text) {
    lua_newtable(lua_);
    push_text(text);
    lua_setfield(lua_, -2, name);
  }
  void push_failure(std::string_view text) {
    push_field("err", text);
    lua_pushboolean(lua_, 1);
    lua_setfield(lua_, -2, kToldField);
  }
  void push_bulk(std::string_view text) {
    const std::int64_t size = number(text);
    size < 0 ? lua_pushboolean(lua_, 0) : push_text(take(size));
  }
  void push_array(std::string_view text) {
    const std::int64_t count = number(text);
    if (count < 0) return lua_pushboolean(lua_, 0);
    lua_createtable(lua_, static_cast<int>(count), 0);
    for (std::int64_t i = 1; i <= count; ++i) {
      push();
      lua_rawseti(lua_, -2, static_cast<int>(i));
    }
  }
  void push_map(std::int64_t pairs) {
    lua_newtable(lua_);
    lua_createtable(lua_, 0, static_cast<int>(pairs));
    for (std::int64_t i = 0; i < pairs; ++i) {
      push();
      push();
      lua_rawset(lua_, -3);
    }
    lua_setfield(lua_, -2, "map");
  }
  void push_set(std::int64_t count) {
    lua_newtable(lua_);
    lua_createtable(lua_, 0, static_cast<int>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      push();
      lua_pushboolean(lua_, 1);
      lua_rawset(lua_, -3);
    }
    lua_setfield(lua_, -2, "set");
  }
  void push_double(std::string_view text) {
    const auto value = base::parse_double(text);
    lua_newtable(lua_);
    lua_pushnumber(lua_, value.value_or(0));
    lua_setfield(lua_, -2, "double");
  }
  void push_verbatim(std::int64_t size) {
    const std::string_view bytes = take(size);
    lua_newtable(lua_);
    lua_newtable(lua_);
    push_text(bytes.substr(kFormatBytes + 1));
    lua_setfield(lua_, -2, "string");
    push_text(bytes.substr(0, kFormatBytes));
    lua_setfield(lua_, -2, "format");
    lua_setfield(lua_, -2, "verbatim_string");
  }

  lua_State* lua_;
  std::string_view in_;
};

// ---- into RESP ----

std::string_view text_at(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, index, &size);
  return {bytes, size};
}

// As far as a C string goes.
std::string_view c_text_at(lua_State* lua, int index) {
  const std::string_view text = text_at(lua, index);
  return text.substr(0, text.find('\0'));
}

// As a double becomes an integer on x86-64, on every machine.
std::int64_t truncated(double value) {
  constexpr double kLimit = 9223372036854775808.0;
  if (!(value >= -kLimit && value < kLimit)) return INT64_MIN;
  return static_cast<std::int64_t>(value);
}

std::string single_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) c = c == '\r' || c == '\n' ? ' ' : c;
  return line;
}

class LuaIntoReply {
 public:
  LuaIntoReply(lua_State* lua, resp::ReplyWriter& reply) : lua_(lua), reply_(reply) {}

  // Pops the value on top.
  void write() {
    if (lua_checkstack(lua_, 8) == 0 || depth_ >= kDepthMax) {
      reply_.error("ERR reached lua stack limit");
      return lua_pop(lua_, 1);
    }
    ++depth_;
    Interpreter::of(lua_).charge(lua_, 2);
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING: write_text(text_at(lua_, -1)); break;
      case LUA_TBOOLEAN: write_boolean(lua_toboolean(lua_, -1) != 0); break;
      case LUA_TNUMBER: reply_.integer(truncated(lua_tonumber(lua_, -1))); break;
      case LUA_TTABLE: write_table(); break;
      default: reply_.null(); break;
    }
    --depth_;
    lua_pop(lua_, 1);
  }

 private:
  // As deep as Redis gets before its own Lua stack is full.
  static constexpr int kDepthMax = 7000;

  void write_text(std::string_view text) {
    Interpreter::of(lua_).charge(lua_, text.size() / kBytesPerStep);
    reply_.bulk(text);
  }
  void write_boolean(bool value) {
    if (Interpreter::of(lua_).modes().version >= 3) return reply_.boolean(value);
    value ? reply_.integer(1) : reply_.null();
  }
  // Pushes the field, and whether it is of that type; pops it again if it is not.
  bool push_field(const char* name, int type) {
    lua_pushstring(lua_, name);
    lua_rawget(lua_, -2);
    if (lua_type(lua_, -1) == type) return true;
    lua_pop(lua_, 1);
    return false;
  }
  void write_table() {
    if (push_field("err", LUA_TSTRING)) return finish([&] { reply_.error(c_text_at(lua_, -1)); });
    if (push_field("ok", LUA_TSTRING))
      return finish([&] { reply_.status(single_line(c_text_at(lua_, -1))); });
    if (push_field("double", LUA_TNUMBER)) return finish([&] { write_double(); });
    if (push_field("map", LUA_TTABLE)) return finish([&] { write_map(); });
    if (push_field("set", LUA_TTABLE)) return finish([&] { write_set(); });
    if (push_field("big_number", LUA_TSTRING))
      return finish([&] { reply_.big_number(single_line(text_at(lua_, -1))); });
    if (push_field("verbatim_string", LUA_TTABLE) && write_verbatim()) return;
    write_array();
  }
  template <class Write>
  void finish(Write write) {
    write();
    lua_pop(lua_, 1);
  }
  void write_double() {
    const double value = lua_tonumber(lua_, -1);
    if (std::isnan(value)) return reply_.number_text(std::signbit(value) ? "-nan" : "nan");
    reply_.number(value);
  }
  std::size_t count_pairs() {
    std::size_t count = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      check_key_order(lua_, -2);
      ++count;
    }
    Interpreter::of(lua_).charge(lua_, count);
    return count;
  }
  void write_map() {
    reply_.map(count_pairs());
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
      lua_pushvalue(lua_, -2);
      write();
      write();
    }
  }
  void write_set() {
    reply_.set(count_pairs());
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
      lua_pop(lua_, 1);
      lua_pushvalue(lua_, -1);
      write();
    }
  }
  // False: it is not one, the field is popped.
  bool write_verbatim() {
    const bool has_format = push_field("format", LUA_TSTRING);
    if (has_format) {
      lua_insert(lua_, -2);
      if (push_field("string", LUA_TSTRING)) {
        std::string format(text_at(lua_, -3).substr(0, kFormatBytes));
        format.resize(kFormatBytes, ' ');
        reply_.verbatim(format, text_at(lua_, -1));
        lua_pop(lua_, 3);
        return true;
      }
      lua_remove(lua_, -2);
    }
    lua_pop(lua_, 1);
    return false;
  }
  // Up to the first element that is nil.
  void write_array() {
    const auto place = reply_.defer_array();
    std::size_t count = 0;
    for (;; ++count) {
      lua_pushnumber(lua_, static_cast<double>(count + 1));
      lua_rawget(lua_, -2);
      if (lua_isnil(lua_, -1) || reply_.is_over()) break;
      write();
    }
    lua_pop(lua_, 1);
    reply_.finish_array(place, count);
  }

  lua_State* lua_;
  resp::ReplyWriter& reply_;
  int depth_ = 0;
};

}  // namespace

bool push_reply(lua_State* lua, std::string_view reply) {
  Interpreter::of(lua).charge(lua, reply.size() / kBytesPerStep);
  ReplyIntoLua(lua, reply).push();
  return reply[0] == '-';
}

bool is_error_of_command(lua_State* lua) {
  constexpr int kFieldsMax = 16;  // of an error: four
  if (!lua_istable(lua, -1)) return false;
  bool is_found = false;
  lua_pushnil(lua);
  for (int i = 0; i < kFieldsMax && lua_next(lua, -2) != 0; ++i) {
    if (lua_type(lua, -2) == LUA_TSTRING && lua_isboolean(lua, -1))
      is_found = is_found || text_at(lua, -2) == kToldField;
    lua_pop(lua, 1);
    if (i + 1 == kFieldsMax) lua_pop(lua, 1);
  }
  return is_found;
}

void write_reply(lua_State* lua, resp::ReplyWriter& reply) { LuaIntoReply(lua, reply).write(); }

}  // namespace engine::scripts
