#include "node/config/config.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/glob.h"
#include "base/number.h"
#include "engine/context/context.h"
#include "node/config/applying.h"
#include "node/config/directive.h"
#include "node/config/directive_value.h"
#include "resp/parser.h"

namespace node {
namespace {

constexpr int kRaftPortOffset = 10000;

base::Error bad(std::string object, std::string detail) {
  return {.cause = base::Cause::kInvalid,
          .operation = "configuration",
          .object = std::move(object),
          .detail = std::move(detail)};
}

const Directive& canonical(const Directive& directive) {
  return directive.canonical.empty() ? directive : *find_directive(directive.canonical);
}

// `name` is one of the directive's choices.
engine::EvictionPolicy eviction_policy(std::string_view name) {
  using Order = engine::EvictionOrder;
  engine::EvictionPolicy policy;
  policy.is_off = name == "noeviction";
  policy.is_volatile = name.starts_with("volatile-");
  if (name.ends_with("-lfu")) policy.order = Order::kLeastFrequent;
  if (name.ends_with("-random")) policy.order = Order::kRandom;
  if (name.ends_with("-ttl")) policy.order = Order::kSoonest;
  return policy;
}

std::string join(const std::vector<std::string>& words, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < words.size(); ++i) text += (i == from ? "" : " ") + words[i];
  return text;
}

bool takes_many_words(const Directive& directive) {
  return directive.kind == DirectiveKind::kWords || directive.kind == DirectiveKind::kPercentiles ||
         directive.kind == DirectiveKind::kOutputLimits ||
         (directive.traits & (kMeaningless | kPromise)) != 0;
}

constexpr std::string_view kNotThere =
    "not supported: Quorate would not do what this promises, so it does not take it";

// `replicaof no one` promises nothing.
bool is_broken_promise(const Directive& directive, std::string_view value) {
  return (directive.traits & kPromise) != 0 && value != directive.default_value &&
         !engine::equals_ignoring_case(value, "no one");
}

constexpr std::string_view kUser = "user";

bool is_secret(std::string_view name) {
  if (name == kUser) return true;
  const Directive* directive = find_directive(name);
  return directive != nullptr && (directive->traits & kSecret) != 0;
}

std::string quoted(std::string_view value) {
  if (!value.empty() && value.find_first_of(" \t\"'\\") == std::string_view::npos)
    return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

class Config::Values {
 public:
  std::map<std::string, std::string, std::less<>> values;
  std::set<std::string, std::less<>> given;    // by file or arguments
  std::set<std::string, std::less<>> changed;  // by CONFIG SET
  std::string user_lines;
  Hot hot;

  Values() {
    for (const Directive& directive : all_directives()) {
      if (directive.canonical.empty())
        values[std::string(directive.name)] = directive.default_value;
    }
    refresh();
  }

  void refresh() {
    const auto number = [this](const char* name) {
      return static_cast<std::uint64_t>(base::parse_integer(values.at(name)).value_or(0));
    };
    hot.cluster_enabled = values.at("cluster-enabled") == "yes";
    hot.forwards =
        values.at("forward") == "yes" && (!hot.cluster_enabled || values.at("plain-port") != "0");
    hot.maxclients = number("maxclients");
    hot.proto_max_bulk_len = number("proto-max-bulk-len");
    hot.maxmemory = number("maxmemory");
    const std::string& policy = values.at("maxmemory-policy");
    hot.eviction = eviction_policy(policy);
    hot.eviction.samples = number("maxmemory-samples");
    hot.access.is_frequency = policy.ends_with("-lfu");
    hot.access.log_factor = number("lfu-log-factor");
    hot.access.decay_minutes = number("lfu-decay-time");
    hot.query_buffer_bytes_max = number("client-query-buffer-limit");
    hot.requirepass = values.at("requirepass");
    hot.protected_mode = values.at("protected-mode") == "yes";
    hot.sync_policy = sync_policy(values.at("appendfsync"));
    hot.normal_output = output_limit(values.at("client-output-buffer-limit"), "normal");
    hot.pubsub_output = output_limit(values.at("client-output-buffer-limit"), "pubsub");
  }

  // One directive with its words; the error's detail says what is wrong.
  base::Status assign(const std::vector<std::string>& words, std::vector<std::string>& warnings) {
    if (words[0] == kUser && words.size() > 1) {  // a list that no CONFIG GET shows
      user_lines += join(words, 0) + "\n";
      return base::success();
    }
    const Directive* directive = find_directive(words[0]);
    if (directive == nullptr) return bad(words[0], "Bad directive or wrong number of arguments");
    if (words.size() < 2 || (words.size() > 2 && !takes_many_words(*directive)))
      return bad(words[0], "wrong number of arguments");
    const Directive& target = canonical(*directive);
    std::string& value = values[std::string(target.name)];
    auto checked = canonical_value(target, join(words, 1), value);
    if (!checked.ok()) return bad(words[0], checked.error().detail);
    if (is_broken_promise(target, checked.value())) return bad(words[0], std::string(kNotThere));
    value = std::move(checked).value();
    if ((target.traits & kPromise) != 0) value = target.default_value;  // `replicaof no one`
    given.insert(std::string(target.name));
    if ((target.traits & kMeaningless) != 0)
      warnings.push_back("'" + words[0] + "' is accepted but has no meaning in Quorate");
    refresh();
    return base::success();
  }
};

Config::Config() : values_(std::make_unique<Values>()) {}
Config::Config(const Config& other) : values_(std::make_unique<Values>(*other.values_)) {}
Config& Config::operator=(const Config& other) {
  *values_ = *other.values_;
  return *this;
}
Config::~Config() = default;

base::Result<Config::Loaded> Config::load_text(std::string_view text, std::string_view origin) {
  Loaded loaded;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const std::size_t start = line.find_first_not_of(" \t\r");
    if (start == std::string_view::npos || line[start] == '#') continue;
    const std::string place = std::string(origin) + ":" + std::to_string(number);
    std::vector<std::string> words;
    if (!resp::split_words(line, words))
      return bad(place, "Unbalanced quotes in configuration line");
    if (words.empty()) continue;
    std::vector<std::string> warnings;
    const base::Status status = values_->assign(words, warnings);
    if (!status.ok()) {
      const std::string shown = is_secret(words[0]) ? words[0] : std::string(line.substr(start));
      return bad(place, "'" + shown + "': " + status.error().detail);
    }
    for (std::string& warning : warnings) loaded.warnings.push_back(place + ": " + warning);
  }
  return loaded;
}

base::Result<Config::Loaded> Config::load_arguments(const std::vector<std::string>& arguments) {
  Loaded loaded;
  std::size_t i = 0;
  while (i < arguments.size()) {
    if (arguments[i].size() < 3 || !arguments[i].starts_with("--"))
      return bad(arguments[i], "expected --NAME VALUE");
    std::vector<std::string> words = {arguments[i++].substr(2)};
    while (i < arguments.size() && !arguments[i].starts_with("--")) words.push_back(arguments[i++]);
    const base::Status status = values_->assign(words, loaded.warnings);
    if (!status.ok()) return bad("--" + status.error().object, status.error().detail);
  }
  return loaded;
}

base::Status Config::finish() {
  auto& values = values_->values;
  const bool has_peers = !list("raft-peers").empty();
  if (!values_->given.contains("cluster-enabled"))
    values["cluster-enabled"] = has_peers || !flag("raft-voter") ? "yes" : "no";
  if (integer("raft-port") == 0) {
    const std::int64_t port = integer("port") + kRaftPortOffset;
    if (port > 65535 && has_peers)
      return bad("raft-port", "port + 10000 is no port: give --raft-port");
    values["raft-port"] = std::to_string(port > 65535 ? 0 : port);
  }
  if (integer("raft-heartbeat-interval") * 2 > integer("raft-election-timeout")) {
    return bad("raft-election-timeout", "must be at least twice raft-heartbeat-interval");
  }
  if (!parse_skipped_entry(text("raft-skip-entry")))
    return bad("raft-skip-entry", "must be the index of a log entry, or INDEX:ELEMENT");
  values_->refresh();
  return base::success();
}

std::map<std::string, std::string> Config::matching(std::string_view pattern) const {
  std::map<std::string, std::string> found;
  const bool is_name = pattern.find_first_of("[*?") == std::string_view::npos;
  for (const Directive& directive : all_directives()) {
    if ((directive.traits & kHidden) != 0 && !is_name) continue;
    if (base::glob_match(pattern, directive.name, true)) {
      found[std::string(directive.name)] =
          values_->values.at(std::string(canonical(directive).name));
    }
  }
  return found;
}

base::Result<std::vector<Config::Change>> Config::check(
    const std::vector<std::pair<std::string, std::string>>& pairs) const {
  std::vector<Change> changes;
  std::set<std::string> names;
  const auto fail = [](const std::string& name, std::string_view why) {
    return bad(name, "CONFIG SET failed (possibly related to argument '" + name + "') - " +
                         std::string(why));
  };
  // All names are looked at before any value is, as in Redis.
  for (const auto& [name, text] : pairs) {
    const Directive* directive = find_directive(name);
    if (directive == nullptr)
      return bad(name, "Unknown option or number of arguments for CONFIG SET - '" + name + "'");
    const std::uint8_t traits = canonical(*directive).traits;
    if ((traits & kProtected) != 0) return fail(name, "can't set protected config");
    if ((traits & kFixed) != 0) return fail(name, "can't set immutable config");
    // An alias next to its name is no duplicate (Redis 7.0); the later one counts.
    if (!names.insert(std::string(directive->name)).second)
      return fail(name, "duplicate parameter");
  }
  for (const auto& [name, text] : pairs) {
    const Directive& target = canonical(*find_directive(name));
    auto checked = canonical_value(target, text, values_->values.at(std::string(target.name)));
    if (!checked.ok()) return fail(name, checked.error().detail);
    if (is_broken_promise(target, checked.value())) return fail(name, kNotThere);
    changes.push_back(
        {std::string(target.name), std::move(checked).value(), (target.traits & kReplicated) != 0});
  }
  return changes;
}

void Config::adopt(const std::vector<Change>& changes) {
  if (changes.empty()) return;
  for (const Change& change : changes) {
    CHECK(values_->values.contains(change.name));
    values_->values[change.name] = change.value;
    values_->changed.insert(change.name);
  }
  values_->refresh();
}

std::string Config::rewritten(std::string_view old_text) const {
  std::string out;
  std::set<std::string, std::less<>> pending = values_->changed;
  while (!old_text.empty()) {
    const std::size_t end = std::min(old_text.find('\n'), old_text.size());
    const std::string_view line = old_text.substr(0, end);
    old_text.remove_prefix(std::min(end + 1, old_text.size()));
    std::vector<std::string> words;
    const bool is_directive =
        resp::split_words(line, words) && !words.empty() && words[0][0] != '#';
    const Directive* directive = is_directive ? find_directive(words[0]) : nullptr;
    const std::string name(directive == nullptr ? "" : canonical(*directive).name);
    if (values_->changed.contains(name)) {
      if (pending.erase(name) > 0) out += name + " " + quoted(values_->values.at(name)) + "\n";
    } else {
      out += std::string(line) + "\n";
    }
  }
  if (!pending.empty()) out += "# Generated by CONFIG REWRITE\n";
  for (const std::string& name : pending)
    out += name + " " + quoted(values_->values.at(name)) + "\n";
  return out;
}

const std::string& Config::text(std::string_view name) const {
  const auto found = values_->values.find(name);
  CHECK(found != values_->values.end());
  return found->second;
}

std::int64_t Config::integer(std::string_view name) const {
  return base::parse_integer(text(name)).value_or(0);
}
bool Config::flag(std::string_view name) const { return text(name) == "yes"; }

const std::string& Config::user_lines() const { return values_->user_lines; }

std::vector<std::string> Config::list(std::string_view name) const {
  std::string value = text(name);
  std::replace(value.begin(), value.end(), ',', ' ');
  return split_blanks(value);
}

const Config::Hot& Config::hot() const { return values_->hot; }

}  // namespace node
