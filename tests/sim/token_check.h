// Acknowledged writes present, once, in order: each client appends tokens to a list of its own, and
// at the end the list must hold every acknowledged token exactly once, those of one connection in
// the order sent, a token of unknown outcome at most once, and no refused one. Independent of the
// search for a linearization.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sim {

class TokenCheck {
 public:
  enum class Fate : std::uint8_t { kAcknowledged, kUnknown, kRefused };
  void add(const std::string& key, const std::string& token, std::uint64_t connection,
           std::uint64_t sequence, Fate fate);
  [[nodiscard]] std::vector<std::string> keys() const;
  // Throws Violation if `value` (empty: no such key) is not what it must be.
  void check(const std::string& key, const std::string& value) const;

 private:
  struct Token {
    std::uint64_t connection = 0, sequence = 0;
    Fate fate = Fate::kUnknown;
  };
  std::map<std::string, std::map<std::string, Token>> lists_;
};

}  // namespace sim
