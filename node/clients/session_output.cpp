#include "node/clients/session_output.h"

#include <algorithm>

#include "base/check.h"

namespace node {
namespace {

constexpr std::size_t kBytesKept = 64 * 1024;  // of an empty buffer

}  // namespace

void SessionOutput::on_sent(std::size_t bytes) {
  CHECK(!is_killed_ && bytes <= unsent_bytes());
  sent_ += bytes;
  asked_bytes_ -= std::min<std::uint64_t>(asked_bytes_, bytes);
}

void SessionOutput::drop_sent(std::size_t unread_bytes) {
  if (sent_ < text_.size()) {
    // What was sent is dropped when it is the larger part: each byte moves at most once on average.
    if (sent_ < kBytesKept || sent_ < text_.size() / 2) return;
    text_.erase(0, sent_);
    sent_ = 0;
    return;
  }
  sent_ = 0;
  text_.clear();
  asked_bytes_ = unread_bytes;
  over_since_.reset();
  if (text_.capacity() > kBytesKept) std::string().swap(text_);
}

void SessionOutput::note_soft_limit(bool is_over, base::Instant now) {
  if (!is_over) return over_since_.reset();
  if (!over_since_) over_since_ = now;
}

bool SessionOutput::kill() {
  if (std::exchange(is_killed_, true)) return false;
  sent_ = 0;
  std::string().swap(text_);
  return true;
}

}  // namespace node
