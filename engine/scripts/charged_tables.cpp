// Tables of Lua whose keys were made to collide. A key is searched along the chain of its main
// position, and no instruction counts how long that is: keys that all belong to one place make each
// access cost as much as there are of them. So the nodes of a chain that is longer than chance
// makes one are charged, a step each, whenever a key of it is looked up, set or stepped from; and
// all chains when a table has been built anew. The build gives Lua these functions in the place of
// its own (CMakeLists.txt), which do the work.
//
// Invariant: what is charged follows from the tables alone, so it is the same on every node.
#include <bit>
#include <climits>
#include <cstring>

#include "engine/scripts/interpreter.h"
#include "engine/scripts/lua_layout.h"
#include "engine/scripts/running_thread.h"

// Lua's own, by their names in its archive.
struct Table;
struct lua_TValue;
union TString;
const lua_TValue* luaH_get(Table* table, const lua_TValue* key);
const lua_TValue* luaH_getnum(Table* table, int key);
const lua_TValue* luaH_getstr(Table* table, TString* key);
lua_TValue* luaH_set(lua_State* lua, Table* table, const lua_TValue* key);
lua_TValue* luaH_setnum(lua_State* lua, Table* table, int key);
lua_TValue* luaH_setstr(lua_State* lua, Table* table, TString* key);
int luaH_next(lua_State* lua, Table* table, lua_TValue* key);
int luaH_getn(Table* table);
void luaH_resizearray(lua_State* lua, Table* table, int size);

namespace engine::scripts {
namespace {

using layout::Node;

constexpr std::uint64_t kFreeNodes = 8;  // chance makes no longer chains

const layout::Table& as_layout(const Table* table) {
  return *reinterpret_cast<const layout::Table*>(table);
}
const layout::Value& as_layout(const lua_TValue* value) {
  return *reinterpret_cast<const layout::Value*>(value);
}

void note(lua_State* lua, std::uint64_t steps) {
  if (lua == nullptr || steps == 0) return;
  if (Interpreter* interpreter = Interpreter::owner_of(lua)) interpreter->note(lua, steps);
}

std::uint32_t node_count(const layout::Table& table) {
  return std::uint32_t{1} << table.node_count_log2;
}

std::uint64_t length_of(const Node* chain) {
  std::uint64_t length = 0;
  for (; chain != nullptr; chain = chain->next) ++length;
  return length;
}

// What it costs to go through a chain.
std::uint64_t cost_of(const Node* chain) {
  const std::uint64_t length = length_of(chain);
  return length > kFreeNodes ? length : 0;
}

const Node* place_of_text(const layout::Table& table, const void* text) {
  const std::uint32_t hash = static_cast<const layout::Text*>(text)->hash;
  return table.nodes + (hash & (node_count(table) - 1));
}

// For hashes that are good in their high bits too.
const Node* place_by_rest(const layout::Table& table, std::uint32_t hash) {
  return table.nodes + hash % ((node_count(table) - 1) | 1);
}

const Node* place_of_number(const layout::Table& table, double number) {
  if (number == 0) return table.nodes;
  const auto bits = std::bit_cast<std::uint64_t>(number);
  return place_by_rest(table,
                       static_cast<std::uint32_t>(bits) + static_cast<std::uint32_t>(bits >> 32));
}

const Node* main_position(const layout::Table& table, const layout::Value& key) {
  switch (key.type) {
    case LUA_TNIL: return nullptr;
    case LUA_TNUMBER: return place_of_number(table, key.number);
    case LUA_TSTRING: return place_of_text(table, key.pointer);
    case LUA_TBOOLEAN:
      return table.nodes + (static_cast<std::uint32_t>(key.boolean) & (node_count(table) - 1));
    default:
      return place_by_rest(
          table, static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(key.pointer)));
  }
}

layout::Value key_of(const Node& node) {
  layout::Value key{};
  key.pointer = node.key_pointer;  // whichever it is: all of its bytes
  key.type = node.key_type;
  return key;
}

bool is_in_array(const layout::Table& table, double key) {
  return key >= 1 && key <= table.array_size && key == static_cast<double>(static_cast<int>(key));
}

// Of a search for the key.
std::uint64_t cost_of_search(const layout::Table& table, const layout::Value& key) {
  if (key.type == LUA_TNUMBER && is_in_array(table, key.number)) return 0;
  return cost_of(main_position(table, key));
}

// A key that is new goes to its main position; the node of another chain that lies there is moved,
// for which that chain is gone through.
std::uint64_t cost_of_setting(const layout::Table& table, const layout::Value& key) {
  if (key.type == LUA_TNUMBER && is_in_array(table, key.number)) return 0;
  const Node* place = main_position(table, key);
  if (place == nullptr) return 0;
  const std::uint64_t own = cost_of(place);
  if (place->value.type == LUA_TNIL) return own;
  const Node* others = main_position(table, key_of(*place));
  return others == place ? own : own + cost_of(others);
}

// Each node was put behind those of its chain that were there.
std::uint64_t cost_of_building(const layout::Table& table) {
  std::uint64_t cost = 0;
  for (const Node* node = table.nodes; node != table.nodes + node_count(table); ++node) {
    if (node->value.type == LUA_TNIL || main_position(table, key_of(*node)) != node) continue;
    const std::uint64_t length = cost_of(node);
    cost += length * length / 2;
  }
  return cost;
}

// `before`: where the nodes lay before the change.
void note_building(lua_State* lua, const layout::Table& table, const Node* before) {
  if (table.nodes != before) note(lua, cost_of_building(table));
}

layout::Value number_key(int key) {
  layout::Value value{};
  value.number = key;
  value.type = LUA_TNUMBER;
  return value;
}

layout::Value text_key(const TString* key) {
  layout::Value value{};
  value.pointer = key;
  value.type = LUA_TSTRING;
  return value;
}

// Around the setting of a key, which may build the table anew.
class Before {
 public:
  Before(lua_State* lua, const Table* table, const layout::Value& key)
      : lua_(lua), table_(as_layout(table)), nodes_(table_.nodes) {
    note(lua, cost_of_setting(table_, key));
  }
  lua_TValue* then(lua_TValue* set) const {
    note_building(lua_, table_, nodes_);
    return set;
  }

