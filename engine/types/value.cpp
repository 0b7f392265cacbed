#include "engine/types/value.h"

#include <charconv>
#include <memory>

#include "base/check.h"
#include "base/number.h"
#include "engine/types/long_packed.h"
#include "engine/types/long_text.h"

namespace engine {

Value Value::from_string(std::string_view bytes) {
  if (bytes.size() <= 20) {
    if (const auto number = base::parse_integer(bytes)) return from_integer(*number);
  }
  if (bytes.size() > kPackedStringBytesMax)
    return from_collection(CollectionRef(std::make_unique<LongText>(bytes)));
  return from_text(std::string(bytes), false);
}

Value Value::from_text(std::string bytes, bool is_raw) {
  if (bytes.size() > kPackedStringBytesMax) return from_string(bytes);
  const bool is_long = bytes.size() > kEmbstrBytesMax;
  return Value(Text{std::move(bytes), is_raw || is_long});
}

Value Value::from_packed(Type type, Packing packing, std::string bytes, CollectionRef home) {
  if (bytes.size() <= kPackedStringBytesMax)
    return Value(PackedCollection{type, packing, std::move(bytes)});
  if (!home) home = CollectionRef(std::make_unique<LongPacked>(type));
  CHECK(home->is_packed() && home->type() == type);
  static_cast<LongPacked&>(*home).put(packing, std::move(bytes));
  return from_collection(std::move(home));
}

Packing Value::packing() const {
  if (const auto* packed = std::get_if<PackedCollection>(&content_)) return packed->packing;
  return static_cast<const LongPacked&>(*std::get<CollectionRef>(content_)).packing();
}

std::string Value::take_packed(CollectionRef& home) {
  CHECK(is_packed());
  if (auto* packed = std::get_if<PackedCollection>(&content_)) return std::move(packed->bytes);
  home = std::move(std::get<CollectionRef>(content_));
  return static_cast<LongPacked&>(*home).take();
}

std::string Value::take_string() {
  if (auto* text = std::get_if<Text>(&content_)) return std::move(text->bytes);
  return base::integer_text(std::get<Number>(content_).value);
}

ValueView::ValueView(const CollectionRef& collection)
    : apart_(collection), type_(collection->type()), is_packed_(collection->is_packed()) {
  if (is_packed_) {
    const auto& packed = static_cast<const LongPacked&>(*collection);
    bytes_ = packed.view();
    packing_ = packed.packing();
  } else if (type_ == Type::kString) {
    bytes_ = static_cast<const LongText&>(*collection).view();
    is_raw_ = true;
  }
}

std::string_view ValueView::view(char* scratch) const {
  if (!is_integer_) return bytes_;
  const auto end = std::to_chars(scratch, scratch + kScratchBytes, number_).ptr;
  return {scratch, static_cast<std::size_t>(end - scratch)};
}

std::string ValueView::string() const {
  char scratch[kScratchBytes];
  return std::string(view(scratch));
}

std::size_t ValueView::size() const {
  char scratch[kScratchBytes];
  return view(scratch).size();
}

Type Value::type() const {
  if (const auto* packed = std::get_if<PackedCollection>(&content_)) return packed->type;
  const auto* apart = std::get_if<CollectionRef>(&content_);
  return apart == nullptr ? Type::kString : (*apart)->type();
}

std::string_view ValueView::encoding() const {
  if (type_ == Type::kString) return is_integer_ ? "int" : is_raw_ ? "raw" : "embstr";
  if (!is_packed_) return apart_->encoding();
  if (type_ == Type::kList) return "quicklist";
  switch (packing_) {
    case Packing::kListpack: return "listpack";
    case Packing::kIntset: return "intset";
    case Packing::kHashtable: break;
  }
  return "hashtable";
}

Value ValueView::copy() const {
  if (apart_) return Value::from_collection(apart_->copy());
  if (is_packed_) return Value::from_packed(type_, packing_, std::string(bytes_));
  if (is_integer_) return Value::from_integer(number_, is_raw_);
  return Value::from_text(std::string(bytes_), is_raw_);
}

}  // namespace engine
