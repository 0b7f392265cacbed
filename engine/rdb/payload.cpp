#include "engine/rdb/payload.h"

#include "base/check.h"
#include "base/codec.h"
#include "base/crc.h"
#include "engine/rdb/object_type.h"
#include "engine/rdb/save.h"

namespace engine::rdb {
namespace {

constexpr std::size_t kVersionBytes = 2, kChecksumBytes = 8;

}  // namespace

std::string dump(const ValueView& value) {
  std::string payload;
  save_object(payload, value);
  seal(payload);
  return payload;
}

void seal(std::string& payload) {
  base::Encoder footer(payload);
  footer.u16(kVersion);
  footer.u64(base::crc64(payload));
}

std::string_view content_of(std::string_view payload) {
  CHECK(payload.size() >= kVersionBytes + kChecksumBytes);
  return payload.substr(0, payload.size() - kVersionBytes - kChecksumBytes);
}

bool is_intact(std::string_view payload) {
  if (payload.size() < kVersionBytes + kChecksumBytes) return false;
  const std::size_t checked_bytes = payload.size() - kChecksumBytes;
  base::Decoder footer(payload.substr(checked_bytes - kVersionBytes));
  const std::uint16_t version = footer.u16();
  return version <= kVersion && footer.u64() == base::crc64(payload.substr(0, checked_bytes));
}

}  // namespace engine::rdb
