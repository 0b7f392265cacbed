#include "node/clients/access.h"

#include <algorithm>
#include <utility>

#include "engine/users/permission.h"
#include "node/clients/client_line.h"
#include "node/clients/doors.h"

namespace node {
namespace {

using engine::users::Denial;
using engine::users::Denied;
using engine::users::Where;

std::string_view reason_of(Denied what) {
  switch (what) {
    case Denied::kKey: return "key";
    case Denied::kChannel: return "channel";
    case Denied::kCommand:
    case Denied::kNothing: break;
  }
  return "command";
}

std::string_view context_of(Where where) {
  switch (where) {
    case Where::kMulti: return "multi";
    case Where::kScript: return "lua";
    case Where::kTopLevel: break;
  }
  return "toplevel";
}

bool may_listen(const engine::users::Users& users, const Session& session) {
  const engine::users::User* user = users.find(session.modes.user);
  if (user == nullptr || user->may_all()) return user != nullptr;
  const auto may_all_of = [user](const Subscriber::Places& places, bool are_patterns) {
    return std::all_of(places.begin(), places.end(), [&](const auto& place) {
      return engine::users::may_use_channel(*user, place.first, are_patterns);
    });
  };
  return may_all_of(session.subscriber.channels, false) &&
         may_all_of(session.subscriber.patterns, true) &&
         may_all_of(session.subscriber.shards, false);
}

}  // namespace

bool Access::is_open() const {
  Replica& replica = desk_.replica;
  const bool is_known = !replica.loading().is_loading && replica.engine().time_ms() != 0;
  return is_known && node::is_open(desk_.users());
}

engine::users::Verdict Access::verdict(const Session& session, const engine::CommandSpec& spec,
                                       engine::Arguments argv) const {
  const engine::users::Users& users = desk_.users();
  const engine::users::User* user = users.find(session.modes.user);
  if (user == nullptr) return {Denied::kCommand, 0};
  if (user->may_all() || !is_judged(session.info.door, spec)) return {};
  return engine::users::judge(users, *user, spec, argv);
}

bool Access::refuses(const Session& session, const engine::CommandSpec& spec,
                     engine::Arguments argv) const {
  const bool is_here = spec.scope == engine::Scope::kLocal || session.is_forwarded ||
                       desk_.replica.terms().is_serving();
  return is_here && verdict(session, spec, argv).what != Denied::kNothing;
}

std::string Access::judge(const Session& session, const engine::CommandSpec& spec,
                          engine::Arguments argv, Where where) {
  const engine::users::Verdict found = verdict(session, spec, argv);
  if (found.what == Denied::kNothing) return {};
  Denial denial = engine::users::denial_of(found, where, spec, argv);
  std::string text = engine::users::error_text(denial);
  if (session.multi.is_open()) denial.where = Where::kMulti;  // as the log of refusals says it
  note(session, session.modes.user, {&denial, 1});
  return text;
}

void Access::note(const Session& session, std::string_view user, std::span<const Denial> denials) {
  for (const Denial& denial : denials) {
    desk_.accounts.refusals.add(
        {.reason = reason_of(denial.what),
         .context = context_of(denial.where),
         .object = denial.object,
         .username = std::string(user.empty() ? engine::users::kDefaultUser : user),
         .client = client_line(desk_.options.self, desk_.turn.now(), session),
         .time_ms = desk_.turn.clocks.wall_ms},
        static_cast<std::size_t>(desk_.config.integer("acllog-max-len")));
  }
}

// The one whose command is being answered ends behind its reply.
void Access::end(const std::vector<base::ConnectionId>& connections) {
  for (const base::ConnectionId connection : connections) {
    Session* session = desk_.sessions.find(connection);
    if (session == nullptr) continue;
    output_.close_when_sent(*session);
    session->modes.is_authenticated = false;
    session->input.end();
  }
}

void Access::end_users(bool all, std::span<const std::string> names) {
  std::vector<base::ConnectionId> ended;
  desk_.sessions.for_each([&](const Session& session) {
    const bool is_named = std::find(names.begin(), names.end(), session.modes.user) != names.end();
    if (!session.modes.user.empty() && (all || is_named)) ended.push_back(session.id);
  });
  end(ended);
}

void Access::end_listeners(std::span<const std::string> names) {
  std::vector<base::ConnectionId> ended;
  desk_.sessions.for_each([&](const Session& session) {
    const std::string_view user = session.modes.user.empty() ? engine::users::kDefaultUser
                                                             : std::string_view(session.modes.user);
    const bool is_named = std::find(names.begin(), names.end(), user) != names.end();
    if (is_named && session.subscriber.is_subscribed() && !may_listen(desk_.users(), session))
      ended.push_back(session.id);
  });
  end(ended);
}

void Access::end_lost() {
  std::vector<base::ConnectionId> lost;
  desk_.sessions.for_each([&](const Session& session) {
    if (desk_.users().find(session.modes.user) == nullptr) lost.push_back(session.id);
  });
  end(lost);
}

}  // namespace node
