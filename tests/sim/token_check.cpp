#include "tests/sim/token_check.h"

#include "tests/sim/violation.h"

namespace sim {

void TokenCheck::add(const std::string& key, const std::string& token, std::uint64_t connection,
                     std::uint64_t sequence, Fate fate) {
  lists_[key][token] = {connection, sequence, fate};
}

std::vector<std::string> TokenCheck::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, tokens] : lists_) keys.push_back(key);
  return keys;
}

void TokenCheck::check(const std::string& key, const std::string& value) const {
  std::map<std::string, std::size_t> seen;
  std::map<std::uint64_t, std::uint64_t> newest;  // sequence, by connection
  const auto& tokens = lists_.at(key);
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = value.find(',', at) + 1;
    DEMAND(end != 0, key + " ends within a token");
    const std::string token = value.substr(at, end - at);
    at = end;
    const auto known = tokens.find(token);
    DEMAND(known != tokens.end(), key + " holds " + token + " that nobody appended");
    DEMAND(++seen[token] == 1, "duplicate application: " + token + " is twice in " + key);
    DEMAND(known->second.fate != Fate::kRefused, "a refused write happened: " + token);
    if (known->second.fate != Fate::kAcknowledged) continue;
    std::uint64_t& before = newest[known->second.connection];
    DEMAND(before < known->second.sequence, "out of the connection's order: " + token);
    before = known->second.sequence;
  }
  for (const auto& [token, what] : tokens) {
    DEMAND(what.fate != Fate::kAcknowledged || seen.contains(token),
           "an acknowledged write is lost: " + token + " of " + key);
  }
}

}  // namespace sim
