#include "persistence/remembered.h"

#include "base/codec.h"
#include "base/crc.h"

namespace persistence {
namespace {

constexpr std::string_view kMagic = "QRTPROM1";
constexpr std::size_t kSumBytes = 4;

}  // namespace

std::string encode_remembered(std::string_view bytes) {
  std::string file(kMagic);
  file += bytes;
  base::Encoder(file).u32(base::crc32c(file));
  return file;
}

std::optional<std::string> decode_remembered(std::string_view file) {
  if (file.size() < kMagic.size() + kSumBytes || !file.starts_with(kMagic)) return {};
  const std::string_view checked = file.substr(0, file.size() - kSumBytes);
  if (base::Decoder(file.substr(checked.size())).u32() != base::crc32c(checked)) return {};
  return std::string(checked.substr(kMagic.size()));
}

}  // namespace persistence
