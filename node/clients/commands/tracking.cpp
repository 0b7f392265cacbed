// CLIENT TRACKING and its kin: a connection asks to be told of keys that change. Texts: Redis 7.0.
#include <vector>

#include "base/number.h"
#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/tracking/tracking.h"

namespace node {
namespace {

using engine::equals_ignoring_case;
using Names = std::vector<std::string_view>;

struct Wanted {
  TrackingMode mode;
  Names prefixes;  // in the order given
};

// One option and its value; false: an error is written.
bool take_option(LocalCall& call, std::size_t& at, Wanted& wanted) {
  const std::string_view word = call.argv[at];
  const bool has_more = at + 1 < call.argv.size();
  const auto fail = [&call](std::string_view text) { return call.reply.error(text), false; };
  if (equals_ignoring_case(word, "redirect") && has_more) {
    if (wanted.mode.redirect != 0)
      return fail("ERR A client can only redirect to a single other client");
    const auto id = base::parse_integer(call.argv[++at]);
    if (!id) return fail(engine::errors::kNotInteger);
    if (call.node.tracking.client_of(*id) == nullptr)
      return fail("ERR The client ID you want redirect to does not exist");
    wanted.mode.redirect = *id;
  } else if (equals_ignoring_case(word, "prefix") && has_more) {
    wanted.prefixes.push_back(call.argv[++at]);
  } else if (equals_ignoring_case(word, "bcast")) {
    wanted.mode.is_broadcast = true;
  } else if (equals_ignoring_case(word, "optin")) {
    wanted.mode.opts_in = true;
  } else if (equals_ignoring_case(word, "optout")) {
    wanted.mode.opts_out = true;
  } else if (equals_ignoring_case(word, "noloop")) {
    wanted.mode.no_loop = true;
  } else {
    return fail(engine::errors::kSyntax);
  }
  return true;
}

// What does not go together; empty: all does.
std::string_view objection(const TrackingMode& own, const Wanted& wanted) {
  const TrackingMode& mode = wanted.mode;
  if (!mode.is_broadcast && !wanted.prefixes.empty())
    return "ERR PREFIX option requires BCAST mode to be enabled";
  if (own.is_on && own.is_broadcast != mode.is_broadcast) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  if (mode.is_broadcast && (mode.opts_in || mode.opts_out))
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  if (mode.opts_in && mode.opts_out) return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if ((mode.opts_in && own.opts_out) || (mode.opts_out && own.opts_in)) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  return {};
}

bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

std::string overlap_text(std::string_view prefix, std::string_view with, std::string_view which) {
  return "ERR Prefix '" + std::string(prefix) + "' overlaps with " + std::string(which) +
         " prefix '" + std::string(with) + "'. Prefixes for a single client must not overlap.";
}

// Prefixes of one client that overlap would tell it twice; empty: none does.
std::string collision(const TrackingMode& own, const Names& prefixes) {
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    for (const std::string& other : own.prefixes) {
      if (overlap(prefixes[i], other)) return overlap_text(prefixes[i], other, "an existing");
    }
    for (std::size_t j = i + 1; j < prefixes.size(); ++j) {
      if (overlap(prefixes[i], prefixes[j]))
        return overlap_text(prefixes[i], prefixes[j], "another provided");
    }
  }
  return {};
}

void tracking(LocalCall& call) {
  Wanted wanted;
  for (std::size_t at = 3; at < call.argv.size(); ++at) {
    if (!take_option(call, at, wanted)) return;
  }
  if (equals_ignoring_case(call.argv[2], "off")) {
    call.node.tracking.turn_off(call.session);
    return call.reply.ok();
  }
  if (!equals_ignoring_case(call.argv[2], "on")) return call.reply.error(engine::errors::kSyntax);
  std::string why_not(objection(call.session.tracking, wanted));
  if (why_not.empty() && wanted.mode.is_broadcast)
    why_not = collision(call.session.tracking, wanted.prefixes);
  if (!why_not.empty()) return call.reply.error(why_not);
  wanted.mode.prefixes.insert(wanted.prefixes.begin(), wanted.prefixes.end());
  call.node.tracking.turn_on(call.session, std::move(wanted.mode));
  call.reply.ok();
}

void caching(LocalCall& call) {
  TrackingMode& own = call.session.tracking;
  if (!own.is_on) {
    return call.reply.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  const bool is_yes = equals_ignoring_case(call.argv[2], "yes");
  if (!is_yes && !equals_ignoring_case(call.argv[2], "no"))
    return call.reply.error(engine::errors::kSyntax);
  if (is_yes && !own.opts_in) {
    return call.reply.error(
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!is_yes && !own.opts_out) {
    return call.reply.error(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  own.has_caching = true;
  call.reply.ok();
}

void redirection(LocalCall& call) {
  const TrackingMode& own = call.session.tracking;
  call.reply.integer(own.is_on ? own.redirect : -1);
}

Names flags_of(const TrackingMode& mode) {
  if (!mode.is_on) return {"off"};
  Names flags = {"on"};
  if (mode.is_broadcast) flags.push_back("bcast");
  if (mode.opts_in) {
    flags.push_back("optin");
    if (mode.has_caching) flags.push_back("caching-yes");
  }
  if (mode.opts_out) {
    flags.push_back("optout");
    if (mode.has_caching) flags.push_back("caching-no");
  }
  if (mode.no_loop) flags.push_back("noloop");
  if (mode.is_redirect_lost) flags.push_back("broken_redirect");
  return flags;
}

void info(LocalCall& call) {
  const TrackingMode& own = call.session.tracking;
  const Names flags = flags_of(own);
  call.reply.map(3);
  call.reply.bulk("flags");
  call.reply.set(flags.size());
  for (const std::string_view flag : flags) call.reply.bulk(flag);
  call.reply.bulk("redirect");
  call.reply.integer(own.is_on ? own.redirect : -1);
  call.reply.bulk("prefixes");
  call.reply.array(own.prefixes.size());
  for (const std::string& prefix : own.prefixes) call.reply.bulk(prefix);
}

constexpr std::uint32_t kFlags = kFlagNoScript | kFlagLoading | kFlagStale;

constexpr CommandRow kTrackingRows[] = {
    row("client|caching", 3, kFlags, kNoKeys,
        {"Says whether the keys of the next command are tracked.", "6.0.0", "O(1)"},
        {.local = caching}),
    row("client|getredir", 2, kFlags, kNoKeys,
        {"Tells which client hears of changed keys instead.", "6.0.0", "O(1)"},
        {.local = redirection}),
    row("client|tracking", -3, kFlags, kNoKeys,
        {"Tells this connection of keys that change.", "6.0.0", "O(1)"}, {.local = tracking}),
    row("client|trackinginfo", 2, kFlags, kNoKeys,
        {"Tells how this connection hears of changed keys.", "6.2.0", "O(1)"}, {.local = info}),
};

}  // namespace

constinit const Family kTrackingFamily{"connection", kTrackingRows};

}  // namespace node
