// Who waits for the reply of an element, and what can become of an element. Values.
#pragma once

#include <cstdint>

namespace node {

// A client as this room sees it: somebody to hand a reply to. The room of the clients derives its
// own from it, so that no look-up stands between an element and its client.
struct Addressee {};

struct Waiter {
  Addressee* client = nullptr;  // nullptr: nobody waits
  std::uint64_t operation = 0;  // of that client: which one
};

// Where a write stands (DESIGN decision 11).
enum class WriteFate : std::uint8_t {
  kUnderWay,  // in a batch that may still be applied
  kNever,     // certainly not applied: gets a retryable answer
  kInDoubt,   // nobody here will learn it in time
};

}  // namespace node
