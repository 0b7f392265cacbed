// By whom a command is carried out. Whoever begins one makes an Acting: it says whether the user
// may, and for as long as it lives a script asks the state on whose behalf its commands run. A user
// who may do everything costs one branch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/state/state.h"
#include "engine/users/permission.h"

namespace engine {

class Acting {
 public:
  // `user`: empty is the default one. What is refused is noted in `denials`, if there are any.
  Acting(const State& state, std::string_view user, users::Where where, const CommandSpec& spec,
         Arguments argv, std::vector<users::Denial>* denials)
      : state_(state) {
    if (state.rules < kRulesWithUsers) return;
    const users::User* found = state.users.find(user);
    if (found != nullptr && found->may_all()) return;
    judge(found, where, spec, argv, denials);
  }
  ~Acting() { state_.actor = {}; }
  Acting(const Acting&) = delete;
  Acting& operator=(const Acting&) = delete;

  [[nodiscard]] bool is_refused() const { return !refusal_.empty(); }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  // `user`: nullptr: it was removed after it had sent this.
  void judge(const users::User* user, users::Where where, const CommandSpec& spec, Arguments argv,
             std::vector<users::Denial>* denials);

  const State& state_;
  std::string refusal_;
};

// A command of a script, on behalf of the user that runs it: the error that it answers instead;
// empty: it may be carried out.
[[nodiscard]] std::string refusal_in_script(const State& state, const CommandSpec& spec,
                                            Arguments argv);

}  // namespace engine
