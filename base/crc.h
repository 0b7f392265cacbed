// Checksums. crc32c: Castagnoli polynomial, for our own formats (hardware instruction where the CPU
// has it; same value everywhere). crc16: CRC16-CCITT/XMODEM, the one of Redis Cluster key slots.
// crc64: Jones polynomial as RDB and DUMP use.
#pragma once

#include <cstdint>
#include <string_view>

namespace base {

// crc32c("123456789") == 0xE3069283. `seed` is the value of the bytes before, so crc32c(a+b) ==
// crc32c(b, crc32c(a)).
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);
// crc16("123456789") == 0x31C3.
[[nodiscard]] std::uint16_t crc16(std::string_view bytes);
// crc64("123456789") == 0xE9C6D914C4B8D9CA.
[[nodiscard]] std::uint64_t crc64(std::string_view bytes, std::uint64_t seed = 0);

// Slot of a key in Redis Cluster, 0..16383: CRC16 of the part within the first non-empty {...},
// else of the whole key.
[[nodiscard]] std::uint16_t key_slot(std::string_view key);

}  // namespace base
