// cjson.decode.
#include <cctype>
#include <cstdlib>
#include <optional>
#include <string>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/json_settings.h"

namespace engine::scripts {
namespace {

constexpr std::uint64_t kBytesPerStep = 16;

enum class Kind : std::uint8_t {
  kObjectBegin,
  kObjectEnd,
  kArrayBegin,
  kArrayEnd,
  kString,
  kNumber,
  kBoolean,
  kNull,
  kColon,
  kComma,
  kEnd,
  kError,
};
constexpr const char* kKindNames[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                      "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                      "T_COLON",     "T_COMMA",   "T_END",       "T_ERROR"};

struct Token {
  Kind kind = Kind::kError;
  std::size_t at = 0;
  double number = 0;
  bool is_true = false;
  const char* error = "invalid token";
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

class JsonReader {
 public:
  JsonReader(lua_State* lua, const JsonSettings& settings, std::string_view in)
      : lua_(lua), settings_(settings), in_(in) {}

  void read() {
    push_value(next());
    const Token end = next();
    if (end.kind != Kind::kEnd) fail("the end", end);
  }

 private:
  // What lies behind the end reads as zero.
  [[nodiscard]] char at(std::size_t i) const { return i < in_.size() ? in_[i] : '\0'; }
  [[nodiscard]] bool starts_with(std::string_view word) const {
    return in_.substr(at_).starts_with(word);
  }

  Token next() {
    Interpreter::of(lua_).charge(lua_, 1);
    while (at_ < in_.size() &&
           (in_[at_] == ' ' || in_[at_] == '\t' || in_[at_] == '\n' || in_[at_] == '\r'))
      ++at_;
    Token token{.at = at_};
    switch (at(at_)) {
      case '{': return single(token, Kind::kObjectBegin);
      case '}': return single(token, Kind::kObjectEnd);
      case '[': return single(token, Kind::kArrayBegin);
      case ']': return single(token, Kind::kArrayEnd);
      case ',': return single(token, Kind::kComma);
      case ':': return single(token, Kind::kColon);
      case '"': return read_string(token);
      case '\0':
        if (at_ < in_.size()) return token;
        token.kind = Kind::kEnd;
        return token;
      default: return read_word(token);
    }
  }
  Token single(Token& token, Kind kind) {
    ++at_;
    token.kind = kind;
    return token;
  }
  Token word(Token& token, Kind kind, std::size_t size, bool is_true = false) {
    at_ += size;
    token.kind = kind;
    token.is_true = is_true;
    return token;
  }
  Token read_word(Token& token) {
    const char c = at(at_);
    if (c == '-' || (c >= '0' && c <= '9')) {
      if (settings_.decodes_invalid_numbers || !is_invalid_number()) return read_number(token);
      token.error = "invalid number";
      return token;
    }
    if (starts_with("true")) return word(token, Kind::kBoolean, 4, true);
    if (starts_with("false")) return word(token, Kind::kBoolean, 5);
    if (starts_with("null")) return word(token, Kind::kNull, 4);
    if (settings_.decodes_invalid_numbers && is_invalid_number()) return read_number(token);
    return token;
  }
  // Hexadecimal, with a leading zero or plus, infinite, or none.
  [[nodiscard]] bool is_invalid_number() const {
    std::size_t i = at_;
    if (at(i) == '+') return true;
    if (at(i) == '-') ++i;
    if (at(i) == '0') {
      const char second = at(i + 1);
      return (second | 0x20) == 'x' || (second >= '0' && second <= '9');
    }
    if (at(i) <= '9') return false;
    std::string start(in_.substr(i, 3));
    for (char& c : start) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return start == "inf" || start == "nan";
  }
  Token read_number(Token& token) {
    const char* begin = in_.data() + at_;  // a Lua string: a zero follows it
    char* end = nullptr;
    token.number = std::strtod(begin, &end);
    if (end == begin) {
      token.error = "invalid number";
      return token;
    }
    Interpreter::of(lua_).charge(lua_, static_cast<std::uint64_t>(end - begin) / kBytesPerStep);
    return word(token, Kind::kNumber, static_cast<std::size_t>(end - begin));
  }

  Token failed(Token& token, const char* error, std::size_t where) {
    token.kind = Kind::kError;
    token.error = error;
    token.at = where;
    return token;
  }
  Token read_string(Token& token) {
    text_.clear();
    std::size_t i = at_ + 1;
    for (;; ++i) {
      if (i >= in_.size()) return failed(token, "unexpected end of string", i);
      const char c = in_[i];
      if (c == '"') break;
      if (c != '\\') {
        text_.push_back(c);
        continue;
      }
      if (const char* error = read_escape(i)) return failed(token, error, i);
    }
    Interpreter::of(lua_).charge(lua_, (i - at_) / kBytesPerStep);
    at_ = i + 1;
    token.kind = Kind::kString;
    return token;
  }
  // `i`: at the backslash; afterwards at the escape's last character.
  const char* read_escape(std::size_t& i) {
    switch (at(i + 1)) {
      case '"': text_.push_back('"'); break;
      case '\\': text_.push_back('\\'); break;
      case '/': text_.push_back('/'); break;
      case 'b': text_.push_back('\b'); break;
      case 'f': text_.push_back('\f'); break;
      case 'n': text_.push_back('\n'); break;
      case 'r': text_.push_back('\r'); break;
      case 't': text_.push_back('\t'); break;
      case 'u': return read_unicode(i);
      default: return "invalid escape code";
    }
    ++i;
    return nullptr;
  }
  [[nodiscard]] std::optional<std::uint32_t> code_unit(std::size_t i) const {
    std::uint32_t unit = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int digit = hex_digit(at(i + k));
      if (digit < 0) return {};
      unit = unit << 4 | static_cast<std::uint32_t>(digit);
    }
    return unit;
  }
  const char* read_unicode(std::size_t& i) {
    static constexpr const char* kWrong = "invalid unicode escape code";
    const auto unit = code_unit(i + 2);
    if (!unit) return kWrong;
    std::uint32_t code = *unit;
    std::size_t last = i + 5;
    if ((code & 0xF800) == 0xD800) {
      if ((code & 0x400) != 0 || at(i + 6) != '\\' || at(i + 7) != 'u') return kWrong;
      const auto low = code_unit(i + 8);
      if (!low || (*low & 0xFC00) != 0xDC00) return kWrong;
      code = 0x10000 + ((code & 0x3FF) << 10) + (*low & 0x3FF);
      last = i + 11;
    }
    put_utf8(code);
    i = last;
    return nullptr;
  }
  void put_utf8(std::uint32_t code) {
    const auto tail = [&](int shift) {
      text_.push_back(static_cast<char>(0x80 | ((code >> shift) & 0x3F)));
    };
    if (code < 0x80) return text_.push_back(static_cast<char>(code));
    if (code < 0x800) {
      text_.push_back(static_cast<char>(0xC0 | code >> 6));
      return tail(0);
    }
    if (code < 0x10000) {
      text_.push_back(static_cast<char>(0xE0 | code >> 12));
      tail(6);
      return tail(0);
    }
    text_.push_back(static_cast<char>(0xF0 | code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }

  [[noreturn]] void fail(const char* expected, const Token& token) {
    const char* found =
        token.kind == Kind::kError ? token.error : kKindNames[static_cast<std::size_t>(token.kind)];
    luaL_error(lua_, "Expected %s but found %s at character %d", expected, found,
               static_cast<int>(token.at + 1));
    std::abort();
  }
  void descend() {
    if (++depth_ > settings_.decode_depth_max || lua_checkstack(lua_, 3) == 0) {
      luaL_error(lua_, "Found too many nested data structures (%d) at character %d", depth_,
                 static_cast<int>(at_));
    }
  }
  void push_value(const Token& token) {
    switch (token.kind) {
      case Kind::kString: return lua_pushlstring(lua_, text_.data(), text_.size());
      case Kind::kNumber: return lua_pushnumber(lua_, token.number);
      case Kind::kBoolean: return lua_pushboolean(lua_, token.is_true ? 1 : 0);
      case Kind::kNull: return lua_pushlightuserdata(lua_, nullptr);
      case Kind::kObjectBegin: return push_object();
      case Kind::kArrayBegin: return push_array();
      default: fail("value", token);
    }
  }
  void push_object() {
    descend();
    lua_newtable(lua_);
    Token token = next();
    if (token.kind == Kind::kObjectEnd) return void(--depth_);
    for (;; token = next()) {
      if (token.kind != Kind::kString) fail("object key string", token);
      lua_pushlstring(lua_, text_.data(), text_.size());
      const Token colon = next();
      if (colon.kind != Kind::kColon) fail("colon", colon);
      push_value(next());
      lua_rawset(lua_, -3);
      const Token behind = next();
      if (behind.kind == Kind::kObjectEnd) return void(--depth_);
      if (behind.kind != Kind::kComma) fail("comma or object end", behind);
    }
  }
  void push_array() {
    descend();
    lua_newtable(lua_);
    Token token = next();
    if (token.kind == Kind::kArrayEnd) return void(--depth_);
    for (int i = 1;; ++i, token = next()) {
      push_value(token);
      lua_rawseti(lua_, -2, i);
      const Token behind = next();
      if (behind.kind == Kind::kArrayEnd) return void(--depth_);
      if (behind.kind != Kind::kComma) fail("comma or array end", behind);
    }
  }

  lua_State* lua_;
  const JsonSettings& settings_;
  std::string_view in_;
  std::size_t at_ = 0;
  std::string text_;  // of the last string
  int depth_ = 0;
};

}  // namespace

int decode_json(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 1, &size);
  if (size >= 2 && (bytes[0] == '\0' || bytes[1] == '\0'))
    return luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
  JsonReader(lua, json_settings(lua), {bytes, size}).read();
  return 1;
}

}  // namespace engine::scripts
