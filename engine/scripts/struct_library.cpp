// struct, as Roberto Ierusalimschy's library of 2012 has it in Redis: numbers and strings to and
// from bytes, by a format.
#include <bit>
#include <cctype>
#include <climits>
#include <cstring>
#include <limits>
#include <string>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

constexpr std::size_t kIntegerBytesMax = 32;
constexpr std::size_t kAlignmentDefault = 8;
constexpr std::uint64_t kBytesPerStep = 16;

// One option of a format after the other, with the order of bytes and the alignment in force.
class Format {
 public:
  Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

  [[nodiscard]] bool is_over() const { return *at_ == '\0'; }
  [[nodiscard]] bool is_little() const { return is_little_; }
  // The next option; its size in bytes.
  char next(std::size_t& size) {
    Interpreter::of(lua_).charge(lua_, 1);
    const char option = *at_++;
    size = size_of(option);
    return option;
  }
  // Bytes to leave out before an option that begins at `total`.
  [[nodiscard]] std::size_t padding(std::size_t size, char option, std::size_t total) const {
    if (size == 0 || option == 'c') return 0;
    const std::size_t alignment = std::min(size, alignment_);
    return alignment <= 1 ? 0 : (alignment - (total & (alignment - 1))) & (alignment - 1);
  }
  // What is no value: the order of bytes, the alignment.
  void control(char option) {
    switch (option) {
      case ' ': return;
      case '>': is_little_ = false; return;
      case '<': is_little_ = true; return;
      case '!': {
        const std::size_t wanted = count(kAlignmentDefault);
        if (wanted == 0 || (wanted & (wanted - 1)) != 0)
          luaL_error(lua_, "alignment %d is not a power of 2", static_cast<int>(wanted));
        alignment_ = wanted;
        return;
      }
      default: {
        const char* text = lua_pushfstring(lua_, "invalid format option '%c'", option);
        luaL_argerror(lua_, 1, text);
      }
    }
  }

 private:
  std::size_t count(std::size_t without) {
    if (std::isdigit(static_cast<unsigned char>(*at_)) == 0) return without;
    std::size_t value = 0;
    while (std::isdigit(static_cast<unsigned char>(*at_)) != 0) {
      const auto digit = static_cast<std::size_t>(*at_++ - '0');
      if (value > INT_MAX / 10 || value * 10 > INT_MAX - digit)
        luaL_error(lua_, "integral size overflow");
      value = value * 10 + digit;
    }
    return value;
  }
  std::size_t size_of(char option) {
    switch (option) {
      case 'B':
      case 'b': return 1;
      case 'H':
      case 'h': return 2;
      case 'L':
      case 'l':
      case 'T':
      case 'd': return 8;
      case 'f': return 4;
      case 'x': return 1;
      case 'c': return count(1);
      case 'I':
      case 'i': {
        const std::size_t size = count(4);
        if (size > kIntegerBytesMax) {
          luaL_error(lua_, "integral size %d is larger than limit of %d", static_cast<int>(size),
                     static_cast<int>(kIntegerBytesMax));
        }
        return size;
      }
      default: return 0;
    }
  }

  lua_State* lua_;
  const char* at_;
  bool is_little_ = true;
  std::size_t alignment_ = 1;
};

// Modulo 2^64, whatever the number is.
std::uint64_t integer_of(double number) {
  if (number < 0) {
    return number >= -9223372036854775808.0
               ? static_cast<std::uint64_t>(static_cast<std::int64_t>(number))
               : std::uint64_t{1} << 63;
  }
  return number < 18446744073709551616.0 ? static_cast<std::uint64_t>(number) : 0;
}

void put_integer(std::string& out, std::uint64_t value, std::size_t size, bool is_little) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i, value >>= 8)
    bytes[is_little ? i : size - 1 - i] = static_cast<char>(value & 0xFF);
  out += bytes;
}

double take_integer(std::string_view bytes, bool is_little, bool is_signed) {
  std::uint64_t value = 0;
  const std::size_t size = bytes.size();
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[is_little ? size - 1 - i : i]);
  if (!is_signed) return static_cast<double>(value);
  if (size > 0 && size < 8) {
    const std::uint64_t sign = std::uint64_t{1} << (8 * size - 1);
    if ((value & sign) != 0) value |= ~(sign - 1);
  }
  return static_cast<double>(static_cast<std::int64_t>(value));
}

void put_text(lua_State* lua, int argument, char option, std::size_t& size, std::string& out) {
  std::size_t length = 0;
  const char* bytes = luaL_checklstring(lua, argument, &length);
  if (size == 0) size = length;
  luaL_argcheck(lua, length >= size, argument + 1, "string too short");  // as it counts there
  out.append(bytes, size);
  if (option == 's') out.push_back('\0');
}

