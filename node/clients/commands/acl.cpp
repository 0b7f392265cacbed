// What of ACL is about a connection, this node's log of refusals, or the ACL file. The users
// themselves are the engine's (engine/commands/users.cpp).
#include <algorithm>
#include <string>
#include <utility>

#include "base/number.h"
#include "base/sha256.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

constexpr std::int64_t kEntriesByDefault = 10;
constexpr std::int64_t kPasswordBits = 256, kPasswordBitsMax = 4096, kBitsPerDigit = 4;
constexpr std::string_view kNoFile =
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
    "configuration file set) in order to store users in the Redis configuration.";
constexpr std::string_view kNotInExec = "ERR the ACL file is not waited for inside a transaction";

void wrong_arguments(LocalCall& call) {
  call.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                   engine::errors::shown(call.argv[1]) + "'. Try ACL HELP.");
}

void whoami(LocalCall& call) {
  call.reply.bulk(call.session.modes.user.empty() ? engine::users::kDefaultUser
                                                  : std::string_view(call.session.modes.user));
}

// Nobody who has seen some can tell the next: each is a hash of a secret.
void make_password(LocalCall& call) {
  if (call.argv.size() > 3) return wrong_arguments(call);
  std::int64_t bits = kPasswordBits;
  if (call.argv.size() == 3) {
    const auto wanted = base::parse_integer(call.argv[2]);
    if (!wanted) return call.reply.error(engine::errors::kNotInteger);
    if (*wanted <= 0 || *wanted > kPasswordBitsMax) {
      return call.reply.error(
          "ERR ACL GENPASS argument must be the number of bits for the output password, a positive "
          "number up to 4096");
    }
    bits = *wanted;
  }
  const auto digits = static_cast<std::size_t>((bits + kBitsPerDigit - 1) / kBitsPerDigit);
  std::string password;
  while (password.size() < digits) {
    const std::uint64_t number = call.node.accounts.passwords_made++;
    password += base::sha256_hex(call.node.options.secret + std::to_string(number));
  }
  call.reply.bulk(std::string_view(password).substr(0, digits));
}

void write_entry(LocalCall& call, const AccessLog::Entry& entry) {
  resp::ReplyWriter& reply = call.reply;
  reply.map(7);
  reply.bulk("count");
  reply.integer(static_cast<std::int64_t>(entry.count));
  const std::pair<std::string_view, std::string_view> texts[] = {{"reason", entry.reason},
                                                                 {"context", entry.context},
                                                                 {"object", entry.object},
                                                                 {"username", entry.username}};
  for (const auto& [name, value] : texts) {
    reply.bulk(name);
    reply.bulk(value);
  }
  reply.bulk("age-seconds");
  const std::int64_t age_ms = std::max<std::int64_t>(call.node.clocks.wall_ms - entry.time_ms, 0);
  reply.number(static_cast<double>(age_ms) / 1000);
  reply.bulk("client-info");
  reply.bulk(entry.client);
}

void log(LocalCall& call) {
  if (call.argv.size() > 3) return wrong_arguments(call);
  AccessLog& refusals = call.node.accounts.refusals;
  std::int64_t wanted = kEntriesByDefault;
  if (call.argv.size() == 3) {
    if (engine::equals_ignoring_case(call.argv[2], "reset")) {
      refusals.clear();
      return call.reply.ok();
    }
    const auto number = base::parse_integer(call.argv[2]);
    if (!number) return call.reply.error(engine::errors::kNotInteger);
    wanted = std::max<std::int64_t>(*number, 0);
  }
  const std::size_t count = std::min(refusals.entries().size(), static_cast<std::size_t>(wanted));
  call.reply.array(count);
  for (std::size_t i = 0; i < count; ++i) write_entry(call, refusals.entries()[i]);
}

// False: the error is written.
bool has_file(LocalCall& call) {
  if (call.node.config.text("aclfile").empty()) return call.reply.error(kNoFile), false;
  if (call.is_in_exec) return call.reply.error(kNotInExec), false;
  return true;
}

void save(LocalCall& call) { call.requests.saves_users = has_file(call); }
void load(LocalCall& call) { call.requests.loads_users = has_file(call); }

constexpr std::uint32_t kFlags = kFlagNoScript | kFlagLoading | kFlagStale;

constexpr CommandRow kAclRows[] = {
    row("acl|genpass", -2, kFlags, kNoKeys, {"Makes a password.", "6.0.0", "O(1)"},
        {.local = make_password}),
    row("acl|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "6.0.0", "O(1)"}, {.local = write_help}),
    row("acl|load", 2, kFlagAdmin | kFlags, kNoKeys, {"Reads users from the ACL file.", "6.0.0"},
        {.local = load}),
    row("acl|log", -2, kFlagAdmin | kFlags, kNoKeys,
        {"Lists what was refused lately on this node.", "6.0.0"}, {.local = log}),
    row("acl|save", 2, kFlagAdmin | kFlags, kNoKeys, {"Writes users to the ACL file.", "6.0.0"},
        {.local = save}),
    row("acl|whoami", 2, kFlags, kNoKeys, {"Names the user of this connection.", "6.0.0", "O(1)"},
        {.local = whoami}),
};

}  // namespace

constinit const Family kAclFamily{"server", kAclRows};

}  // namespace node
