#include "engine/scripts/guards.h"

#include <vector>

#include "base/check.h"
#include "engine/scripts/chunk.h"
#include "engine/scripts/interpreter.h"

namespace engine::scripts {
namespace {

// No script spells it, and one that did would only be charged.
constexpr std::string_view kGuard{"\0guard", 6};
constexpr std::size_t kBytesPerStep = 64, kValuesPerStep = 4;

// ---- Lua 5.1's instructions (lopcodes.h): the operation in the lowest six bits, then A of eight
// bits, then C and B of nine, or both together as Bx.
enum Operation : std::uint32_t {
  kLoadConstant = 1,
  kPower = 17,
  kConcat = 21,
  kJump = 22,
  kCall = 28,
  kForLoop = 31,
  kForPrepare = 32,
  kSetList = 34,
  kVararg = 37
};
constexpr std::uint32_t kAShift = 6, kCShift = 14, kBShift = 23, kBxShift = 14;
constexpr std::uint32_t kOperationMask = 0x3F, kAMask = 0xFF, kCMask = 0x1FF;
constexpr std::int64_t kBxMax = (1 << 18) - 1, kOffsetZero = kBxMax >> 1;
constexpr std::uint8_t kRegistersMax = 250, kOwnRegisters = 2;

std::uint32_t operation_of(Instruction code) { return code & kOperationMask; }
std::uint32_t b_of(Instruction code) { return code >> kBShift; }
std::uint32_t c_of(Instruction code) { return (code >> kCShift) & kCMask; }
std::int64_t offset_of(Instruction code) {
  return static_cast<std::int64_t>(code >> kBxShift) - kOffsetZero;
}
bool has_offset(Instruction code) {
  const std::uint32_t operation = operation_of(code);
  return operation == kJump || operation == kForLoop || operation == kForPrepare;
}

// `...` as a list of any length.
bool takes_all_arguments(Instruction code) {
  return operation_of(code) == kVararg && b_of(code) == 0;
}

// One function, rewritten.
class Guarding {
 public:
  explicit Guarding(ChunkFunction& function) : function_(function) {}

  // False: it is too large.
  [[nodiscard]] bool rewrite() {
    spread();
    if (!has_guards_) return true;
    const bool fits = function_.constant_count < kBxMax &&
                      function_.registers + kOwnRegisters <= kRegistersMax;
    if (!fits || !mend_jumps()) return false;
    function_.registers += kOwnRegisters;
    ++function_.constant_count;
    function_.constants += chunk_string_constant(kGuard);
    function_.code = std::move(code_);
    if (!function_.line_of.empty()) function_.line_of = std::move(lines_);
    for (ChunkFunction::Local& local : function_.locals) {
      local.begin = new_place(local.begin);
      local.end = new_place(local.end);
    }
    return true;
  }

 private:
  // Where what stood at `old` begins, its guard included.
  [[nodiscard]] std::int32_t new_place(std::int32_t old) const {
    const auto at = static_cast<std::size_t>(old);
    return at < places_.size() ? places_[at] : static_cast<std::int32_t>(code_.size());
  }

  void spread() {
    for (std::size_t i = 0; i < function_.code.size(); ++i) {
      const Instruction code = function_.code[i];
      const bool is_data = is_data_word(i);
      places_.push_back(static_cast<std::int32_t>(code_.size()));
      line_ = function_.line_of.empty() ? 0 : function_.line_of[i];
      if (!is_data && takes_all_arguments(code)) guard_arguments();
      own_places_.push_back(static_cast<std::int64_t>(code_.size()));
      add(code);
      if (!is_data && operation_of(code) == kConcat) guard_text(code >> kAShift & kAMask);
      has_offset_.push_back(!is_data && has_offset(code));
    }
  }
  // Whether it is the word behind a SETLIST that has no room for its number.
  [[nodiscard]] bool is_data_word(std::size_t at) const {
    if (at == 0) return false;
    const Instruction before = function_.code[at - 1];
    return operation_of(before) == kSetList && c_of(before) == 0 && !is_data_word(at - 1);
  }

