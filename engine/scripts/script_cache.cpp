#include "engine/scripts/script_cache.h"

#include <array>
#include <vector>

#include "base/check.h"
#include "base/sha1.h"
#include "engine/scripts/flags.h"
#include "engine/scripts/interpreter.h"

namespace engine::scripts {
namespace {

constexpr std::size_t kShaDigits = 40;
constexpr const char* kChunk = "@user_script";

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

void take_flags(std::string_view names, Shebang& shebang) {
  for (const std::string_view name : split(names, ',')) {
    const std::optional<ScriptFlag> found = script_flag(name);
    if (!found) {
      shebang.error = "ERR Unexpected flag in script shebang: " + std::string(name);
      return;
    }
    shebang.flags |= *found;
  }
}

}  // namespace

std::string folded_sha(std::string_view sha) {
  std::string folded(sha);
  for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return folded;
}

Shebang parse_shebang(std::string_view source) {
  Shebang shebang;
  if (!source.starts_with("#!")) return shebang;
  shebang.is_there = true;
  const std::size_t end = source.find('\n');
  if (end == std::string_view::npos) {
    shebang.error = "ERR Invalid script shebang";
    return shebang;
  }
  shebang.line_size = end;
  const std::vector<std::string_view> words = split(source.substr(0, end), ' ');
  if (words.empty() || words[0] != "#!lua") {
    shebang.error = "ERR Unexpected engine in script shebang: " +
                    std::string(words.empty() ? std::string_view() : words[0]);
    return shebang;
  }
  for (std::size_t i = 1; i < words.size() && shebang.error.empty(); ++i) {
    constexpr std::string_view kFlags = "flags=";
    if (words[i].starts_with(kFlags)) {
      take_flags(words[i].substr(kFlags.size()), shebang);
    } else {
      shebang.error = "ERR Unknown lua shebang option: " + std::string(words[i]);
    }
  }
  return shebang;
}

const Script* ScriptCache::find(std::string_view sha) const {
  if (sha.size() != kShaDigits) return nullptr;
  const auto found = scripts_.find(sha);
  if (found != scripts_.end()) return &found->second;
  const auto folded = scripts_.find(folded_sha(sha));
  return folded == scripts_.end() ? nullptr : &folded->second;
}

std::string_view ScriptCache::code_of(const Script& script, Interpreter& interpreter) const {
  if (!script.code.empty()) return script.code;
  std::string error;
  const std::size_t skipped = parse_shebang(script.source).line_size;
  const std::string_view text = std::string_view(script.source).substr(skipped);
  auto code = interpreter.compile(text, kChunk, error);
  CHECK(code.has_value());  // it compiled when it was added
  script.code = std::move(*code);
  return script.code;
}

const std::string& ScriptCache::sha_of(std::string_view source) const {
  constexpr std::size_t kRememberedMost = 4096;
  if (last_source_.empty() || last_source_ != source) {
    last_sha_ = base::sha1_hex(source);
    if (source.size() <= kRememberedMost) {
      last_source_ = source;
    } else {
      last_source_.clear();
    }
  }
  return last_sha_;
}

const Script* ScriptCache::add(const std::string& sha, std::string_view source,
                               Interpreter& interpreter, std::string& error) {
  const Shebang shebang = parse_shebang(source);
  if (!shebang.error.empty()) {
    error = shebang.error;
    return nullptr;
  }
  std::string wrong;
  auto code = interpreter.compile(source.substr(shebang.line_size), kChunk, wrong);
  if (!code) {
    error = "ERR Error compiling script (new function): " + wrong;
    return nullptr;
  }
  Script& script = scripts_[sha];
  source_bytes_ += source.size() - script.source.size();
  script = {std::string(source), shebang.is_there, shebang.flags, std::move(*code)};
  return &script;
}

void ScriptCache::encode(base::Encoder& out) const {
  out.varint(scripts_.size());
  for (const auto& [sha, script] : scripts_) out.bytes(script.source);
}

bool ScriptCache::decode(base::Decoder& in) {
  clear();
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const std::string_view source = in.bytes();
    const Shebang shebang = parse_shebang(source);
    if (!shebang.error.empty()) return false;
    source_bytes_ += source.size();
    scripts_[base::sha1_hex(source)] = {std::string(source), shebang.is_there, shebang.flags, {}};
  }
  return in.ok();
}

}  // namespace engine::scripts
