// A function of Lua 5.1's bytecode, as lua_dump writes it on this machine (ldump.c's layout: the
// header says sizes and byte order, which are this machine's own).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine::scripts {

using Instruction = std::uint32_t;

struct ChunkFunction {
  struct Local {
    std::string_view name;  // with its length, as it stands in the chunk
    std::int32_t begin = 0, end = 0;
  };
  std::string_view source;  // with its length
  std::string_view lines;   // where it is defined: two integers
  std::uint8_t upvalues = 0, parameters = 0, vararg = 0, registers = 0;
  std::vector<Instruction> code;
  std::int32_t constant_count = 0;
  std::string constants;  // without their count
  std::vector<ChunkFunction> functions;
  std::vector<std::int32_t> line_of;  // each instruction
  std::vector<Local> locals;
  std::string_view upvalue_names;  // with their count
};

struct Chunk {
  std::string_view header;
  ChunkFunction main;
};

// What it points into is `bytes`; nullopt: this is no chunk.
[[nodiscard]] std::optional<Chunk> read_chunk(std::string_view bytes);
[[nodiscard]] std::string write_chunk(const Chunk& chunk);

// A string constant as it stands in a chunk.
[[nodiscard]] std::string chunk_string_constant(std::string_view text);

}  // namespace engine::scripts
