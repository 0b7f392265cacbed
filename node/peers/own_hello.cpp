#include "node/peers/own_hello.h"

namespace node {

std::string OwnHello::encoded_for(const PeerLink& link, bool is_visit) const {
  Hello hello = words_;
  hello.is_visit = is_visit;
  if (link.is_trusted) {
    hello.cluster = membership_.cluster();
    hello.version = membership_.own_version();
  } else {
    hello.holding = {};
  }
  return encode_hello(hello);
}

}  // namespace node
