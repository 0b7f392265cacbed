#include "node/clients/read_mode.h"

#include "base/number.h"
#include "engine/command/arguments.h"

namespace node {
namespace {

using Kind = ReadMode::Kind;

struct Word {
  std::string_view text;
  Kind kind;
};
constexpr Word kWords[] = {{"default", Kind::kDefault},
                           {"linearizable", Kind::kLinearizable},
                           {"lease", Kind::kLease},
                           {"bounded", Kind::kBounded},
                           {"local", Kind::kLocal}};

}  // namespace

std::optional<ReadMode> read_mode_of(engine::Arguments words) {
  for (const Word& word : kWords) {
    if (words.empty() || !engine::equals_ignoring_case(words[0], word.text)) continue;
    ReadMode mode{.kind = word.kind};
    if (words.size() != (mode.is_bounded() ? 2U : 1U)) return std::nullopt;
    if (!mode.is_bounded()) return mode;
    const auto age_ms = base::parse_integer(words[1]);
    if (!age_ms || *age_ms < 1 || *age_ms > kReadAgeMsMost) return std::nullopt;
    mode.age_most = base::milliseconds(*age_ms);
    return mode;
  }
  return std::nullopt;
}

std::string in_words(const ReadMode& mode) {
  std::string text;
  for (const Word& word : kWords) {
    if (word.kind == mode.kind) text = word.text;
  }
  if (mode.is_bounded()) text += " " + std::to_string(mode.age_most / base::milliseconds(1));
  return text;
}

}  // namespace node
