// The elements of a batch one after the other, decoded a few ahead, so that the memory of the keys
// that come next is fetched while earlier elements are applied. Kept by its user and begun for each
// batch: its elements' vectors are used again.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "engine/engine.h"

namespace engine {

class ElementStream {
 public:
  explicit ElementStream(const Engine& engine) : engine_(engine) {}
  // `payload` must stay until the last element has been taken.
  void begin(std::string_view payload);
  [[nodiscard]] const BatchReader& reader() const { return reader_; }
  // The next element, good until the next call; nullptr at the end or when malformed (the reader is
  // not ok then).
  [[nodiscard]] const Element* next();

 private:
  // How far ahead an element is decoded and its index fetched, then its place, then its entry.
  static constexpr std::size_t kAhead = 16, kPlaceAhead = 10, kEntryAhead = 5;
  struct Slot {
    Element element;
    Engine::Foreseen foreseen;
  };
  void foresee(std::size_t number, int step);

  const Engine& engine_;
  BatchReader reader_{std::string_view()};
  std::array<Slot, kAhead> slots_;
  std::size_t taken_ = 0, decoded_ = 0, placed_ = 0, entered_ = 0;
};

}  // namespace engine
