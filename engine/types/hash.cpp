#include "engine/types/hash.h"

namespace engine {

CollectionRef DenseHash::copy() const {
  auto made = std::make_unique<DenseHash>();
  made->copy_members(*this, MemberTable::Payload::kBytes);
  return CollectionRef(std::move(made));
}

std::optional<std::string_view> HashView::find(std::string_view field, char* scratch) const {
  if (dense_ != nullptr) {
    const auto position = dense_->table().find(field);
    if (position == DenseHash::kNone) return {};
    return dense_->table().bytes(position);
  }
  const Listpack listpack(packed_);
  const std::size_t at = listpack.find(Listpack::kFirst, field, 1);
  if (at == Listpack::kNone) return {};
  return listpack.at(listpack.next(at)).view(scratch);
}

bool HashView::contains(std::string_view field) const {
  char scratch[kScratchBytes];
  return find(field, scratch).has_value();
}

Hash::Hash(Value&& value) {
  if (value.is_packed()) {
    packed_ = value.take_packed();
  } else {
    dense_ = value.take_collection();
  }
}

Value Hash::release() && {
  if (dense_) return Value::from_collection(std::move(dense_));
  return Value::from_packed(Type::kHash, Packing::kListpack, std::move(packed_));
}

bool Hash::is_empty() const { return dense_ ? dense_->count() == 0 : Listpack(packed_).is_empty(); }

void Hash::make_dense() {
  auto made = std::make_unique<DenseHash>();
  const Listpack listpack(packed_);
  char field_scratch[kScratchBytes], value_scratch[kScratchBytes];
  for (std::size_t at = Listpack::kFirst; at != listpack.end();) {
    const std::size_t value = listpack.next(at);
    made->insert(listpack.at(at).view(field_scratch), listpack.at(value).view(value_scratch), 0);
    at = listpack.next(value);
  }
  dense_ = CollectionRef(std::move(made));
  packed_.clear();
}

bool Hash::set(std::string_view field, std::string_view value, PackedLimits limits) {
  if (!dense_ && (field.size() > limits.bytes_max || value.size() > limits.bytes_max)) make_dense();
  if (dense_) {
    const HashedKey key(field);
    const auto position = dense().table().find(key);
    if (position == DenseHash::kNone) {
      dense().insert(key, value, 0);
      return true;
    }
    dense().set_bytes(position, value);
    return false;
  }
  const Listpack listpack(packed_);
  const std::size_t at = listpack.find(Listpack::kFirst, field, 1);
  const bool is_new = at == Listpack::kNone;
  if (is_new) {
    Listpack::append(packed_, field);
    Listpack::append(packed_, value);
  } else {
    Listpack::replace(packed_, listpack.next(at), value);
  }
  // An overwrite converts too, if the limit was lowered meanwhile (Redis 7.0).
  if (Listpack(packed_).count() / 2 > limits.entries_max) make_dense();
  return is_new;
}

bool Hash::remove(std::string_view field) {
  if (dense_) {
    const auto position = dense().table().find(field);
    if (position == DenseHash::kNone) return false;
    dense().remove(position);
    return true;
  }
  const std::size_t at = Listpack(packed_).find(Listpack::kFirst, field, 1);
  if (at == Listpack::kNone) return false;
  Listpack::erase(packed_, at, 2);
  return true;
}

}  // namespace engine