int pack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::string out;
  int argument = 2;
  while (!format.is_over()) {
    std::size_t size = 0;
    const char option = format.next(size);
    out.append(format.padding(size, option, out.size()), '\0');
    switch (option) {
      case 'b':
      case 'B':
      case 'h':
      case 'H':
      case 'l':
      case 'L':
      case 'T':
      case 'i':
      case 'I':
        put_integer(out, integer_of(luaL_checknumber(lua, argument++)), size, format.is_little());
        break;
      case 'x': out.push_back('\0'); break;
      case 'f':
        put_integer(
            out,
            std::bit_cast<std::uint32_t>(static_cast<float>(luaL_checknumber(lua, argument++))),
            size, format.is_little());
        break;
      case 'd':
        put_integer(out, std::bit_cast<std::uint64_t>(luaL_checknumber(lua, argument++)), size,
                    format.is_little());
        break;
      case 'c':
      case 's': put_text(lua, argument++, option, size, out); break;
      default: format.control(option);
    }
    if (out.size() > kMemoryBytesMax) Interpreter::of(lua).end(lua, End::kMemory);
  }
  Interpreter::of(lua).charge(lua, out.size() / kBytesPerStep);
  lua_pushlstring(lua, out.data(), out.size());
  return 1;
}

// Pushes a text of the data at `at`; how many bytes it took.
std::size_t push_text(lua_State* lua, char option, std::string_view data, std::size_t at,
                      std::size_t size, int& values) {
  if (option == 's') {
    const std::size_t end = data.find('\0', at);
    if (end == std::string_view::npos) luaL_error(lua, "unfinished string in data");
    lua_pushlstring(lua, data.data() + at, end - at);
    ++values;
    return end - at + 1;
  }
  if (size == 0) {
    if (values == 0 || lua_isnumber(lua, -1) == 0)
      luaL_error(lua, "format 'c0' needs a previous size");
    const double wanted = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    --values;
    luaL_argcheck(lua, wanted >= 0 && wanted <= static_cast<double>(data.size() - at), 2,
                  "data string too short");
    size = static_cast<std::size_t>(wanted);
  }
  lua_pushlstring(lua, data.data() + at, size);
  ++values;
  return size;
}

// What is too large for an integer is the least one, as on x86-64.
std::int64_t whole_number(double value) {
  constexpr double kEnd = 9223372036854775808.0;
  return value >= -kEnd && value < kEnd ? static_cast<std::int64_t>(value)
                                        : std::numeric_limits<std::int64_t>::min();
}

int unpack(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t length = 0;
  const char* bytes = luaL_checklstring(lua, 2, &length);
  const std::string_view data(bytes, length);
  // A place before the first is one behind the last: it has no bytes (Redis 7.0).
  const std::int64_t first = whole_number(luaL_optnumber(lua, 3, 1));
  luaL_argcheck(lua, first != 0, 3, "offset must be 1 or greater");
  std::size_t at = static_cast<std::size_t>(first) - 1;
  int values = 0;
  while (!format.is_over()) {
    std::size_t size = 0;
    const char option = format.next(size);
    at += format.padding(size, option, at);
    luaL_argcheck(lua, at <= length && size <= length - at, 2, "data string too short");
    luaL_checkstack(lua, 2, "too many results");
    const std::string_view here = data.substr(at, size);
    switch (option) {
      case 'b':
      case 'B':
      case 'h':
      case 'H':
      case 'l':
      case 'L':
      case 'T':
      case 'i':
      case 'I':
        lua_pushnumber(lua, take_integer(here, format.is_little(),
                                         std::islower(static_cast<unsigned char>(option)) != 0));
        ++values;
        break;
      case 'x': break;
      case 'f': {
        const auto bits = static_cast<std::uint32_t>(take_integer(here, format.is_little(), false));
        lua_pushnumber(lua, std::bit_cast<float>(bits));
        ++values;
        break;
      }
      case 'd': {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 8; ++i)
          bits = bits << 8 | static_cast<unsigned char>(here[format.is_little() ? 7 - i : i]);
        lua_pushnumber(lua, std::bit_cast<double>(bits));
        ++values;
        break;
      }
      case 'c':
      case 's': size = push_text(lua, option, data, at, size, values); break;
      default: format.control(option);
    }
    at += size;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(at + 1));
  return values + 1;
}

int size(lua_State* lua) {
  Format format(lua, luaL_checkstring(lua, 1));
  std::size_t total = 0;
  while (!format.is_over()) {
    std::size_t bytes = 0;
    const char option = format.next(bytes);
    total += format.padding(bytes, option, total);
    if (option == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (option == 'c' && bytes == 0) luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    if (std::isalnum(static_cast<unsigned char>(option)) == 0) format.control(option);
    total += bytes;
  }
  lua_pushinteger(lua, static_cast<lua_Integer>(total));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", pack}, {"unpack", unpack}, {"size", size}, {nullptr, nullptr}};

}  // namespace

void open_struct(lua_State* lua) { luaL_register(lua, nullptr, kFunctions); }

}  // namespace engine::scripts
