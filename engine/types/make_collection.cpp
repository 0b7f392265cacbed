// The one list of all dense forms and the long form of strings.
#include "engine/types/collection.h"
#include "engine/types/hash.h"
#include "engine/types/list.h"
#include "engine/types/long_text.h"
#include "engine/types/set.h"
#include "engine/types/sorted_set.h"
#include "engine/types/stream.h"

namespace engine {

CollectionRef make_collection(Type type, const HashSecret& secret) {
  switch (type) {
    case Type::kHash: return CollectionRef(std::make_unique<DenseHash>(secret));
    case Type::kSet: return CollectionRef(std::make_unique<DenseSet>(secret));
    case Type::kSortedSet: return CollectionRef(std::make_unique<DenseSortedSet>(secret));
    case Type::kList: return CollectionRef(std::make_unique<DenseList>());
    case Type::kStream: return CollectionRef(std::make_unique<Stream>());
    case Type::kString: return CollectionRef(std::make_unique<LongText>());
  }
  return {};
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::kString: return "string";
    case Type::kList: return "list";
    case Type::kSet: return "set";
    case Type::kSortedSet: return "zset";
    case Type::kHash: return "hash";
    case Type::kStream: return "stream";
  }
  return "";
}

}  // namespace engine
