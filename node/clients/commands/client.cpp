// CLIENT and its subcommands.
#include <algorithm>
#include <string>

#include "base/number.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/client_line.h"
#include "node/clients/commands/help.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

std::string describe(const LocalCall& call, const Session& session) {
  return client_line(call.node.options.self, call.node.clocks.now, session);
}

void id(LocalCall& call) { call.reply.integer(client_id(call.node.options.self, call.session.id)); }

void get_name(LocalCall& call) {
  call.session.modes.name.empty() ? call.reply.null() : call.reply.bulk(call.session.modes.name);
}

bool is_clean(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

void set_name(LocalCall& call) {
  if (!is_clean(call.argv[2])) {
    return call.reply.error(
        "ERR Client names cannot contain spaces, newlines or special characters.");
  }
  call.session.modes.name = call.argv[2];
  call.reply.ok();
}

void set_info(LocalCall& call) {
  const bool is_name = equals_ignoring_case(call.argv[2], "lib-name");
  if (!is_name && !equals_ignoring_case(call.argv[2], "lib-ver")) {
    return call.reply.error("ERR Unrecognized option '" + std::string(call.argv[2]) + "'");
  }
  if (!is_clean(call.argv[3])) {
    return call.reply.error("ERR " + std::string(call.argv[2]) +
                            " cannot contain spaces, newlines or special characters.");
  }
  call.reply.ok();
}

// Of those that CLIENT LIST and KILL tell apart there are two here.
bool is_of_type(const Session& session, std::string_view type) {
  return equals_ignoring_case(type, session.subscriber.is_subscribed() ? "pubsub" : "normal");
}

bool is_client_type(std::string_view word) {
  for (const char* type : {"normal", "master", "slave", "replica", "pubsub"}) {
    if (equals_ignoring_case(word, type)) return true;
  }
  return false;
}

void info(LocalCall& call) { call.reply.verbatim("txt", describe(call, call.session) + "\n"); }

void list(LocalCall& call) {
  const auto& argv = call.argv;
  std::vector<std::int64_t> ids;
  std::string_view type;
  if (argv.size() == 4 && equals_ignoring_case(argv[2], "type")) {
    if (!is_client_type(argv[3]))
      return call.reply.error("ERR Unknown client type '" + std::string(argv[3]) + "'");
    type = argv[3];
  } else if (argv.size() > 3 && equals_ignoring_case(argv[2], "id")) {
    for (std::size_t i = 3; i < argv.size(); ++i) {
      const auto number = base::parse_integer(argv[i]);
      if (!number) return call.reply.error("ERR Invalid client ID");
      ids.push_back(*number);
    }
  } else if (argv.size() != 2) {
    return call.reply.error(engine::errors::kSyntax);
  }
  std::string text;
  call.node.sessions.for_each([&](const Session& session) {
    const auto session_id = client_id(call.node.options.self, session.id);
    const bool is_wanted =
        ids.empty() || std::find(ids.begin(), ids.end(), session_id) != ids.end();
    if (is_wanted && (type.empty() || is_of_type(session, type)))
      text += describe(call, session) + "\n";
  });
  call.reply.verbatim("txt", text);
}

std::string_view user_of(const Session& session) {
  return session.modes.user.empty() ? engine::users::kDefaultUser
                                    : std::string_view(session.modes.user);
}

struct KillFilter {
  std::optional<std::int64_t> id;
  std::string_view address, local_address, type;
  std::optional<std::string_view> user;
  bool skips_me = true;
};

// CLIENT KILL filter value ...; an error is written and false returned if it is malformed.
bool parse_filters(LocalCall& call, KillFilter& filter) {
  const auto fail = [&call](std::string_view text) { return call.reply.error(text), false; };
  const auto& argv = call.argv;
  if (argv.size() % 2 != 0) return fail(engine::errors::kSyntax);
  for (std::size_t i = 2; i < argv.size(); i += 2) {
    const std::string_view name = argv[i], value = argv[i + 1];
    if (equals_ignoring_case(name, "id")) {
      filter.id = base::parse_integer(value);
      if (!filter.id) return fail("ERR client-id should be greater than 0");
      if (*filter.id < 1) return fail("ERR client-id should be greater than 0");
    } else if (equals_ignoring_case(name, "type")) {
      if (!is_client_type(value))
        return fail("ERR Unknown client type '" + std::string(value) + "'");
      filter.type = value;
    } else if (equals_ignoring_case(name, "addr")) {
      filter.address = value;
    } else if (equals_ignoring_case(name, "laddr")) {
      filter.local_address = value;
    } else if (equals_ignoring_case(name, "user")) {
      if (call.node.accounts.in_force(call.node.engine).find(value) == nullptr)
        return fail("ERR No such user '" + engine::errors::shown(value) + "'");
      filter.user = value;
    } else if (equals_ignoring_case(name, "skipme") && equals_ignoring_case(value, "yes")) {
      filter.skips_me = true;
    } else if (equals_ignoring_case(name, "skipme") && equals_ignoring_case(value, "no")) {
      filter.skips_me = false;
    } else {
      return fail(engine::errors::kSyntax);
    }
  }
  return true;
}

void kill(LocalCall& call) {
  KillFilter filter;
  const bool is_old_form = call.argv.size() == 3;
  if (is_old_form) {
    filter.address = call.argv[2];
    filter.skips_me = false;
  } else if (!parse_filters(call, filter)) {
    return;
  }
  std::int64_t count = 0;
  call.node.sessions.for_each([&](const Session& session) {
    if (filter.id && client_id(call.node.options.self, session.id) != *filter.id) return;
    if (!filter.address.empty() && session.info.remote_address != filter.address) return;
    if (!filter.local_address.empty() && session.info.local_address != filter.local_address) return;
    if (filter.user && *filter.user != user_of(session)) return;
    if (!filter.type.empty() && !is_of_type(session, filter.type)) return;
    if (filter.skips_me && session.id == call.session.id) return;
    call.requests.kills.push_back(session.id);
    ++count;
  });
  if (!is_old_form) return call.reply.integer(count);
  count > 0 ? call.reply.ok() : call.reply.error("ERR No such client");
}

void reply(LocalCall& call) {
  if (equals_ignoring_case(call.argv[2], "on")) {
    call.session.modes.reply_mode = ReplyMode::kOn;
    call.requests.turns_replies_on = true;
    call.reply.ok();
  } else if (equals_ignoring_case(call.argv[2], "off")) {
    call.session.modes.reply_mode = ReplyMode::kOff;
  } else if (equals_ignoring_case(call.argv[2], "skip")) {
    if (call.session.modes.reply_mode == ReplyMode::kOn)
      call.session.modes.reply_mode = ReplyMode::kSkipNext;
  } else {
    call.reply.error(engine::errors::kSyntax);
  }
}

void on_or_off(LocalCall& call, bool& target) {
  const bool is_on = equals_ignoring_case(call.argv[2], "on");
  if (!is_on && !equals_ignoring_case(call.argv[2], "off"))
    return call.reply.error(engine::errors::kSyntax);
  target = is_on;
  call.reply.ok();
}
// Valkey 8.0. What is not known is not refused: a client says all that it can.
void capabilities(LocalCall& call) {
  for (const std::string_view word : call.argv.subspan(2))
    call.session.modes.redirects |= equals_ignoring_case(word, "redirect");
  call.reply.ok();
}
void no_evict(LocalCall& call) { on_or_off(call, call.session.modes.no_evict); }
void no_touch(LocalCall& call) { on_or_off(call, call.session.modes.no_touch); }

void reads(LocalCall& call) {
  if (call.argv.size() == 2) return call.reply.bulk(in_words(call.session.modes.reads));
  const std::optional<ReadMode> mode = read_mode_of(call.argv.subspan(2));
  if (!mode) {
    return call.reply.error(
        "ERR CLIENT READS takes LINEARIZABLE, LEASE, BOUNDED milliseconds (1 to 86400000), LOCAL "
        "or DEFAULT");
  }
  call.session.modes.reads = *mode;
  call.reply.ok();
}

void pause(LocalCall& call) {
  bool is_writes_only = false;
  if (call.argv.size() == 4) {
    is_writes_only = equals_ignoring_case(call.argv[3], "write");
    if (!is_writes_only && !equals_ignoring_case(call.argv[3], "all")) {
      return call.reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  } else if (call.argv.size() > 4) {
    return call.reply.error(engine::errors::kSyntax);
  }
  const auto timeout_ms = base::parse_integer(call.argv[2]);
  if (!timeout_ms) return call.reply.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return call.reply.error("ERR timeout is negative");
  constexpr std::int64_t kLongestMs = 1000LL * 60 * 60 * 24 * 365;
  call.node.pause = {call.node.clocks.now + base::milliseconds(std::min(*timeout_ms, kLongestMs)),
                     is_writes_only};
  call.reply.ok();
}

void unblock(LocalCall& call) {
  const auto& argv = call.argv;
  bool with_error = false;
  if (argv.size() == 4) {
    with_error = equals_ignoring_case(argv[3], "error");
    if (!with_error && !equals_ignoring_case(argv[3], "timeout"))
      return call.reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
  }
  const auto wanted = base::parse_integer(argv[2]);
  if (!wanted) return call.reply.error(engine::errors::kNotInteger);
  call.node.sessions.for_each([&](const Session& session) {
    if (session.is_blocked() && client_id(call.node.options.self, session.id) == *wanted)
      call.requests.unblock = LocalRequests::Unblock{session.id, with_error};
  });
  call.reply.integer(call.requests.unblock ? 1 : 0);
}

void unpause(LocalCall& call) {
  call.node.pause = {};
  call.reply.ok();
}

constexpr CommandRow kClientRows[] = {
    row("client", -2, 0, kNoKeys, {"Commands on client connections.", "2.4.0"}),
    row("client|capa", -3, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Notes what the client can do: redirect.", "8.0.0"}, {.local = capabilities}),
    row("client|getname", 2, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Tells the name of this connection.", "2.6.9", "O(1)"}, {.local = get_name}),
    row("client|help", 2, kFlagLoading | kFlagStale, kNoKeys,
        {"Lists the subcommands.", "5.0.0", "O(1)"}, {.local = write_help}),
    row("client|id", 2, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Tells the id of this connection.", "5.0.0", "O(1)"}, {.local = id}),
    row("client|info", 2, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Describes this connection.", "6.2.0", "O(1)"}, {.local = info},
        {.tips = "nondeterministic_output"}),
    row("client|kill", -3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Closes connections.", "2.4.0"}, {.local = kill}),
    row("client|list", -2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Describes the connections.", "2.4.0"}, {.local = list},
        {.tips = "nondeterministic_output"}),
    row("client|no-evict", 3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Protects this connection from eviction.", "7.0.0", "O(1)"}, {.local = no_evict}),
    row("client|no-touch", 3, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Lets this connection's reads leave no trace in the access data.", "7.2.0"},
        {.local = no_touch}),
    row("client|pause", -3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Holds back commands for a while.", "2.9.50", "O(1)"}, {.local = pause}),
    row("client|reads", -2, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Says, or tells, how fresh this connection's reads are on every node.", "7.0.0", "O(1)"},
        {.local = reads}),
    row("client|reply", 3, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Turns replies on or off.", "3.2.0", "O(1)"}, {.local = reply},
        {.traits = kTraitImmediate}),
    row("client|setinfo", 4, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Notes the library that uses this connection.", "7.2.0"}, {.local = set_info}),
    row("client|setname", 3, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Names this connection.", "2.6.9", "O(1)"}, {.local = set_name}),
    row("client|unblock", -3, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Ends the waiting of a connection.", "5.0.0"}, {.local = unblock}),
    row("client|unpause", 2, kFlagAdmin | kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Ends a pause.", "6.2.0"}, {.local = unpause}),
};

}  // namespace

constinit const Family kClientFamily{"connection", kClientRows};

}  // namespace node
