#include "server/users_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "node/clients/accounts.h"
#include "node/clients/commands/registry.h"

namespace server {

std::string read_text(const std::string& path, std::string& error) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  if (in) text << in.rdbuf();
  if (!in || in.bad()) error = std::strerror(errno != 0 ? errno : EIO);
  return text.str();
}

base::Result<std::string> read_users_file(const node::Config& config) {
  const std::string& path = config.text("aclfile");
  std::string text, error;
  if (!path.empty()) text = read_text(path, error);
  if (!error.empty()) {
    return base::Error{
        .cause = base::Cause::kInvalid, .operation = "read users", .object = path, .detail = error};
  }
  engine::users::Users users(node::commands());
  const base::Status status = node::load_configured_users(config, text, users);
  if (!status.ok()) return status.error();
  return text;
}

}  // namespace server
