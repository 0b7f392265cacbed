// The file beside the log that holds what LogStorage::remember was given (docs/formats.md,
// log/promises): a magic, the bytes, their CRC32C.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persistence/storage.h"

namespace persistence {

inline constexpr const char* kRememberedName = "promises";
inline constexpr std::size_t kRememberedFileBytesMax = kRememberedBytesMax + 12;

[[nodiscard]] std::string encode_remembered(std::string_view bytes);
[[nodiscard]] std::optional<std::string> decode_remembered(std::string_view file);

}  // namespace persistence
