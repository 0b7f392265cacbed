#include "engine/types/intset.h"

namespace engine {
namespace {

std::uint64_t get(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[offset + i]);
  return value;
}

void put(std::string& bytes, std::size_t offset, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

std::size_t width_for(std::int64_t number) {
  if (number >= INT16_MIN && number <= INT16_MAX) return 2;
  return number >= INT32_MIN && number <= INT32_MAX ? 4 : 8;
}

std::string of_width(std::string_view bytes, std::size_t width) {
  const Intset old(bytes);
  std::string made(Intset::kHeaderBytes + old.count() * width, '\0');
  put(made, 0, width, 4);
  put(made, 4, old.count(), 4);
  for (std::size_t i = 0; i < old.count(); ++i) {
    put(made, Intset::kHeaderBytes + i * width, static_cast<std::uint64_t>(old.at(i)), width);
  }
  return made;
}

}  // namespace

std::size_t Intset::count() const { return get(bytes_, 4, 4); }
std::size_t Intset::width() const { return get(bytes_, 0, 4); }

std::int64_t Intset::at(std::size_t i) const {
  const unsigned unused_bits = 64 - 8 * static_cast<unsigned>(width());
  const std::uint64_t raw = get(bytes_, kHeaderBytes + i * width(), width());
  return static_cast<std::int64_t>(raw << unused_bits) >> unused_bits;
}

std::size_t Intset::lower_bound(std::int64_t number) const {
  std::size_t first = 0, last = count();
  while (first < last) {
    const std::size_t middle = first + (last - first) / 2;
    at(middle) < number ? first = middle + 1 : last = middle;
  }
  return first;
}

bool Intset::contains(std::int64_t number) const {
  const std::size_t place = lower_bound(number);
  return place < count() && at(place) == number;
}

bool Intset::is_valid(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return false;
  const Intset intset(bytes);
  const std::size_t width = intset.width();
  if (width != 2 && width != 4 && width != 8) return false;
  if (intset.count() == 0 || (bytes.size() - kHeaderBytes) / width != intset.count() ||
      (bytes.size() - kHeaderBytes) % width != 0)
    return false;
  for (std::size_t i = 1; i < intset.count(); ++i) {
    if (intset.at(i - 1) >= intset.at(i)) return false;
  }
  return true;
}

std::string Intset::empty() {
  std::string bytes(kHeaderBytes, '\0');
  put(bytes, 0, 2, 4);
  return bytes;
}

bool Intset::insert(std::string& bytes, std::int64_t number) {
  if (Intset(bytes).contains(number)) return false;
  const std::size_t wanted = width_for(number);
  if (wanted > Intset(bytes).width()) bytes = of_width(bytes, wanted);
  const std::size_t width = Intset(bytes).width();
  const std::size_t offset = kHeaderBytes + Intset(bytes).lower_bound(number) * width;
  bytes.insert(offset, width, '\0');
  put(bytes, offset, static_cast<std::uint64_t>(number), width);
  put(bytes, 4, get(bytes, 4, 4) + 1, 4);
  return true;
}

bool Intset::erase(std::string& bytes, std::int64_t number) {
  const Intset intset(bytes);
  const std::size_t place = intset.lower_bound(number);
  if (place == intset.count() || intset.at(place) != number) return false;
  bytes.erase(kHeaderBytes + place * intset.width(), intset.width());
  put(bytes, 4, get(bytes, 4, 4) - 1, 4);
  return true;
}

}  // namespace engine