  void guard_text(std::uint32_t text) {
    const std::uint32_t free = load_guard();
    add(kPower | free << kAShift | text << kCShift | free << kBShift);
  }
  // The guard's power with itself is the function that counts its arguments.
  void guard_arguments() {
    const std::uint32_t free = load_guard();
    add(kPower | free << kAShift | free << kCShift | free << kBShift);
    add(kVararg | (free + 1) << kAShift);
    add(kCall | free << kAShift | 1U << kCShift);
  }
  // The register that holds it.
  std::uint32_t load_guard() {
    has_guards_ = true;
    const std::uint32_t free = function_.registers;
    add(kLoadConstant | free << kAShift |
        static_cast<std::uint32_t>(function_.constant_count) << kBxShift);
    return free;
  }
  void add(Instruction code) {
    code_.push_back(code);
    lines_.push_back(line_);
  }

  // False: one leads farther than an instruction can say.
  [[nodiscard]] bool mend_jumps() {
    for (std::size_t i = 0; i < function_.code.size(); ++i) {
      if (!has_offset_[i]) continue;
      const Instruction old = function_.code[i];
      const std::int64_t target = static_cast<std::int64_t>(i) + 1 + offset_of(old);
      const std::int64_t offset =
          new_place(static_cast<std::int32_t>(target)) - (own_places_[i] + 1) + kOffsetZero;
      if (offset < 0 || offset > kBxMax) return false;
      const Instruction low = old & (kOperationMask | kAMask << kAShift);
      code_[static_cast<std::size_t>(own_places_[i])] = low | static_cast<std::uint32_t>(offset)
                                                                  << kBxShift;
    }
    return true;
  }

  ChunkFunction& function_;
  std::vector<Instruction> code_;
  std::vector<std::int32_t> lines_;
  std::int32_t line_ = 0;                 // of what is being written
  std::vector<std::int32_t> places_;      // by old place: of its beginning
  std::vector<std::int64_t> own_places_;  // by old place: of itself
  std::vector<bool> has_offset_;
  bool has_guards_ = false;
};

bool guard_all(ChunkFunction& function) {
  for (ChunkFunction& inner : function.functions)
    if (!guard_all(inner)) return false;
  return Guarding(function).rewrite();
}

int append_bytes(lua_State*, const void* bytes, std::size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return 0;
}

// What Lua says of a power that it cannot raise: the operand that is no number is named.
int refuse_power(lua_State* lua) {
  const int culprit = lua_isnumber(lua, 1) != 0 ? 2 : 1;
  return luaL_error(lua, "attempt to perform arithmetic on a %s value",
                    luaL_typename(lua, culprit));
}

int count_arguments(lua_State* lua) {
  const auto steps = static_cast<std::uint64_t>(lua_gettop(lua)) / kValuesPerStep;
  if (steps > 0) Interpreter::of(lua).charge(lua, steps);
  return 0;
}

int guard(lua_State* lua) {
  std::size_t size = 0;
  const bool is_text = lua_type(lua, 1) == LUA_TSTRING;
  const char* text = is_text ? lua_tolstring(lua, 1, &size) : nullptr;
  if (text == nullptr || std::string_view(text, size) != kGuard) return refuse_power(lua);
  if (lua_type(lua, 2) != LUA_TSTRING) return 0;
  if (lua_rawequal(lua, 1, 2) != 0) return lua_pushcfunction(lua, count_arguments), 1;
  const std::uint64_t steps = lua_objlen(lua, 2) / kBytesPerStep;
  if (steps > 0) Interpreter::of(lua).charge(lua, steps);
  return 0;
}

}  // namespace

std::optional<std::string> with_guards(std::string_view chunk) {
  std::optional<Chunk> read = read_chunk(chunk);
  CHECK(read.has_value());  // Lua has just written it
  if (!guard_all(read->main)) return {};
  return write_chunk(*read);
}

void add_guards(lua_State* lua, const char* chunk_name) {
  bool is_too_large = false;
  {
    std::string chunk;
    CHECK(lua_dump(lua, append_bytes, &chunk) == 0);
    const std::optional<std::string> guarded = with_guards(chunk);
    is_too_large = !guarded.has_value();
    if (!is_too_large && luaL_loadbuffer(lua, guarded->data(), guarded->size(), chunk_name) != 0)
      lua_error(lua);
  }
  if (is_too_large) luaL_error(lua, "function or expression too complex");
  lua_remove(lua, -2);
}

void open_guard(lua_State* lua) {
  lua_pushcfunction(lua, guard);
  lua_setfield(lua, -2, "__pow");
}

}  // namespace engine::scripts
