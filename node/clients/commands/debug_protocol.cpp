// DEBUG PROTOCOL: one reply of each kind that RESP knows, word for word Redis 7.0's, for the tests
// of client libraries.
#include "engine/context/context.h"
#include "node/clients/commands/debug_inspect.h"

namespace node {
namespace {

void numbers(resp::ReplyWriter& reply) {
  for (int i = 0; i < 3; ++i) reply.integer(i);
}

void array(resp::ReplyWriter& reply) {
  reply.array(3);
  numbers(reply);
}

void set(resp::ReplyWriter& reply) {
  reply.set(3);
  numbers(reply);
}

void map(resp::ReplyWriter& reply) {
  reply.map(3);
  for (int i = 0; i < 3; ++i) {
    reply.integer(i);
    reply.boolean(i == 1);
  }
}

// An attribute and a push are no replies: one follows.
void attribute(resp::ReplyWriter& reply) {
  if (reply.is_resp3()) {
    reply.attribute(1);
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void push(resp::ReplyWriter& reply) {
  if (!reply.is_resp3()) return reply.error("ERR RESP2 is not supported by this command");
  reply.push(2);
  reply.bulk("server-cpu-usage");
  reply.integer(42);
  reply.bulk("Some real reply following the push reply");
}

struct Kind {
  std::string_view name;
  void (*write)(resp::ReplyWriter& reply);
};
constexpr Kind kKinds[] = {
    {"string", [](resp::ReplyWriter& reply) { reply.bulk("Hello World"); }},
    {"integer", [](resp::ReplyWriter& reply) { reply.integer(12345); }},
    {"double", [](resp::ReplyWriter& reply) { reply.number_text("3.141"); }},
    {"bignum",
     [](resp::ReplyWriter& reply) { reply.big_number("1234567999999999999999999999999999999"); }},
    {"null", [](resp::ReplyWriter& reply) { reply.null(); }},
    {"array", array},
    {"set", set},
    {"map", map},
    {"attrib", attribute},
    {"push", push},
    {"verbatim",
     [](resp::ReplyWriter& reply) { reply.verbatim("txt", "This is a verbatim\nstring"); }},
    {"true", [](resp::ReplyWriter& reply) { reply.boolean(true); }},
    {"false", [](resp::ReplyWriter& reply) { reply.boolean(false); }}};

}  // namespace

void show_protocol(LocalCall& call) {
  for (const Kind& kind : kKinds) {
    if (engine::equals_ignoring_case(call.argv[2], kind.name)) return kind.write(call.reply);
  }
  call.reply.error(
      "ERR Wrong protocol type name. Please use one of the following: "
      "string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
}

}  // namespace node
