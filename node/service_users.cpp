// Users: what a command's user may do is looked at when it arrives, as Redis does, and again at its
// place in the log, which is what counts (DESIGN decision 8). The users of the configuration go
// into a cluster that has none.
#include <algorithm>
#include <utility>
#include <vector>

#include "engine/users/users_setting.h"
#include "node/clients/client_line.h"
#include "node/service_machine.h"

namespace node {
namespace {

using engine::users::Denied;
using engine::users::Where;

constexpr auto kSeedAgain = base::milliseconds(1000);

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

}  // namespace

// On arrival. Whoever does not lead may not know yet what the user may do by now: only what is this
// node's alone is refused here then.
std::string Service::Machine::user_refusal(Session& session, const engine::CommandSpec& spec,
                                           engine::Arguments argv) {
  const engine::users::User* user = users().find(session.user);
  if (user != nullptr && user->may_all()) return {};
  const bool is_here = spec.scope == engine::Scope::kLocal || is_serving_leader();
  return is_here ? judge(session, spec, argv, Where::kTopLevel) : std::string();
}

// Empty: it may be carried out. What is refused is noted.
std::string Service::Machine::judge(Session& session, const engine::CommandSpec& spec,
                                    engine::Arguments argv, Where where) {
  const engine::users::User* user = users().find(session.user);
  if (user != nullptr && user->may_all()) return {};
  const engine::users::Verdict verdict =
      user == nullptr ? engine::users::Verdict{Denied::kCommand, 0}
                      : engine::users::judge(users(), *user, spec, argv);
  if (verdict.what == Denied::kNothing) return {};
  engine::users::Denial denial = engine::users::denial_of(verdict, where, spec, argv);
  std::string text = engine::users::error_text(denial);
  if (session.in_multi) denial.where = Where::kMulti;  // as the log of refusals says it
  effects_.denials.push_back(std::move(denial));
  note_denials(&session, session.user);
  return text;
}

// What was refused to a client of this node, or to one of another, who notes it.
void Service::Machine::note_denials(Session* session, std::string_view user) {
  std::vector<engine::users::Denial> denials = std::exchange(effects_.denials, {});
  if (session == nullptr) return;
  for (engine::users::Denial& denial : denials) {
    accounts_.refusals.add(
        {.reason = reason_of(denial.what),
         .context = context_of(denial.where),
         .object = std::move(denial.object),
         .username = std::string(user.empty() ? engine::users::kDefaultUser : user),
         .client = client_line(options_.self, clocks_.now, *session),
         .time_ms = clocks_.wall_ms},
        static_cast<std::size_t>(config_.integer("acllog-max-len")));
  }
}

// ---- connections that end with their user ----

// The one whose command is being answered ends behind its reply.
void Service::Machine::end_session(Session& session) {
  session.closes_when_sent = true;
  session.is_authenticated = false;
  mark_dirty(session);
  end_input(session);
}

void Service::Machine::end_users() {
  const bool all = std::exchange(effects_.ends_all_users, false);
  const std::vector<std::string> names = std::exchange(effects_.ended_users, {});
  std::vector<base::ConnectionId> ended;
  sessions_.for_each([&](const Session& session) {
    const bool is_named = std::find(names.begin(), names.end(), session.user) != names.end();
    if (!session.user.empty() && (all || is_named)) ended.push_back(session.id);
  });
  for (const base::ConnectionId id : ended) {
    Session* session = sessions_.find(id);
    if (session != nullptr) end_session(*session);
  }
}

// The state was replaced by a later one.
void Service::Machine::end_lost_users() {
  std::vector<base::ConnectionId> lost;
  sessions_.for_each([&](const Session& session) {
    if (users().find(session.user) == nullptr) lost.push_back(session.id);
  });
  for (const base::ConnectionId id : lost) {
    Session* session = sessions_.find(id);
    if (session != nullptr) end_session(*session);
  }
}

// ---- users of the configuration ----

void Service::Machine::propose_nobodys_setting(std::string_view name, std::string_view value) {
  batcher_.writer().setting(name, value);
  batcher_.add_nobody();
}

// A cluster without users takes those of its leader's configuration. Where there is but one node
// its file's requirepass rules at each start, as in Redis.
void Service::Machine::tend_users() {
  const engine::users::Users& configured = accounts_.configured;
  const bool is_untouched = engine_.users().is_untouched();
  const bool has_something =
      is_untouched ? !configured.is_untouched() : !accounts_.is_password_told;
  if (!has_something || !is_serving_leader() || batcher_.is_full()) return;
  if (rules_to_propose() < engine::kRulesWithUsers || engine_.rules() < engine::kRulesWithUsers)
    return;
  if (is_untouched) {
    if (clocks_.now < accounts_.seed_again) return due(accounts_.seed_again);
    accounts_.seed_again = clocks_.now + kSeedAgain;
    std::string bytes;
    base::Encoder out(bytes);
    configured.encode(out);
    propose_nobodys_setting(engine::users::kFirstUsersSetting, bytes);
  } else if (!std::exchange(accounts_.is_password_told, true)) {
    const bool is_alone = membership_.members.size() <= 1 && config_.list("raft-peers").empty();
    const std::string& hash = configured.password_required();
    if (is_alone && hash != engine_.users().password_required())
      propose_nobodys_setting(engine::users::kPasswordSetting, hash);
  }
}

// At start: the log's users are in force, whatever the files say.
void Service::Machine::warn_of_other_users() {
  const engine::users::Users& configured = accounts_.configured;
  const bool differs = !configured.is_untouched() && !engine_.users().is_untouched() &&
                       configured.describe() != engine_.users().describe();
  if (!differs) return;
  line(LogLevel::kWarning,
       "the users of the configuration are not those of the cluster, which are in force: change "
       "them with ACL SETUSER and ACL DELUSER");
}

// ---- the ACL file ----

void Service::Machine::on_users_saved(std::string_view error) {
  if (!error.empty()) {
    line(LogLevel::kWarning,
         "ACL SAVE: " + config_.text("aclfile") + " cannot be written: " + std::string(error));
  }
  answer_all(WaitingKind::kUsersSaved,
             error.empty() ? "+OK\r\n"
                           : "-ERR There was an error trying to save the ACLs. Please check the "
                             "server logs for more information\r\n");
}

std::vector<Service::Machine::WaitingCommand> Service::Machine::take_waiting(WaitingKind kind) {
  std::vector<WaitingCommand> taken;
  std::erase_if(waiting_, [&](const WaitingCommand& waiting) {
    if (waiting.kind == kind) taken.push_back(waiting);
    return waiting.kind == kind;
  });
  return taken;
}

// Its users replace the cluster's: an element of the log, whose reply answers ACL LOAD.
void Service::Machine::on_users_file(std::string_view text, std::string_view error) {
  const std::string& file = config_.text("aclfile");
  std::string wrong;
  engine::users::Users read(commands());
  read.set_channels_at_first(users().has_all_channels_at_first());
  if (!error.empty()) {
    wrong = "Error loading ACLs, opening file '" + file + "': " + std::string(error);
  } else {
    wrong = read.load(text, file);
  }
  if (!wrong.empty()) {
    std::string reply;
    resp::ReplyWriter(reply, 2).error("ERR " + wrong);
    return answer_all(WaitingKind::kUsersLoaded, reply);
  }
  LocalRequests requests;
  std::string bytes;
  base::Encoder out(bytes);
  read.encode(out);
  requests.settings.push_back({std::string(engine::users::kUsersSetting), bytes, true});
  for (const WaitingCommand& waiting : take_waiting(WaitingKind::kUsersLoaded)) {
    Session* session = sessions_.find(waiting.session);
    if (session == nullptr) continue;
    is_silent_ = waiting.is_silent;
    session->stall = Stall::kBarrier;
    propose_settings(*session, requests, "+OK\r\n");
    if (session->operations.empty()) make_ready(*session);  // it was refused
  }
}

}  // namespace node
