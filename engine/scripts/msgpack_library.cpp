// cmsgpack, as lua-cmsgpack 0.4.0 has it: MessagePack of what Lua's values are.
#include <bit>
#include <cmath>
#include <string>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

constexpr int kNestingMax = 16;  // deeper ones are packed as nil
constexpr std::uint64_t kBytesPerStep = 16;

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}

class Packer {
 public:
  explicit Packer(lua_State* lua) : lua_(lua) {}

  // Pops the value on top.
  void pack(int level) {
    Interpreter::of(lua_).charge(lua_, 1);
    luaL_checkstack(lua_, 4, "in function mp_check");
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING: put_string(); break;
      case LUA_TBOOLEAN: put(lua_toboolean(lua_, -1) != 0 ? 0xC3 : 0xC2); break;
      case LUA_TNUMBER: put_number(lua_tonumber(lua_, -1)); break;
      case LUA_TTABLE: level == kNestingMax ? put(0xC0) : put_table(level); break;
      default: put(0xC0); break;
    }
    lua_pop(lua_, 1);
    if (out_.size() > kMemoryBytesMax) Interpreter::of(lua_).end(lua_, End::kMemory);
  }
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  void put(int byte) { out_.push_back(static_cast<char>(byte)); }
  void put(int type, std::uint64_t value, int bytes) {
    put(type);
    put_big_endian(out_, value, bytes);
  }
  void put_string() {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua_, -1, &size);
    Interpreter::of(lua_).charge(lua_, size / kBytesPerStep);
    if (size < 32) {
      put(0xA0 | static_cast<int>(size));
    } else if (size <= 0xFF) {
      put(0xD9, size, 1);
    } else if (size <= 0xFFFF) {
      put(0xDA, size, 2);
    } else {
      put(0xDB, size, 4);
    }
    out_.append(bytes, size);
  }
  void put_number(double number) {
    constexpr double kLimit = 9223372036854775808.0;
    const bool is_integer = std::floor(number) == number && number >= -kLimit && number < kLimit;
    if (is_integer) return put_integer(static_cast<std::int64_t>(number));
    const auto narrow = static_cast<float>(number);
    if (static_cast<double>(narrow) == number)
      return put(0xCA, std::bit_cast<std::uint32_t>(narrow), 4);
    put(0xCB, std::bit_cast<std::uint64_t>(number), 8);
  }
  void put_integer(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    if (value >= 0) {
      if (value <= 127) return put(static_cast<int>(value));
      if (value <= 0xFF) return put(0xCC, bits, 1);
      if (value <= 0xFFFF) return put(0xCD, bits, 2);
      if (value <= 0xFFFFFFFFLL) return put(0xCE, bits, 4);
      return put(0xCF, bits, 8);
    }
    if (value >= -32) return put(static_cast<int>(value));
    if (value >= -128) return put(0xD0, bits, 1);
    if (value >= -32768) return put(0xD1, bits, 2);
    if (value >= -2147483648LL) return put(0xD2, bits, 4);
    put(0xD3, bits, 8);
  }
  void put_size(std::size_t size, int small, int medium, int large) {
    if (size <= 15) return put(small | static_cast<int>(size));
    if (size <= 0xFFFF) return put(medium, size, 2);
    put(large, size, 4);
  }

  // Keys 1 to n without a gap, and no others. `count`: of all pairs.
  bool is_array(std::size_t& count) {
    std::size_t most = 0;
    bool is_array = true;
    count = 0;
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0; lua_pop(lua_, 1)) {
      check_key_order(lua_, -2);
      ++count;
      const double key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
      if (!(key > 0 && key < 4294967296.0) || std::floor(key) != key)
        is_array = false;
      else
        most = std::max(most, static_cast<std::size_t>(key));
    }
    Interpreter::of(lua_).charge(lua_, count);
    return is_array && most == count;
  }
  void put_table(int level) {
    std::size_t count = 0;
    if (is_array(count)) {
      put_size(count, 0x90, 0xDC, 0xDD);
      for (std::size_t i = 1; i <= count; ++i) {
        lua_rawgeti(lua_, -1, static_cast<int>(i));
        pack(level + 1);
      }
      return;
    }
    put_size(count, 0x80, 0xDE, 0xDF);
    for (lua_pushnil(lua_); lua_next(lua_, -2) != 0;) {
      lua_pushvalue(lua_, -2);
      pack(level + 1);
      pack(level + 1);
    }
  }

  lua_State* lua_;
  std::string out_;
};

int pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  Packer packer(lua);
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(lua, i);
    packer.pack(0);
  }
  lua_pushlstring(lua, packer.out().data(), packer.out().size());
  return 1;
}

class Unpacker {
 public:
  Unpacker(lua_State* lua, std::string_view in) : lua_(lua), in_(in) {}

  [[nodiscard]] std::size_t left() const { return in_.size(); }

  // Pushes one value.
  void unpack() {
    Interpreter::of(lua_).charge(lua_, 1);
    luaL_checkstack(lua_, 4,
                    "too many return values at once; use unpack_one or unpack_limit "
                    "instead.");
    const std::uint64_t type = number(1);
    if (type <= 0x7F) return lua_pushnumber(lua_, static_cast<double>(type));
    if (type <= 0x8F) return push_map(type & 15);
    if (type <= 0x9F) return push_array(type & 15);
    if (type <= 0xBF) return push_text(type & 31);
    if (type >= 0xE0) return lua_pushnumber(lua_, static_cast<double>(type) - 256);
    unpack_typed(type);
  }

