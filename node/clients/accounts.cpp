#include "node/clients/accounts.h"

#include "base/sha256.h"

namespace node {
namespace {

base::Error bad(std::string object, std::string detail) {
  return {.cause = base::Cause::kInvalid,
          .operation = "configuration",
          .object = std::move(object),
          .detail = std::move(detail)};
}

bool names_default(std::string_view text) {
  return text.starts_with("user default ") ||
         text.find("\nuser default ") != std::string_view::npos;
}

}  // namespace

std::string password_hash(std::string_view password) {
  return password.empty() ? std::string() : base::sha256_hex(password);
}

base::Status load_configured_users(const Config& config, std::string_view file_text,
                                   engine::users::Users& users) {
  const std::string& file = config.text("aclfile");
  const std::string lines = config.user_lines();
  if (!file.empty() && !lines.empty())
    return bad("aclfile", "users are named in the configuration and in a file: one of the two");
  users.set_channels_at_first(config.text("acl-pubsub-default") == "allchannels");
  const std::string_view text = file.empty() ? std::string_view(lines) : file_text;
  if (!text.empty()) {
    const std::string errors = users.load(text, file.empty() ? "user" : std::string_view(file));
    if (!errors.empty()) return bad(file.empty() ? "user" : "aclfile", errors);
  }
  const std::string& password = config.hot().requirepass;
  if (!password.empty() && !names_default(text))
    users.set_default_password(password_hash(password));
  return base::success();
}

}  // namespace node
