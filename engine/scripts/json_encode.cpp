// cjson.encode.
#include <array>
#include <cmath>
#include <cstdio>
#include <string>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/json_settings.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kBytesPerStep = 16;

class JsonWriter {
 public:
  JsonWriter(lua_State* lua, const JsonSettings& settings) : lua_(lua), settings_(settings) {}

  // The value on top, which stays.
  void write(int depth) {
    charge();
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING: write_string(); break;
      case LUA_TNUMBER: write_number(); break;
      case LUA_TBOOLEAN: out_ += lua_toboolean(lua_, -1) != 0 ? "true" : "false"; break;
      case LUA_TTABLE: write_table(depth + 1); break;
      case LUA_TNIL: out_ += "null"; break;
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(lua_, -1) != nullptr) fail("type not supported");
        out_ += "null";
        break;
      default: fail("type not supported");
    }
  }
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  void charge() {
    Interpreter& self = Interpreter::of(lua_);
    self.charge(lua_, 1 + (out_.size() - charged_) / kBytesPerStep);
    charged_ = out_.size();
    if (out_.size() > kMemoryBytesMax) self.end(lua_, End::kMemory);
  }
  void fail(const char* reason) {
    luaL_error(lua_, "Cannot serialise %s: %s", luaL_typename(lua_, -1), reason);
  }
  void write_string() {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua_, -1, &size);
    out_.push_back('"');
    for (const char c : std::string_view(bytes, size)) put(c);
    out_.push_back('"');
  }
  void put(char c) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out_ += "\\\""; return;
      case '\\': out_ += "\\\\"; return;
      case '/': out_ += "\\/"; return;
      case '\b': out_ += "\\b"; return;
      case '\t': out_ += "\\t"; return;
      case '\n': out_ += "\\n"; return;
      case '\f': out_ += "\\f"; return;
      case '\r': out_ += "\\r"; return;
      default: break;
    }
    if (byte >= 0x20 && byte != 0x7F) return out_.push_back(c);
    static constexpr char kDigits[] = "0123456789abcdef";
    out_ += {'\\', 'u', '0', '0', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  void write_number() {
    const double number = lua_tonumber(lua_, -1);
    if (!std::isfinite(number)) {
      if (settings_.encode_invalid_numbers == 0) fail("must not be NaN or Inf");
      if (settings_.encode_invalid_numbers == 2) {
        out_ += "null";
        return;
      }
      if (std::isnan(number)) {
        out_ += "nan";
        return;
      }
    }
    std::array<char, 40> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.*g", settings_.precision, number);
    out_.append(text.data(), static_cast<std::size_t>(size));
  }

  // How long the array is; -1: it is an object.
  int array_length() {
    int most = 0, items = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      check_key_order(lua_, -2);
      const double key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
      if (!(key >= 1 && key <= INT32_MAX) || std::floor(key) != key) {
        lua_pop(lua_, 2);
        return -1;
      }
      most = std::max(most, static_cast<int>(key));
      ++items;
    }
    Interpreter::of(lua_).charge(lua_, static_cast<std::uint64_t>(items));
    const bool is_sparse = settings_.sparse_ratio > 0 &&
                           most > std::int64_t{items} * settings_.sparse_ratio &&
                           most > settings_.sparse_safe;
    if (!is_sparse) return most;
    if (!settings_.is_sparse_converted) fail("excessively sparse array");
    return -1;
  }
  void write_table(int depth) {
    if (depth > settings_.encode_depth_max || lua_checkstack(lua_, 3) == 0)
      luaL_error(lua_, "Cannot serialise, excessive nesting (%d)", depth);
    const int length = array_length();
    length > 0 ? write_array(depth, length) : write_object(depth);
  }
  void write_array(int depth, int length) {
    out_.push_back('[');
    for (int i = 1; i <= length; ++i) {
      if (i > 1) out_.push_back(',');
      lua_rawgeti(lua_, -1, i);
      write(depth);
      lua_pop(lua_, 1);
    }
    out_.push_back(']');
  }
  void write_object(int depth) {
    out_.push_back('{');
    bool is_first = true;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      if (!is_first) out_.push_back(',');
      is_first = false;
      lua_pushvalue(lua_, -2);
      write_key();
      lua_pop(lua_, 1);
      out_.push_back(':');
      write(depth);
    }
    out_.push_back('}');
  }
  void write_key() {
    if (lua_type(lua_, -1) == LUA_TSTRING) return write_string();
    if (lua_type(lua_, -1) != LUA_TNUMBER) {
      lua_pop(lua_, 2);
      fail("table key must be a number or string");
    }
    out_.push_back('"');
    write_number();
    out_.push_back('"');
  }

  lua_State* lua_;
  const JsonSettings& settings_;
  std::string out_;
  std::size_t charged_ = 0;
};

}  // namespace

int encode_json(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  JsonWriter writer(lua, json_settings(lua));
  writer.write(0);
  lua_pushlstring(lua, writer.out().data(), writer.out().size());
  return 1;
}

}  // namespace engine::scripts
