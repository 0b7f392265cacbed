#include "node/clients/users_file.h"

#include <string>

#include "base/codec.h"
#include "engine/users/users_setting.h"
#include "node/clients/commands/registry.h"

namespace node {

void UsersFile::on_saved(std::string_view error) {
  if (!error.empty()) {
    parts_.desk.turn.line(LogLevel::kWarning, "ACL SAVE: " + parts_.desk.config.text("aclfile") +
                                                  " cannot be written: " + std::string(error));
  }
  parts_.waiting.answer_all(
      WaitingCommands::Kind::kUsersSaved,
      error.empty() ? "+OK\r\n"
                    : "-ERR There was an error trying to save the ACLs. Please check the server "
                      "logs for more information\r\n");
}

void UsersFile::on_read(std::string_view text, std::string_view error) {
  const std::string& file = parts_.desk.config.text("aclfile");
  engine::users::Users read(commands());
  read.set_channels_at_first(parts_.desk.users().has_all_channels_at_first());
  const std::string wrong =
      error.empty() ? read.load(text, file)
                    : "Error loading ACLs, opening file '" + file + "': " + std::string(error);
  if (!wrong.empty()) {
    std::string reply;
    resp::ReplyWriter(reply, 2).error("ERR " + wrong);
    return parts_.waiting.answer_all(WaitingCommands::Kind::kUsersLoaded, reply);
  }
  std::string bytes;
  base::Encoder out(bytes);
  read.encode(out);
  for (const auto& asked : parts_.waiting.take(WaitingCommands::Kind::kUsersLoaded))
    load(asked.session, asked.is_silent, bytes);
}

void UsersFile::load(base::ConnectionId connection, bool is_silent, std::string_view users) {
  Session* session = parts_.desk.sessions.find(connection);
  if (session == nullptr) return;
  parts_.answers.set_silent(is_silent);
  session->parsing.stop(Stall::kBarrier);  // what follows comes after its reply
  LocalRequests requests;
  requests.settings.push_back(
      {std::string(engine::users::kUsersSetting), std::string(users), true});
  parts_.local.propose_settings(*session, requests, "+OK\r\n");
  if (!session->operations.empty()) return;
  session->parsing.go_on();  // it was refused
  parts_.stalls.make_ready(*session);
}

}  // namespace node
