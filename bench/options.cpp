#include "bench/options.h"

#include <array>
#include <cstdlib>
#include <string_view>

namespace bench {

const char* const kHelp =
    "quorate-bench: load on a server that speaks the Redis protocol, from one thread\n"
    "  --host H --port P         follows one MOVED from there\n"
    "  --connections N           50\n"
    "  --pipeline N              commands sent at once by each connection; 1\n"
    "  --keys N                  100000\n"
    "  --value-bytes N           100\n"
    "  --mix NAME[:WEIGHT],...   set get incr lpush hset zadd sadd evalsha eval_ro;\n"
    "                            set; the last two with --fill\n"
    "  --rate N                  open loop: so many commands a second, each latency counted from\n"
    "                            the moment the command was due; without it: closed loop\n"
    "  --wait-every N            WAIT 1 0 behind each N commands\n"
    "  --seconds S --warmup S    3, 0.5\n"
    "  --fill                    SET every key before measuring\n"
    "  --seed N\n"
    "Prints one line of JSON; latencies in microseconds. Fails if any reply was an error.\n";

namespace {

base::Error invalid(std::string_view what, std::string_view value) {
  return {.cause = base::Cause::kInvalid,
          .operation = "options",
          .object = std::string(what),
          .detail = "not understood: '" + std::string(value) + "'"};
}

bool parse_mix(const std::string& text, Options& options) {
  constexpr std::array<std::pair<std::string_view, Command>, 9> kNames = {
      {{"set", Command::kSet},
       {"get", Command::kGet},
       {"incr", Command::kIncr},
       {"lpush", Command::kLpush},
       {"hset", Command::kHset},
       {"zadd", Command::kZadd},
       {"sadd", Command::kSadd},
       {"evalsha", Command::kEvalSha},
       {"eval_ro", Command::kEvalRo}}};
  options.mix.clear();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view part = std::string_view(text).substr(at, end - at);
    const std::size_t colon = part.find(':');
    const std::string_view name = part.substr(0, colon);
    const std::string weight(colon == std::string_view::npos ? "1" : part.substr(colon + 1));
    const std::size_t before = options.mix.size();
    for (const auto& [known, command] : kNames) {
      if (known == name)
        options.mix.emplace_back(command, static_cast<std::uint32_t>(std::atoi(weight.c_str())));
    }
    if (options.mix.size() == before || options.mix.back().second == 0) return false;
    at = end + 1;
  }
  return !options.mix.empty();
}

// False: no such option, or no such value.
bool set_option(Options& options, std::string_view name, const std::string& value) {
  const auto number = [&value] { return std::strtoull(value.c_str(), nullptr, 10); };
  const auto real = [&value] { return std::strtod(value.c_str(), nullptr); };
  if (name == "--host") return options.host = value, true;
  if (name == "--port") return options.port = static_cast<std::uint16_t>(number()), true;
  if (name == "--connections") return (options.connections = number()) > 0;
  if (name == "--pipeline") return (options.pipeline = number()) > 0;
  if (name == "--keys") return (options.keys = number()) > 0;
  if (name == "--value-bytes") return options.value_bytes = number(), true;
  if (name == "--wait-every") return options.wait_every = number(), true;
  if (name == "--seed") return options.seed = number(), true;
  if (name == "--seconds") return (options.seconds = real()) > 0;
  if (name == "--warmup") return (options.warmup_seconds = real()) >= 0;
  if (name == "--rate") return (options.rate = real()) >= 0;
  if (name == "--mix") return parse_mix(value, options);
  return false;
}

}  // namespace

base::Result<Options> parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--fill") {
      options.fills = true;
      continue;
    }
    const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
    if (!set_option(options, arguments[i], value)) return invalid(arguments[i], value);
    ++i;
  }
  return options;
}

}  // namespace bench
