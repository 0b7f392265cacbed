// CLIENT MAINT_NOTIFICATIONS: a connection asks to be told of planned hand-overs. Of Redis Software
// 8.0, as client libraries say it (docs/decisions/maintenance-notifications.md); the texts of
// errors are of our own.
#include <optional>
#include <string>

#include "engine/command/errors.h"
#include "engine/context/context.h"
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"
#include "node/clients/maintenance/mode.h"

namespace node {
namespace {

using engine::equals_ignoring_case;

// A node has one address and one name: inside and outside are the same.
std::optional<MovingEndpoint> endpoint_of(std::string_view word) {
  const auto is = [word](std::string_view name) { return equals_ignoring_case(word, name); };
  if (is("internal-ip") || is("external-ip")) return MovingEndpoint::kAddress;
  if (is("internal-fqdn") || is("external-fqdn")) return MovingEndpoint::kName;
  if (is("none")) return MovingEndpoint::kNothing;
  return {};
}

void maint_notifications(LocalCall& call) {
  const bool is_on = equals_ignoring_case(call.argv[2], "on");
  const bool has_type =
      is_on && call.argv.size() == 5 && equals_ignoring_case(call.argv[3], "moving-endpoint-type");
  if (!is_on && !equals_ignoring_case(call.argv[2], "off"))
    return call.reply.error(engine::errors::kSyntax);
  if (call.argv.size() != 3 && !has_type) return call.reply.error(engine::errors::kSyntax);
  if (!is_on) {
    call.session.maintenance = {};
    return call.reply.ok();
  }
  const auto endpoint = has_type ? endpoint_of(call.argv[4]) : MovingEndpoint::kAddress;
  if (!endpoint)
    return call.reply.error("ERR Unknown moving-endpoint-type '" +
                            engine::errors::shown(call.argv[4]) + "'");
  if (call.session.modes.version < 3) {
    return call.reply.error(
        "ERR Maintenance notifications can be enabled only in RESP3 mode (HELLO 3)");
  }
  call.session.maintenance.is_on = true;
  call.session.maintenance.endpoint = *endpoint;
  call.reply.ok();
}

constexpr CommandRow kMaintenanceRows[] = {
    row("client|maint_notifications", -3, kFlagNoScript | kFlagLoading | kFlagStale, kNoKeys,
        {"Tells this connection of planned hand-overs.", "8.0.2", "O(1)"},
        {.local = maint_notifications}),
};

}  // namespace

constinit const Family kMaintenanceFamily{"connection", kMaintenanceRows};

}  // namespace node