 private:
  lua_State* lua_;
  const layout::Table& table_;
  const Node* nodes_;
};

bool is_absent(Table* table, std::uint64_t key) {
  note(running_thread(), cost_of_search(as_layout(table), number_key(static_cast<int>(key))));
  return as_layout(luaH_getnum(table, static_cast<int>(key))).type == LUA_TNIL;
}

// The length of a table whose array is full is looked for among its nodes, first at twice the
// number that was last there, then between these. Where that leads beyond all numbers Lua counts
// from one.
void charge_length(Table* table, int length) {
  std::uint64_t present = static_cast<std::uint64_t>(as_layout(table).array_size);
  std::uint64_t absent = present + 1;
  while (!is_absent(table, absent)) {
    present = absent;
    absent *= 2;
    if (absent > INT_MAX) return note(running_thread(), static_cast<std::uint64_t>(length));
  }
  while (absent - present > 1) {
    const std::uint64_t middle = (absent + present) / 2;
    (is_absent(table, middle) ? absent : present) = middle;
  }
}

bool is_looked_for_among_nodes(const layout::Table& table) {
  if (table.node_count_log2 == 0) return false;
  return table.array_size == 0 || table.array[table.array_size - 1].type != LUA_TNIL;
}

}  // namespace
}  // namespace engine::scripts

extern "C" {
using namespace engine::scripts;

const lua_TValue* quorate_luaH_get(Table* table, const lua_TValue* key) {
  note(running_thread(), cost_of_search(as_layout(table), as_layout(key)));
  return luaH_get(table, key);
}

const lua_TValue* quorate_luaH_getnum(Table* table, int key) {
  note(running_thread(), cost_of_search(as_layout(table), number_key(key)));
  return luaH_getnum(table, key);
}

const lua_TValue* quorate_luaH_getstr(Table* table, TString* key) {
  note(running_thread(), cost_of(place_of_text(as_layout(table), key)));
  return luaH_getstr(table, key);
}

lua_TValue* quorate_luaH_set(lua_State* lua, Table* table, const lua_TValue* key) {
  const Before before(lua, table, as_layout(key));
  return before.then(luaH_set(lua, table, key));
}

lua_TValue* quorate_luaH_setnum(lua_State* lua, Table* table, int key) {
  const Before before(lua, table, number_key(key));
  return before.then(luaH_setnum(lua, table, key));
}

lua_TValue* quorate_luaH_setstr(lua_State* lua, Table* table, TString* key) {
  const Before before(lua, table, text_key(key));
  return before.then(luaH_setstr(lua, table, key));
}

int quorate_luaH_next(lua_State* lua, Table* table, lua_TValue* key) {
  note(lua, cost_of_search(as_layout(table), as_layout(key)));
  return luaH_next(lua, table, key);
}

int quorate_luaH_getn(Table* table) {
  const int length = luaH_getn(table);
  if (is_looked_for_among_nodes(as_layout(table))) charge_length(table, length);
  return length;
}

void quorate_luaH_resizearray(lua_State* lua, Table* table, int size) {
  const Node* before = as_layout(table).nodes;
  luaH_resizearray(lua, table, size);
  note_building(lua, as_layout(table), before);
}
}
