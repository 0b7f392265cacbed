// The texts of Lua, each of which is kept once: what makes one looks for it among those of its
// hash. Lua hashes 32 bytes of a longer text only, so that texts which differ between these share a
// chain however many there are, and it charges nobody for going through one. Here all bytes of
// texts of up to 4 KB count, as in Redis 7.0, whose tables thus have the same order; texts of one
// chain beyond what chance makes, bytes that are hashed and bytes that are compared are charged.
// The build gives Lua this function in the place of its own (CMakeLists.txt).
//
// Invariant: what is charged follows from the texts that the interpreter holds, so it is the same
// on every node.
#include <algorithm>
#include <climits>
#include <cstring>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/lua_layout.h"

// Lua's own, by their names in its archive.
union TString;
TString* luaS_newlstr(lua_State* lua, const char* bytes, std::size_t size);
void luaS_resize(lua_State* lua, int bucket_count);
void* luaM_realloc_(lua_State* lua, void* block, std::size_t old_size, std::size_t size);

namespace engine::scripts {
namespace {

using layout::Header;
using layout::Shared;
using layout::Text;

constexpr std::uint64_t kFreeTexts = 8;                 // chance makes no longer chains
constexpr std::size_t kHashedWholeMax = 4096;           // bytes; of a longer text 32 are taken
constexpr std::size_t kHashedPerStep = 16;              // bytes
constexpr std::size_t kComparedPerStep = 64;            // bytes
constexpr std::uint8_t kWhites = 3;                     // the two colours of what may be garbage
constexpr std::size_t kSizeMax = std::size_t{1} << 32;  // no interpreter holds as much

Shared& shared_of(lua_State* lua) { return *reinterpret_cast<layout::Thread*>(lua)->shared; }

// That of Lua, from the last byte to the first.
std::uint32_t hash_of(const char* bytes, std::size_t size) {
  const std::size_t stride = size <= kHashedWholeMax ? 1 : size / 32 + 1;
  auto hash = static_cast<std::uint32_t>(size);
  for (std::size_t i = size; i >= stride; i -= stride)
    hash ^= (hash << 5) + (hash >> 2) + static_cast<unsigned char>(bytes[i - 1]);
  return hash;
}

Header*& bucket(Shared& shared, std::uint32_t hash) {
  return shared.buckets[hash & (static_cast<std::uint32_t>(shared.bucket_count) - 1)];
}

// What the collector has found to be garbage and not freed yet is in use again.
void use_again(const Shared& shared, Text& text) {
  const bool is_garbage = (text.marked & (shared.current_white ^ kWhites) & kWhites) != 0;
  if (is_garbage) text.marked ^= kWhites;
}

struct Found {
  Text* text = nullptr;
  std::uint64_t steps = 0;
};
Found find(Shared& shared, const char* bytes, std::size_t size, std::uint32_t hash) {
  std::uint64_t texts = 0, compared = 0;
  Found found;
  for (Header* at = bucket(shared, hash); at != nullptr && found.text == nullptr; at = at->next) {
    auto* text = reinterpret_cast<Text*>(at);
    ++texts;
    if (text->hash != hash || text->size != size) continue;
    compared += size;
    if (std::memcmp(bytes, text->bytes(), size) == 0) found.text = text;
  }
  found.steps = (texts > kFreeTexts ? texts : 0) + compared / kComparedPerStep;
  return found;
}

Text* add(lua_State* lua, const char* bytes, std::size_t size, std::uint32_t hash) {
  auto* text = static_cast<Text*>(luaM_realloc_(lua, nullptr, 0, sizeof(Text) + size + 1));
  Shared& shared = shared_of(lua);
  Header*& first = bucket(shared, hash);
  *text = {.next = first,
           .type = LUA_TSTRING,
           .marked = static_cast<std::uint8_t>(shared.current_white & kWhites),
           .reserved = 0,
           .hash = hash,
           .size = size};
  std::memcpy(text->bytes(), bytes, size);
  text->bytes()[size] = '\0';
  first = reinterpret_cast<Header*>(text);
  ++shared.text_count;
  const auto buckets = static_cast<std::uint32_t>(shared.bucket_count);
  if (shared.text_count > buckets && buckets <= INT_MAX / 2)
    luaS_resize(lua, static_cast<int>(buckets * 2));
  return text;
}

// The text of these bytes.
TString* intern(lua_State* lua, const char* bytes, std::size_t size) {
  Interpreter* interpreter = Interpreter::owner_of(lua);
  if (interpreter == nullptr || !interpreter->charges_chains() || size > kSizeMax)
    return luaS_newlstr(lua, bytes, size);
  const std::uint32_t hash = hash_of(bytes, size);
  const Found found = find(shared_of(lua), bytes, size, hash);
  interpreter->note(lua, found.steps + std::min(size, kHashedWholeMax) / kHashedPerStep);
  if (found.text == nullptr) return reinterpret_cast<TString*>(add(lua, bytes, size, hash));
  use_again(shared_of(lua), *found.text);
  return reinterpret_cast<TString*>(found.text);
}

}  // namespace
}  // namespace engine::scripts

extern "C" {
TString* quorate_luaS_newlstr(lua_State* lua, const char* bytes, std::size_t size) {
  return engine::scripts::intern(lua, bytes, size);
}
}
