#include "node/clients/configured_users.h"

#include <string>
#include <utility>

#include "base/codec.h"
#include "engine/rules/rules.h"
#include "engine/users/users_setting.h"

namespace node {
namespace {

constexpr auto kSeedAgain = base::milliseconds(1000);

}  // namespace

void ConfiguredUsers::tend() {
  if (replica_.loading().is_loading) return;
  const bool is_untouched = replica_.engine().users().is_untouched();
  if (!is_untouched && !is_compared_) warn_if_others_count();
  const bool has_something =
      !is_password_told_ || (is_untouched && !desk_.accounts.configured.is_untouched());
  if (!has_something || !replica_.terms().is_serving() || !replica_.proposals().has_room()) return;
  if (!replica_.members().have_rules(engine::kRulesWithUsers)) return;
  if (!std::exchange(is_password_told_, true) && !is_untouched) follow_password();
  if (is_untouched && !desk_.accounts.configured.is_untouched()) seed();
}

void ConfiguredUsers::seed() {
  if (desk_.turn.now() < seed_again_) return desk_.turn.due(seed_again_);
  seed_again_ = desk_.turn.now() + kSeedAgain;
  std::string bytes;
  base::Encoder out(bytes);
  desk_.accounts.configured.encode(out);
  propose(engine::users::kFirstUsersSetting, bytes);
}

// Where there is but one node its file's requirepass rules at each start, as in Redis.
void ConfiguredUsers::follow_password() {
  const bool is_alone = replica_.members().is_alone() && desk_.config.list("raft-peers").empty();
  const std::string& hash = desk_.accounts.configured.password_required();
  if (is_alone && hash != replica_.engine().users().password_required())
    propose(engine::users::kPasswordSetting, hash);
}

void ConfiguredUsers::warn_if_others_count() {
  is_compared_ = true;
  const engine::users::Users& configured = desk_.accounts.configured;
  if (configured.is_untouched() || configured.describe() == replica_.engine().users().describe())
    return;
  desk_.turn.line(LogLevel::kWarning,
                  "the users of the configuration are not those of the cluster, which are in "
                  "force: change them with ACL SETUSER and ACL DELUSER");
}

void ConfiguredUsers::propose(std::string_view setting, std::string_view value) {
  replica_.proposals().writer().setting(setting, value);
  replica_.proposals().add_nobody();
}

}  // namespace node
