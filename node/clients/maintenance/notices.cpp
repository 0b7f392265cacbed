#include "node/clients/maintenance/notices.h"

#include "resp/reply_writer.h"

namespace node {
namespace {

constexpr int kVersion = 3;  // nobody else can ask for them
// The shards that an event is about, as JSON: all keys are in the one that there is.
constexpr std::string_view kShards = R"(["1"])";

}  // namespace

std::string failing_over_notice(std::int64_t number, std::int64_t seconds) {
  std::string text;
  resp::ReplyWriter reply(text, kVersion);
  reply.push(4);
  reply.bulk("FAILING_OVER");
  reply.integer(number);
  reply.integer(seconds);
  reply.bulk(kShards);
  return text;
}

std::string failed_over_notice(std::int64_t number) {
  std::string text;
  resp::ReplyWriter reply(text, kVersion);
  reply.push(3);
  reply.bulk("FAILED_OVER");
  reply.integer(number);
  reply.bulk(kShards);
  return text;
}

std::string moving_notice(std::int64_t number, std::int64_t seconds,
                          const std::optional<std::string>& endpoint) {
  std::string text;
  resp::ReplyWriter reply(text, kVersion);
  reply.push(4);
  reply.bulk("MOVING");
  reply.integer(number);
  reply.integer(seconds);
  if (endpoint)
    reply.bulk(*endpoint);
  else
    reply.null();
  return text;
}

}  // namespace node
