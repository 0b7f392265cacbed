#include "counted_commands.h"

#include <sstream>

namespace node::testing {

std::string counted_commands(World& world, const std::set<std::string>& of_the_test) {
  std::istringstream text(world.say("INFO commandstats errorstats\r\n"));
  std::string found;
  for (std::string line; std::getline(text, line);) {
    const auto figure = [&line](const std::string& name) {
      const std::size_t at = line.find(name + "=") + name.size() + 1;
      return line.substr(at, line.find_first_of(",\r", at) - at);
    };
    const std::string name = line.substr(line.find('_') + 1, line.find(':') - line.find('_') - 1);
    if (line.starts_with("errorstat_")) found += name + " " + figure("count") + "\n";
    if (!line.starts_with("cmdstat_") || of_the_test.contains(name)) continue;
    found += name + " " + figure("calls") + " " + figure("rejected_calls") + " " +
             figure("failed_calls") + "\n";
  }
  return found;
}

}  // namespace node::testing
