// Sine, cosine and arc sine with the same bits on every machine, which a C library does not
// promise: computed in pairs of doubles (106 bits; Dekker 1971, Knuth TAOCP 4.2.2) and rounded
// once, so that they are the true value's nearest double but for one argument in about 10^13.
#pragma once

namespace base {

// Of an angle in radians, |angle| <= 4.
[[nodiscard]] double sine(double angle);
[[nodiscard]] double cosine(double angle);
// In radians, of a value from 0 to 1.
[[nodiscard]] double arc_sine(double value);

}  // namespace base
