// Claims: whatever bytes come as a raft message, decoding neither reads outside them nor goes on
// after an error; what it accepts comes back from the encoder as the same message, whether its
// payloads lie in the head or are attached. The first byte says how many attached parts follow.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "raft/message.h"

namespace {

void check_same_again(const raft::Message& message) {
  const std::string bytes = raft::encode_message(message);
  const auto again = raft::decode_message(bytes);
  CHECK(again.has_value());
  CHECK(raft::encode_message(*again) == bytes);

  const raft::MessageParts parts = raft::encode_parts(message);
  std::vector<std::string> attached;
  for (const raft::EntryPtr& entry : parts.attached) attached.push_back(entry->payload);
  const auto from_parts = raft::decode_parts(parts.head, attached);
  CHECK(from_parts.has_value());
  CHECK(raft::encode_message(*from_parts) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<std::string> attached;
  for (unsigned i = data[0] % 4; i > 0; --i) {
    attached.emplace_back(rest.substr(0, 3));
    rest.remove_prefix(attached.back().size());
  }
  const bool is_all_in_head = attached.empty();
  const auto message = raft::decode_parts(rest, attached);
  if (message) check_same_again(*message);
  if (is_all_in_head) CHECK(raft::decode_message(rest).has_value() == message.has_value());
  if (const auto membership = raft::decode_membership(rest))
    CHECK(raft::decode_membership(raft::encode_membership(*membership)) == membership);
  return 0;
}
