// What INFO counts of commands, in few words.
#pragma once

#include <set>
#include <string>

#include "service_fixture.h"

namespace node::testing {

// "get 1 0 0": calls, rejected, failed of each command but those of the test itself; then "ERR 2".
std::string counted_commands(World& world, const std::set<std::string>& of_the_test);

}  // namespace node::testing
