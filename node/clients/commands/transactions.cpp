// MULTI to WATCH: the service acts on these itself (service_multi.cpp). UNWATCH inside a
// transaction is queued like any other command, and then carried out here.
#include "node/clients/commands/local_command.h"
#include "node/clients/commands/registry.h"

namespace node {
namespace {

// In a transaction that is being applied the watch is gone already.
void unwatch(LocalCall& call) { call.reply.ok(); }

constexpr CommandRow kTransactionsRows[] = {
    row("discard", 1, kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagAllowBusy,
        kNoKeys, {"Drops the queued commands.", "2.0.0"}, {}, {.special = Special::kDiscard}),
    row("exec", 1, kFlagNoScript | kFlagLoading | kFlagStale | kFlagSkipSlowlog, kNoKeys,
        {"Carries out the queued commands as one step.", "1.2.0"}, {}, {.special = Special::kExec}),
    row("multi", 1, kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagAllowBusy, kNoKeys,
        {"Begins to queue commands.", "1.2.0", "O(1)"}, {}, {.special = Special::kMulti}),
    row("unwatch", 1, kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagAllowBusy,
        kNoKeys, {"Forgets all watched keys.", "2.2.0", "O(1)"}, {.local = unwatch},
        {.traits = kTraitImmediate, .special = Special::kUnwatch}),
    row("watch", -2, kFlagNoScript | kFlagLoading | kFlagStale | kFlagFast | kFlagAllowBusy,
        all_keys(kKeyLook), {"Lets the next EXEC fail if one of the keys changes.", "2.2.0"}, {},
        {.special = Special::kWatch}),
};

}  // namespace

constinit const Family kTransactionsFamily{"transactions", kTransactionsRows};

}  // namespace node
