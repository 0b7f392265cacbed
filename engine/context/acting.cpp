#include "engine/context/acting.h"

namespace engine {
namespace {

std::string refuse(const users::Verdict& verdict, users::Where where, const CommandSpec& spec,
                   Arguments argv, std::vector<users::Denial>* denials) {
  users::Denial denial = users::denial_of(verdict, where, spec, argv);
  std::string text = users::error_text(denial);
  if (denials != nullptr) denials->push_back(std::move(denial));
  return text;
}

}  // namespace

void Acting::judge(const users::User* user, users::Where where, const CommandSpec& spec,
                   Arguments argv, std::vector<users::Denial>* denials) {
  const users::Verdict verdict = user == nullptr ? users::Verdict{users::Denied::kCommand, 0}
                                                 : users::judge(state_.users, *user, spec, argv);
  if (verdict.what != users::Denied::kNothing) {
    refusal_ = refuse(verdict, where, spec, argv, denials);
  } else {
    state_.actor = {user, denials};
  }
}

std::string refusal_in_script(const State& state, const CommandSpec& spec, Arguments argv) {
  if (state.actor.user == nullptr) return {};
  const users::Verdict verdict = users::judge(state.users, *state.actor.user, spec, argv);
  if (verdict.what == users::Denied::kNothing) return {};
  return refuse(verdict, users::Where::kScript, spec, argv, state.actor.denials);
}

}  // namespace engine
