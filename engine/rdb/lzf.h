// The LZF format, in which RDB keeps strings that compress: runs of bytes as they are, and
// references to bytes up to 8192 before. Our own compressor, because what DUMP answers must be the
// same on every node and in every call, which liblzf, with its table of chance content, is not
// (docs/decisions/lzf-of-our-own.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace engine::rdb {

// nullopt if that saves fewer than `saved_bytes_min` bytes. O(size).
[[nodiscard]] std::optional<std::string> lzf_compress(std::string_view bytes,
                                                      std::size_t saved_bytes_min);
// nullopt unless the input is well-formed and makes exactly `size` bytes. Takes no more memory than
// the input can make (88 times its size), whatever `size` says.
[[nodiscard]] std::optional<std::string> lzf_decompress(std::string_view compressed,
                                                        std::uint64_t size);

}  // namespace engine::rdb
