#include "engine/rdb/payload.h"

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
  base::Encoder footer(payload);
  footer.u16(kVersion);
  footer.u64(base::crc64(payload));
  return payload;
}

bool is_intact(std::string_view payload) {
  if (payload.size() < kVersionBytes + kChecksumBytes) return false;
  const std::size_t checked_bytes = payload.size() - kChecksumBytes;
  base::Decoder footer(payload.substr(checked_bytes - kVersionBytes));
  const std::uint16_t version = footer.u16();
  return version <= kVersion && footer.u64() == base::crc64(payload.substr(0, checked_bytes));
}

}  // namespace engine::rdb
