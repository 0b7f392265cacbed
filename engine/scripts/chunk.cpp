#include "engine/scripts/chunk.h"

#include <cstring>

namespace engine::scripts {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kDepthMax = 250;  // functions within functions: Lua's own bound is 200
enum : std::uint8_t { kNil = 0, kBoolean = 1, kNumber = 3, kString = 4 };

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool ok() const { return is_ok_; }
  [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }
  [[nodiscard]] std::size_t position() const { return at_; }
  [[nodiscard]] std::string_view since(std::size_t begin) const {
    return bytes_.substr(begin, at_ - begin);
  }
  std::string_view take(std::size_t count) {
    is_ok_ = is_ok_ && count <= bytes_.size() - at_;
    if (!is_ok_) return {};
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  template <typename T>
  T number() {
    const std::string_view taken = take(sizeof(T));
    T value{};
    if (is_ok_) std::memcpy(&value, taken.data(), sizeof value);
    return value;
  }
  // How many things of at least `bytes` follow.
  std::int32_t count(std::size_t bytes) {
    const auto number_of = number<std::int32_t>();
    const std::size_t left = bytes_.size() - at_;
    is_ok_ = is_ok_ && number_of >= 0 && static_cast<std::size_t>(number_of) <= left / bytes;
    return is_ok_ ? number_of : 0;
  }
  std::string_view string() {
    const std::size_t begin = at_;
    take(number<std::size_t>());
    return is_ok_ ? since(begin) : std::string_view();
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool is_ok_ = true;
};

template <typename T>
std::vector<T> read_numbers(Reader& in) {
  std::vector<T> numbers(static_cast<std::size_t>(in.count(sizeof(T))));
  for (T& number : numbers) number = in.number<T>();
  return numbers;
}

void skip_constant(Reader& in) {
  switch (in.number<std::uint8_t>()) {
    case kNil: return;
    case kBoolean: static_cast<void>(in.take(1)); return;
    case kNumber: static_cast<void>(in.take(sizeof(double))); return;
    case kString: static_cast<void>(in.string()); return;
    default: static_cast<void>(in.take(SIZE_MAX));  // no constant
  }
}

bool read_function(Reader& in, ChunkFunction& function, std::size_t depth) {
  if (depth > kDepthMax) return false;
  function.source = in.string();
  function.lines = in.take(2 * sizeof(std::int32_t));
  function.upvalues = in.number<std::uint8_t>();
  function.parameters = in.number<std::uint8_t>();
  function.vararg = in.number<std::uint8_t>();
  function.registers = in.number<std::uint8_t>();
  function.code = read_numbers<Instruction>(in);
  function.constant_count = in.count(1);
  const std::size_t begin = in.position();
  for (std::int32_t i = 0; i < function.constant_count && in.ok(); ++i) skip_constant(in);
  function.constants = in.since(begin);
  function.functions.resize(static_cast<std::size_t>(in.count(1)));
  for (ChunkFunction& inner : function.functions)
    if (!read_function(in, inner, depth + 1)) return false;
  function.line_of = read_numbers<std::int32_t>(in);
  function.locals.resize(static_cast<std::size_t>(in.count(1)));
  for (ChunkFunction::Local& local : function.locals) {
    local.name = in.string();
    local.begin = in.number<std::int32_t>();
    local.end = in.number<std::int32_t>();
  }
  const std::size_t names = in.position();
  for (std::int32_t left = in.count(1); left > 0 && in.ok(); --left) static_cast<void>(in.string());
  function.upvalue_names = in.since(names);
  return in.ok();
}

template <typename T>
void put(std::string& out, T value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <typename T>
void put_all(std::string& out, const std::vector<T>& numbers) {
  put(out, static_cast<std::int32_t>(numbers.size()));
  for (const T number : numbers) put(out, number);
}

void write_function(std::string& out, const ChunkFunction& function) {
  out += function.source;
  out += function.lines;
  put(out, function.upvalues);
  put(out, function.parameters);
  put(out, function.vararg);
  put(out, function.registers);
  put_all(out, function.code);
  put(out, function.constant_count);
  out += function.constants;
  put(out, static_cast<std::int32_t>(function.functions.size()));
  for (const ChunkFunction& inner : function.functions) write_function(out, inner);
  put_all(out, function.line_of);
  put(out, static_cast<std::int32_t>(function.locals.size()));
  for (const ChunkFunction::Local& local : function.locals) {
    out += local.name;
    put(out, local.begin);
    put(out, local.end);
  }
  out += function.upvalue_names;
}

}  // namespace

std::optional<Chunk> read_chunk(std::string_view bytes) {
  Reader in(bytes);
  Chunk chunk;
  chunk.header = in.take(kHeaderBytes);
  if (!in.ok() || !read_function(in, chunk.main, 0) || !in.at_end()) return {};
  return chunk;
}

std::string write_chunk(const Chunk& chunk) {
  std::string out(chunk.header);
  write_function(out, chunk.main);
  return out;
}

std::string chunk_string_constant(std::string_view text) {
  std::string out;
  put(out, std::uint8_t{kString});
  put(out, text.size() + 1);
  out += text;
  out += '\0';
  return out;
}

}  // namespace engine::scripts
