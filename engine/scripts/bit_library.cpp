// bit: operations on 32 bits, as LuaBitOp 1.0.2 has them.
#include <bit>

#include "engine/scripts/libraries.h"

namespace engine::scripts {
namespace {

// Any number, modulo 2^32: adding 2^52 + 2^51 leaves its low bits in those of the double.
std::uint32_t bits_of(lua_State* lua, int index) {
  const double number = luaL_checknumber(lua, index) + 6755399441055744.0;
  return static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(number));
}

int push(lua_State* lua, std::uint32_t bits) {
  lua_pushnumber(lua, static_cast<std::int32_t>(bits));
  return 1;
}

template <class Operation>
int fold(lua_State* lua, Operation operation) {
  std::uint32_t bits = bits_of(lua, 1);
  for (int i = 2; i <= lua_gettop(lua); ++i) bits = operation(bits, bits_of(lua, i));
  return push(lua, bits);
}

int to_bit(lua_State* lua) { return push(lua, bits_of(lua, 1)); }
int bit_not(lua_State* lua) { return push(lua, ~bits_of(lua, 1)); }
int bit_and(lua_State* lua) {
  return fold(lua, [](std::uint32_t a, std::uint32_t b) { return a & b; });
}
int bit_or(lua_State* lua) {
  return fold(lua, [](std::uint32_t a, std::uint32_t b) { return a | b; });
}
int bit_xor(lua_State* lua) {
  return fold(lua, [](std::uint32_t a, std::uint32_t b) { return a ^ b; });
}
int shift_left(lua_State* lua) {
  const std::uint32_t bits = bits_of(lua, 1);
  return push(lua, bits << (bits_of(lua, 2) & 31));
}
int shift_right(lua_State* lua) {
  const std::uint32_t bits = bits_of(lua, 1);
  return push(lua, bits >> (bits_of(lua, 2) & 31));
}
int shift_right_signed(lua_State* lua) {
  const auto bits = static_cast<std::int32_t>(bits_of(lua, 1));
  return push(lua, static_cast<std::uint32_t>(bits >> (bits_of(lua, 2) & 31)));
}
int rotate_left(lua_State* lua) {
  const std::uint32_t bits = bits_of(lua, 1);
  return push(lua, std::rotl(bits, static_cast<int>(bits_of(lua, 2) & 31)));
}
int rotate_right(lua_State* lua) {
  const std::uint32_t bits = bits_of(lua, 1);
  return push(lua, std::rotr(bits, static_cast<int>(bits_of(lua, 2) & 31)));
}
int swap_bytes(lua_State* lua) { return push(lua, __builtin_bswap32(bits_of(lua, 1))); }

// At most eight digits, upper case if the count is negative, however large it is.
int to_hex(lua_State* lua) {
  std::uint32_t bits = bits_of(lua, 1);
  const bool has_count = !lua_isnone(lua, 2);
  const auto wanted = static_cast<std::int32_t>(has_count ? bits_of(lua, 2) : 8);
  const char* digits = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  const bool is_all = wanted > 8 || wanted < -8;
  const int count = is_all ? 8 : wanted < 0 ? -wanted : wanted;
  char text[8];
  for (int i = count; i-- > 0; bits >>= 4) text[i] = digits[bits & 15];
  lua_pushlstring(lua, text, static_cast<std::size_t>(count));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {{"tobit", to_bit},       {"bnot", bit_not},
                                   {"band", bit_and},       {"bor", bit_or},
                                   {"bxor", bit_xor},       {"lshift", shift_left},
                                   {"rshift", shift_right}, {"arshift", shift_right_signed},
                                   {"rol", rotate_left},    {"ror", rotate_right},
                                   {"bswap", swap_bytes},   {"tohex", to_hex},
                                   {nullptr, nullptr}};

}  // namespace

void open_bit(lua_State* lua) { luaL_register(lua, nullptr, kFunctions); }

}  // namespace engine::scripts
