// Lua 5.1's patterns (its reference manual, 5.4.1), matched with a count of steps: the caller is
// told of each bunch and may end it by an exception of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace engine::scripts {

// What goes wrong with a pattern, and what pays for its steps. Neither function need return.
class PatternMeter {
 public:
  virtual ~PatternMeter() = default;
  virtual void on_steps(std::uint64_t steps) = 0;
  [[noreturn]] virtual void on_error(const char* text) = 0;
  [[noreturn]] virtual void on_error(const char* text, std::size_t number) = 0;
};

class PatternMatcher {
 public:
  static constexpr std::size_t kCapturesMax = 32;
  // Captures of text, and those that are a position: "()".
  struct Capture {
    std::size_t begin = 0;
    std::ptrdiff_t size = 0;
  };
  static constexpr std::ptrdiff_t kUnfinished = -1, kPosition = -2;

  PatternMatcher(std::string_view text, std::string_view pattern, PatternMeter& meter)
      : text_(text), pattern_(pattern), meter_(meter) {}

  // Where a match that begins at `begin` ends; nullopt: there is none. The pattern is without its
  // anchor.
  [[nodiscard]] std::optional<std::size_t> match(std::size_t begin);
  [[nodiscard]] std::size_t captures() const { return level_; }
  [[nodiscard]] const Capture& capture(std::size_t i) const { return captures_[i]; }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  using Place = std::optional<std::size_t>;

  Place match_rest(std::size_t at, std::size_t item);
  Place match_special(std::size_t at, std::size_t item, bool& is_special);
  Place balanced(std::size_t at, std::size_t item);
  Place frontier(std::size_t at, std::size_t item);
  Place back_reference(std::size_t at, std::size_t item);
  Place most(std::size_t at, std::size_t item, std::size_t end);
  Place least(std::size_t at, std::size_t item, std::size_t end);
  Place open_capture(std::size_t at, std::size_t item, std::ptrdiff_t what);
  Place close_capture(std::size_t at, std::size_t item);
  [[nodiscard]] std::size_t class_end(std::size_t item);
  [[nodiscard]] bool matches_one(std::size_t at, std::size_t item, std::size_t end);
  [[nodiscard]] bool matches_set(unsigned char c, std::size_t set, std::size_t last) const;
  [[nodiscard]] char at_pattern(std::size_t i) const {
    return i < pattern_.size() ? pattern_[i] : '\0';
  }
  void step();

  std::string_view text_, pattern_;
  PatternMeter& meter_;
  std::size_t level_ = 0;
  std::array<Capture, kCapturesMax> captures_{};
  std::uint64_t steps_ = 0;
  int depth_ = 0;
};

}  // namespace engine::scripts
