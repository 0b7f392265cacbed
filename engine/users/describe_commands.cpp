// Rights over commands in words, as Redis 7.0 finds them: from all or nothing, by the categories
// that fit best, and what is left by single commands.
#include <string>
#include <utility>
#include <vector>

#include "engine/command/acl_category.h"
#include "engine/users/selector.h"

namespace engine::users {
namespace {

using Bits = std::vector<bool>;

// How many commands of a category are as wanted, and how many are not.
struct Fit {
  std::size_t same = 0, other = 0;
  [[nodiscard]] bool is_good() const { return same > other; }
  [[nodiscard]] bool is_better_than(const Fit& best) const {
    return other < best.other || (other == best.other && same > best.same);
  }
};

class Describer {
 public:
  // `is_adding`: from nothing, by what is allowed; else from everything, by what is not.
  Describer(const CommandCatalog& catalog, const Bits& wanted, bool is_adding)
      : catalog_(catalog),
        wanted_(wanted),
        left_(wanted),
        made_(wanted.size(), !is_adding),
        is_adding_(is_adding),
        text_(is_adding ? "-@all" : "+@all") {}

  void add_categories() {
    std::uint64_t used = 0;
    while (const AclCategoryName* best = best_category(used)) {
      used |= best->bit;
      set(made_, best->bit, is_adding_);
      set(left_, best->bit, !is_adding_);
      text_ += (is_adding_ ? " +@" : " -@") + std::string(best->name);
    }
  }

  // A container goes before its subcommands, and takes them with it.
  void add_command(CommandCatalog::Number number) {
    if (made_[number] == wanted_[number]) return;
    const CommandCatalog::Command& command = catalog_.at(number);
    made_[number] = wanted_[number];
    for (const auto sub : command.subcommands) made_[sub] = wanted_[number];
    text_ += (wanted_[number] ? " +" : " -") + std::string(command.name);
  }
  void add_first_word(CommandCatalog::Number number, std::string_view word) {
    text_ += " +" + std::string(catalog_.at(number).name) + "|" + std::string(word);
  }
  [[nodiscard]] std::string& text() { return text_; }

 private:
  [[nodiscard]] const AclCategoryName* best_category(std::uint64_t used) const {
    const AclCategoryName* best = nullptr;
    Fit best_fit;
    for (const AclCategoryName& category : kAclCategoryNames) {
      if ((used & category.bit) != 0) continue;
      const Fit fit = fit_of(category.bit);
      if (!fit.is_good() || (best != nullptr && !fit.is_better_than(best_fit))) continue;
      best = &category;
      best_fit = fit;
    }
    return best;
  }

  [[nodiscard]] Fit fit_of(std::uint64_t category) const {
    Fit fit;
    for (CommandCatalog::Number i = 0; i < catalog_.size(); ++i) {
      const CommandCatalog::Command& command = catalog_.at(i);
      if ((command.categories & category) == 0 || !command.is_counted) continue;
      ++(left_[i] == is_adding_ ? fit.same : fit.other);
    }
    return fit;
  }

  void set(Bits& bits, std::uint64_t category, bool value) const {
    for (CommandCatalog::Number i = 0; i < catalog_.size(); ++i) {
      if ((catalog_.at(i).categories & category) == 0) continue;
      bits[i] = value;
      for (const auto sub : catalog_.at(i).subcommands) bits[sub] = value;
    }
  }

  const CommandCatalog& catalog_;
  const Bits& wanted_;
  Bits left_;  // what no category has accounted for
  Bits made_;  // what the text gives so far
  bool is_adding_;
  std::string text_;
};

}  // namespace

std::string Selector::describe_commands() const {
  Describer describer(*catalog_, allowed_, !is_for_future_);
  describer.add_categories();
  for (Number i = 0; i < size(); ++i) {
    if (!catalog_->at(i).container) describer.add_command(i);
  }
  for (Number i = 0; i < size(); ++i) {
    if (catalog_->at(i).container) describer.add_command(i);
  }
  for (const auto& [number, words] : first_words_) {
    if (allowed_[number]) continue;
    for (const std::string& word : words) describer.add_first_word(number, word);
  }
  return std::move(describer.text());
}

std::string Selector::describe_keys() const {
  if (has_all_keys_) return "~*";
  std::string text;
  for (const KeyPattern& key : keys_) {
    const bool reads = (key.rights & kMayReadKey) != 0, writes = (key.rights & kMayWriteKey) != 0;
    text += text.empty() ? "" : " ";
    text += (reads && writes ? "~" : reads ? "%R~" : "%W~") + key.glob;
  }
  return text;
}

std::string Selector::describe_channels() const {
  if (has_all_channels_) return "&*";
  std::string text;
  for (const std::string& channel : channels_) text += (text.empty() ? "&" : " &") + channel;
  return text;
}

std::string Selector::describe() const {
  const std::string keys = describe_keys(), channels = describe_channels();
  std::string text = keys.empty() ? "" : keys + " ";
  if (!has_all_channels_) text += "resetchannels ";
  if (!channels.empty()) text += channels + " ";
  return text + describe_commands();
}

}  // namespace engine::users