 private:
  [[noreturn]] void fail(const char* text) {
    luaL_error(lua_, "%s", text);
    std::abort();
  }
  std::string_view take(std::size_t size) {
    if (size > in_.size()) fail("Missing bytes in input.");
    const std::string_view bytes = in_.substr(0, size);
    in_.remove_prefix(size);
    return bytes;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  template <class Integer>
  void push_signed() {
    lua_pushnumber(lua_, static_cast<double>(static_cast<Integer>(number(sizeof(Integer)))));
  }
  void push_unsigned(std::size_t bytes) {
    lua_pushnumber(lua_, static_cast<double>(number(bytes)));
  }
  void unpack_typed(std::uint64_t type) {
    switch (type) {
      case 0xC0: return lua_pushnil(lua_);
      case 0xC2: return lua_pushboolean(lua_, 0);
      case 0xC3: return lua_pushboolean(lua_, 1);
      case 0xCA:
        return lua_pushnumber(lua_, std::bit_cast<float>(static_cast<std::uint32_t>(number(4))));
      case 0xCB: return lua_pushnumber(lua_, std::bit_cast<double>(number(8)));
      case 0xCC: return push_unsigned(1);
      case 0xCD: return push_unsigned(2);
      case 0xCE: return push_unsigned(4);
      case 0xCF: return push_unsigned(8);
      case 0xD0: return push_signed<std::int8_t>();
      case 0xD1: return push_signed<std::int16_t>();
      case 0xD2: return push_signed<std::int32_t>();
      case 0xD3: return push_signed<std::int64_t>();
      case 0xD9: return push_text(number(1));
      case 0xDA: return push_text(number(2));
      case 0xDB: return push_text(number(4));
      case 0xDC: return push_array(number(2));
      case 0xDD: return push_array(number(4));
      case 0xDE: return push_map(number(2));
      case 0xDF: return push_map(number(4));
      default: fail("Bad data format in input.");
    }
  }
  void push_text(std::uint64_t size) {
    const std::string_view text = take(size);
    Interpreter::of(lua_).charge(lua_, size / kBytesPerStep);
    lua_pushlstring(lua_, text.data(), text.size());
  }
  // A count that the bytes cannot hold fails before anything is made of it.
  void push_array(std::uint64_t count) {
    lua_newtable(lua_);
    for (std::uint64_t i = 1; i <= count; ++i) {
      lua_pushnumber(lua_, static_cast<double>(i));
      unpack();
      lua_rawset(lua_, -3);
    }
  }
  void push_map(std::uint64_t count) {
    lua_newtable(lua_);
    for (std::uint64_t i = 0; i < count; ++i) {
      unpack();
      unpack();
      lua_settable(lua_, -3);
    }
  }

  lua_State* lua_;
  std::string_view in_;
};

// With a limit the place where to go on comes first; -1: nothing is left.
int unpack_some(lua_State* lua, int limit, int offset) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 1, &size);
  if (offset < 0 || limit < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                      static_cast<int>(size));
  }
  if (static_cast<std::size_t>(offset) > size)
    return luaL_error(lua, "Start offset %d greater than input length %d.", offset,
                      static_cast<int>(size));
  const bool is_all = limit == 0 && offset == 0;
  if (is_all) limit = INT32_MAX;
  Unpacker unpacker(lua, std::string_view(bytes, size).substr(static_cast<std::size_t>(offset)));
  int count = 0;
  for (; unpacker.left() > 0 && count < limit; ++count) unpacker.unpack();
  if (is_all) return count;
  const std::size_t left = unpacker.left();
  lua_pushnumber(lua, left == 0 ? -1.0 : static_cast<double>(size - left));
  lua_insert(lua, 2);
  return count + 1;
}

// Nothing is left nothing, which errors call by another name than nil.
void keep_first(lua_State* lua) {
  if (lua_gettop(lua) > 1) lua_settop(lua, 1);
}

int unpack(lua_State* lua) {
  keep_first(lua);
  return unpack_some(lua, 0, 0);
}
int unpack_one(lua_State* lua) {
  const int offset = luaL_optint(lua, 2, 0);
  keep_first(lua);
  return unpack_some(lua, 1, offset);
}
int unpack_limit(lua_State* lua) {
  const int limit = luaL_checkint(lua, 2);
  const int offset = luaL_optint(lua, 3, 0);
  keep_first(lua);
  return unpack_some(lua, limit, offset);
}

constexpr luaL_Reg kFunctions[] = {{"pack", pack},
                                   {"unpack", unpack},
                                   {"unpack_one", unpack_one},
                                   {"unpack_limit", unpack_limit},
                                   {nullptr, nullptr}};

void set_text(lua_State* lua, const char* name, const char* text) {
  lua_pushstring(lua, text);
  lua_setfield(lua, -2, name);
}

}  // namespace

void open_msgpack(lua_State* lua) {
  luaL_register(lua, nullptr, kFunctions);
  set_text(lua, "_NAME", "cmsgpack");
  set_text(lua, "_VERSION", "lua-cmsgpack 0.4.0");
  set_text(lua, "_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo");
  set_text(lua, "_DESCRIPTION", "MessagePack C implementation for Lua");
}

}  // namespace engine::scripts
