// How Lua 5.1.5 lays out its objects on 64 bits, as far as what it does not charge is looked at or
// done in its place (charged_tables.cpp, charged_texts.cpp). Lua's headers for programs hide these
// objects. The layout is that of Lua's own structures (lobject.h, lstate.h of its source), which
// will not change: 5.1.5 was the last release of its line. tests/engine/script_hashing_test.cpp
// looks at real objects.
#pragma once

#include <cstddef>
#include <cstdint>

namespace engine::scripts::layout {

// What each collected object begins with. Texts of one bucket, and all other objects, are chained
// by `next`.
struct Header {
  Header* next;
  std::uint8_t type;
  std::uint8_t marked;
};

struct Value {
  union {
    const void* pointer;
    double number;
    int boolean;
  };
  int type;  // LUA_TNIL, ...
};
static_assert(sizeof(Value) == 16);

// Nodes whose keys belong to one place of a table, its main position, are chained by `next`.
struct Node {
  Value value;
  union {
    const void* key_pointer;
    double key_number;
    int key_boolean;
  };
  int key_type;
  const Node* next;
};
static_assert(sizeof(Node) == 40);

struct Table {
  Header* next;
  std::uint8_t type;
  std::uint8_t marked;
  std::uint8_t flags;
  std::uint8_t node_count_log2;
  const Table* metatable;
  const Value* array;
  const Node* nodes;
  const Node* last_free;
  Header* gray_next;
  int array_size;
};
static_assert(offsetof(Table, node_count_log2) == 11 && offsetof(Table, nodes) == 32 &&
              offsetof(Table, array_size) == 56);

// Its bytes follow, and a zero.
struct Text {
  Header* next;
  std::uint8_t type;
  std::uint8_t marked;
  std::uint8_t reserved;  // by the words of the language
  std::uint32_t hash;
  std::size_t size;
  [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
};
static_assert(sizeof(Text) == 24 && offsetof(Text, hash) == 12 && offsetof(Text, size) == 16);

// What all threads of an interpreter share.
struct Shared {
  Header** buckets;  // of texts
  std::uint32_t text_count;
  int bucket_count;  // a power of two
  void* allocate;
  void* allocate_for;
  std::uint8_t current_white;
};
static_assert(offsetof(Shared, current_white) == 32);

struct Thread {
  Header* next;
  std::uint8_t type;
  std::uint8_t marked;
  std::uint8_t status;
  Value* top;
  Value* base;
  Shared* shared;
};
static_assert(offsetof(Thread, shared) == 32);

}  // namespace engine::scripts::layout
