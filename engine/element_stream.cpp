#include "engine/element_stream.h"

namespace engine {

void ElementStream::begin(std::string_view payload) {
  reader_ = BatchReader(payload);
  taken_ = decoded_ = placed_ = entered_ = 0;
}

void ElementStream::foresee(std::size_t number, int step) {
  Slot& slot = slots_[number % kAhead];
  engine_.foresee(slot.element, step, slot.foreseen);
}

const Element* ElementStream::next() {
  while (decoded_ - taken_ < kAhead && reader_.next(slots_[decoded_ % kAhead].element))
    foresee(decoded_++, 0);
  if (taken_ == decoded_) return nullptr;
  while (placed_ < decoded_ && placed_ < taken_ + kPlaceAhead) foresee(placed_++, 1);
  while (entered_ < placed_ && entered_ < taken_ + kEntryAhead) foresee(entered_++, 2);
  return &slots_[taken_++ % kAhead].element;
}

}  // namespace engine
