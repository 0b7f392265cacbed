#include "engine/users/user.h"

#include <algorithm>
#include <utility>

#include "base/sha256.h"
#include "engine/command/arguments.h"
#include "engine/users/rule_errors.h"

namespace engine::users {
namespace {

constexpr std::uint8_t kOn = 1, kNoPassword = 2, kSanitizes = 4, kSkipsSanitizing = 8;

bool is_hash(std::string_view text) {
  return text.size() == base::kSha256HexDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_selector(std::string_view rule) {
  return rule.size() > 1 && rule.front() == '(' && rule.back() == ')';
}

std::vector<std::string_view> split_blanks(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

User::User(const CommandCatalog& catalog, bool has_all_channels)
    : catalog_(&catalog), has_all_channels_at_first_(has_all_channels) {
  selectors_.emplace_back(catalog);
  if (has_all_channels) static_cast<void>(selectors_[0].apply("allchannels"));
}

std::string_view User::apply(std::string_view rule) {
  if (rule.empty()) return rule_errors::kSyntax;
  if (apply_flag(rule)) return {};
  constexpr std::string_view kPasswordRules = "><#!";
  if (kPasswordRules.find(rule[0]) != std::string_view::npos) return change_passwords(rule);
  if (is_selector(rule)) return add_selector(rule.substr(1, rule.size() - 2));
  const std::string_view error = selectors_[0].apply(rule);
  note_unlimited();
  return error;
}

// False: it is none.
bool User::apply_flag(std::string_view rule) {
  const auto is = [rule](std::string_view word) { return equals_ignoring_case(rule, word); };
  if (is("on") || is("off")) {
    is_on_ = is("on");
  } else if (is("nopass") || is("resetpass")) {
    needs_no_password_ = is("nopass");
    passwords_.clear();
  } else if (is("sanitize-payload") || is("skip-sanitize-payload")) {
    sanitizing_ = is("sanitize-payload") ? Sanitizing::kYes : Sanitizing::kNo;
  } else if (is("clearselectors")) {
    selectors_.erase(selectors_.begin() + 1, selectors_.end());
  } else if (is("reset")) {
    reset();
  } else {
    return false;
  }
  return true;
}

void User::reset() {
  *this = User(*catalog_, has_all_channels_at_first_);
  sanitizing_ = Sanitizing::kYes;
}

// >password and <password, #hash and !hash.
std::string_view User::change_passwords(std::string_view rule) {
  const bool is_text = rule[0] == '>' || rule[0] == '<';
  const std::string hash = is_text ? base::sha256_hex(rule.substr(1)) : std::string(rule.substr(1));
  if (!is_hash(hash)) return rule_errors::kBadHash;
  const auto found = std::find(passwords_.begin(), passwords_.end(), hash);
  if (rule[0] == '>' || rule[0] == '#') {
    if (found == passwords_.end()) passwords_.push_back(hash);
    needs_no_password_ = false;
    return {};
  }
  if (found == passwords_.end()) return rule_errors::kNoSuchPassword;
  passwords_.erase(found);
  return {};
}

std::string_view User::add_selector(std::string_view rules) {
  Selector selector(*catalog_);
  if (has_all_channels_at_first_) static_cast<void>(selector.apply("allchannels"));
  for (const std::string_view rule : split_blanks(rules)) {
    const std::string_view error = selector.apply(rule);
    if (!error.empty()) return error;
  }
  selectors_.push_back(std::move(selector));
  return {};
}

void User::note_unlimited() { may_all_ = selectors_[0].is_unlimited(); }

bool User::has_password(std::string_view password) const {
  const std::string hash = base::sha256_hex(password);
  bool is_right = false;
  for (const std::string& one : passwords_)
    is_right = base::equal_in_constant_time(one, hash) || is_right;
  return is_right;
}

void User::set_only_password(std::string_view hash) {
  passwords_.clear();
  needs_no_password_ = hash.empty();
  if (!hash.empty()) passwords_.emplace_back(hash);
}

std::vector<std::string_view> User::flags() const {
  std::vector<std::string_view> flags = {is_on_ ? "on" : "off"};
  if (needs_no_password_) flags.emplace_back("nopass");
  if (sanitizing_ == Sanitizing::kNo) flags.emplace_back("skip-sanitize-payload");
  if (sanitizing_ == Sanitizing::kYes) flags.emplace_back("sanitize-payload");
  return flags;
}

std::string User::describe() const {
  std::string text;
  for (const std::string_view flag : flags()) text += std::string(flag) + " ";
  for (const std::string& hash : passwords_) text += "#" + hash + " ";
  text += selectors_[0].describe();
  for (std::size_t i = 1; i < selectors_.size(); ++i) text += " (" + selectors_[i].describe() + ")";
  return text;
}

void User::encode(base::Encoder& out) const {
  std::uint8_t flags = 0;
  if (is_on_) flags |= kOn;
  if (needs_no_password_) flags |= kNoPassword;
  if (sanitizing_ == Sanitizing::kYes) flags |= kSanitizes;
  if (sanitizing_ == Sanitizing::kNo) flags |= kSkipsSanitizing;
  out.u8(flags);
  out.varint(passwords_.size());
  for (const std::string& hash : passwords_) out.bytes(hash);
  out.varint(selectors_.size());
  for (const Selector& selector : selectors_) selector.encode(out);
}

bool User::decode(base::Decoder& in) {
  const std::uint8_t flags = in.u8();
  is_on_ = (flags & kOn) != 0;
  needs_no_password_ = (flags & kNoPassword) != 0;
  if ((flags & kSanitizes) != 0) sanitizing_ = Sanitizing::kYes;
  if ((flags & kSkipsSanitizing) != 0) sanitizing_ = Sanitizing::kNo;
  passwords_.clear();
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    const std::string_view hash = in.bytes();
    if (!is_hash(hash)) return false;
    passwords_.emplace_back(hash);
  }
  selectors_.clear();
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    if (!selectors_.emplace_back(*catalog_).decode(in)) return false;
  }
  if (selectors_.empty()) return false;
  note_unlimited();
  return in.ok();
}

bool join_selectors(Arguments words, std::vector<std::string>& rules, std::string_view& open) {
  bool is_open = false;
  for (const std::string_view word : words) {
    const bool opens = word.starts_with('(') && !word.ends_with(')');
    if (is_open && !opens) {
      rules.back() += " " + std::string(word);
      is_open = !word.ends_with(')');
      continue;
    }
    // What another one opens within it is forgotten (Redis 7.0).
    if (is_open) rules.pop_back();
    rules.emplace_back(word);
    is_open = opens;
    if (is_open) open = word;
  }
  return !is_open;
}

}  // namespace engine::users
