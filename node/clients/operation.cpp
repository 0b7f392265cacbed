#include "node/clients/operation.h"

#include <utility>

namespace node {

void Operation::set_arguments(engine::Arguments argv) {
  bytes.clear();
  sizes.clear();
  for (const std::string_view word : argv) {
    bytes.append(word);
    sizes.push_back(static_cast<std::uint32_t>(word.size()));
  }
}

void Operation::arguments(std::vector<std::string_view>& argv) const {
  argv.clear();
  std::string_view rest(bytes);
  for (const std::uint32_t size : sizes) {
    argv.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
}

std::uint64_t OperationRing::push(OperationKind kind, bool may_be_large) {
  if (size() == slots_.size()) grow();
  Operation& operation = slot(next_);
  operation.kind = kind;
  operation.fate = WriteFate::kUnderWay;
  operation.is_silent = operation.closes = operation.is_allowed_stale = false;
  operation.is_blocked = operation.has_deadline = operation.may_follow = false;
  operation.is_overtaken = false;
  operation.may_be_large = may_be_large;
  large_replies_ += may_be_large ? 1 : 0;
  operation.remembers = false;
  operation.slot.reset();
  operation.spec = nullptr;
  operation.bytes.clear();
  operation.sizes.clear();
  operation.transaction.reset();
  operation.own_settings.reset();
  return next_++;
}

void OperationRing::pop() {
  CHECK(!empty());
  Operation& done = slot(first_);
  bytes_ -= done.bytes.size();
  large_replies_ -= done.may_be_large ? 1 : 0;
  if (done.bytes.capacity() > kSlotBytesKept) std::string().swap(done.bytes);
  done.transaction.reset();
  done.own_settings.reset();
  ++first_;
  if (empty() && slots_.size() > kSlotsKept) std::vector<Operation>().swap(slots_);
}

void OperationRing::clear() {
  while (!empty()) pop();
}

void OperationRing::grow() {
  std::vector<Operation> larger(slots_.empty() ? kSlotsMin : 2 * slots_.size());
  for (std::uint64_t number = first_; number < next_; ++number) {
    larger[number & (larger.size() - 1)] = std::move(slot(number));
  }
  slots_ = std::move(larger);
}

}  // namespace node
