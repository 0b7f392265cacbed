#include "base/extended.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace base {
namespace {

constexpr int kExponentMin = -16445, kExponentMax = 16320;
// Longest text; Redis 7.0 refuses longer ones.
constexpr std::size_t kTextBytesMax = 5 * 1024 - 1;
// Beyond these powers of ten everything is too large, or rounds to 0.
constexpr int kDecimalsMax = 17, kPowerMax = 4'940, kPowerMin = -5'000;
constexpr int kExponentDigitsMean = 1'000'000;  // what an exponent of more digits counts as

int bits_of(Wide value) {
  const auto high = static_cast<std::uint64_t>(value >> 64);
  return static_cast<int>(high != 0 ? 64 + std::bit_width(high)
                                    : std::bit_width(static_cast<std::uint64_t>(value)));
}

// A natural number of any size: just what reading and printing decimals needs.
class Natural {
 public:
  explicit Natural(std::uint64_t value) {
    for (; value != 0; value >>= 32) limbs_.push_back(static_cast<std::uint32_t>(value));
  }
  void multiply_add(std::uint32_t factor, std::uint32_t more) {
    std::uint64_t carry = more;
    for (std::uint32_t& limb : limbs_) {
      carry += std::uint64_t{limb} * factor;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) limbs_.push_back(static_cast<std::uint32_t>(carry));
  }
  void multiply_by_power_of_ten(int power) {
    for (; power >= 9; power -= 9) multiply_add(1'000'000'000, 0);
    for (; power > 0; --power) multiply_add(10, 0);
  }
  void shift_left(int bits) {
    limbs_.insert(limbs_.begin(), static_cast<std::size_t>(bits / 32), 0);
    if (bits % 32 != 0) multiply_add(1U << (bits % 32), 0);
  }
  void halve() {
    for (std::size_t i = 0; i < limbs_.size(); ++i)
      limbs_[i] = limbs_[i] >> 1 | (i + 1 < limbs_.size() ? limbs_[i + 1] << 31 : 0);
    trim();
  }
  void subtract(const Natural& other) {  // not greater than this
    std::int64_t borrow = 0;
    for (std::size_t i = 0; i < limbs_.size(); ++i) {
      borrow += limbs_[i];
      if (i < other.limbs_.size()) borrow -= other.limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(borrow);
      borrow >>= 32;
    }
    trim();
  }
  // The quotient by a small number stays, the remainder is returned.
  std::uint32_t divide(std::uint32_t divisor) {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs_.size(); i-- > 0;) {
      rest = rest << 32 | limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(rest / divisor);
      rest %= divisor;
    }
    trim();
    return static_cast<std::uint32_t>(rest);
  }
  [[nodiscard]] bool is_zero() const { return limbs_.empty(); }
  [[nodiscard]] int bits() const {
    if (limbs_.empty()) return 0;
    return static_cast<int>(32 * limbs_.size()) - std::countl_zero(limbs_.back());
  }
  [[nodiscard]] bool is_less_than(const Natural& other) const {
    if (limbs_.size() != other.limbs_.size()) return limbs_.size() < other.limbs_.size();
    return std::lexicographical_compare(limbs_.rbegin(), limbs_.rend(), other.limbs_.rbegin(),
                                        other.limbs_.rend());
  }
  // Its highest bits, up to 96 of them, with how far they were shifted; `is_more` if others are
  // set.
  [[nodiscard]] Wide top(int& shift, bool& is_more) const {
    Wide value = 0;
    const std::size_t kept = std::min<std::size_t>(limbs_.size(), 3);
    for (std::size_t i = 0; i < kept; ++i) value = value << 32 | limbs_[limbs_.size() - 1 - i];
    shift = static_cast<int>(32 * (limbs_.size() - kept));
    is_more = std::any_of(limbs_.begin(), limbs_.end() - static_cast<std::ptrdiff_t>(kept),
                          [](std::uint32_t limb) { return limb != 0; });
    return value;
  }

 private:
  void trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  }
  std::vector<std::uint32_t> limbs_;  // lowest first, the last one is not 0
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equals(std::string_view text, std::string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

int digit_of(char c, int base) {
  const int value = c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' ? lower(c) - 'a' + 10 : base;
  return value < base ? value : -1;
}

}  // namespace

Extended::Extended(double value) {
  constexpr int kFractionBits = 52, kBias = 1075;
  constexpr std::uint64_t kFraction = (1ULL << kFractionBits) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const int exponent = static_cast<int>(bits >> kFractionBits & 0x7FF);
  const std::uint64_t fraction = bits & kFraction;
  const bool is_normal = exponent != 0;
  *this = rounded(bits >> 63 != 0, is_normal ? fraction | 1ULL << kFractionBits : fraction,
                  (is_normal ? exponent : 1) - kBias, false);
}

Extended Extended::rounded(bool is_negative, Wide significand, int exponent, bool is_more) {
  const int surplus = std::max(bits_of(significand) - 64, kExponentMin - exponent);
  if (surplus > 0) {
    const int shift = std::min(surplus, 127);
    const Wide rest = significand & ((Wide{1} << shift) - 1);
    const Wide half = Wide{1} << (shift - 1);
    significand >>= shift;
    exponent += surplus;
    const bool is_past_half = surplus == shift && (rest > half || (rest == half && is_more));
    const bool is_half = surplus == shift && rest == half && !is_more;
    if (is_past_half || (is_half && (significand & 1) != 0)) ++significand;
    if (bits_of(significand) > 64) significand >>= 1, ++exponent;
  }
  const int lack = std::min(64 - bits_of(significand), exponent - kExponentMin);
  if (significand != 0 && lack > 0) significand <<= lack, exponent -= lack;
  Extended made(is_negative, static_cast<std::uint64_t>(significand), exponent);
  made.is_infinite_ = significand != 0 && exponent > kExponentMax;
  return made;
}

std::optional<Extended> Extended::sum(const Extended& first, const Extended& second) {
  if (first.is_infinite_ && second.is_infinite_ && first.is_negative_ != second.is_negative_)
    return {};
  if (first.is_infinite_) return first;
  if (second.is_infinite_ || first.significand_ == 0) return second;
  if (second.significand_ == 0) return first;
  const bool is_in_order = first.exponent_ != second.exponent_
                               ? first.exponent_ > second.exponent_
                               : first.significand_ >= second.significand_;
  const Extended& a = is_in_order ? first : second;
  const Extended& b = is_in_order ? second : first;
  constexpr int kGuardBits = 62;
  const int distance = std::min(a.exponent_ - b.exponent_, 127);
  const Wide large = Wide{a.significand_} << kGuardBits;
  const Wide whole = Wide{b.significand_} << kGuardBits;
  const Wide small = whole >> distance;
  const bool is_more = small << distance != whole;
  const int exponent = a.exponent_ - kGuardBits;
  if (a.is_negative_ == b.is_negative_)
    return rounded(a.is_negative_, large + small, exponent, is_more);
  if (large == small && !is_more) return Extended();
  // What was shifted out is taken away too: one less, and something more.
  return rounded(a.is_negative_, large - small - (is_more ? 1 : 0), exponent, is_more);
}

std::optional<std::int64_t> Extended::milliseconds() const {
  if (is_infinite_) return {};
  const Extended ms = rounded(is_negative_, Wide{significand_} * 1000, exponent_, false);
  if (ms.significand_ == 0) return 0;
  const int shift = -ms.exponent_;
  if (shift < 0) return {};  // at least 2^63
  const std::uint64_t whole = shift > 63 ? 0 : ms.significand_ >> shift;
  const bool has_fraction = shift > 63 || (whole << shift) != ms.significand_;
  if (ms.is_negative_) return whole == 0 ? std::optional<std::int64_t>(0) : std::nullopt;
  const std::uint64_t up = whole + (has_fraction ? 1 : 0);
  return up <= INT64_MAX ? std::optional(static_cast<std::int64_t>(up)) : std::nullopt;
}

std::string Extended::text() const {
  std::string digits;  // of the value times 10^17, lowest first
  if (exponent_ >= 0) {
    Natural whole(significand_);
    whole.shift_left(exponent_);
    digits.assign(kDecimalsMax, '0');
    while (!whole.is_zero()) {
      std::uint32_t nine = whole.divide(1'000'000'000);
      for (int i = 0; i < 9; ++i, nine /= 10) digits.push_back(static_cast<char>('0' + nine % 10));
    }
  } else {
    Wide value = Wide{significand_} * 100'000'000'000'000'000U;
    const int shift = std::min(-exponent_, 127);
    const Wide rest = value & ((Wide{1} << shift) - 1), half = Wide{1} << (shift - 1);
    value >>= shift;
    const bool is_up = rest > half || (rest == half && (value & 1) != 0);
    if (is_up && shift == -exponent_) ++value;
    constexpr std::uint64_t kPart = 1'000'000'000'000'000'000;
    for (; value != 0; value /= kPart) {
      auto part = static_cast<std::uint64_t>(value % kPart);
      for (int i = 0; i < 18; ++i, part /= 10) digits.push_back(static_cast<char>('0' + part % 10));
    }
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  if (digits.empty()) return "0";
  digits.resize(std::max<std::size_t>(digits.size(), kDecimalsMax + 1), '0');
  std::size_t decimals_cut = digits.find_first_not_of('0');
  decimals_cut = std::min<std::size_t>(decimals_cut, kDecimalsMax);
  std::string made(is_negative_ ? "-" : "");
  made.append(digits.rbegin(), digits.rend() - kDecimalsMax);
  if (decimals_cut < kDecimalsMax) {
    made.push_back('.');
    made.append(digits.rend() - kDecimalsMax,
                digits.rend() - static_cast<std::ptrdiff_t>(decimals_cut));
  }
  return made;
}

// ---- reading ----

class ExtendedParser {
 public:
  explicit ExtendedParser(std::string_view text) : text_(text) {}

  std::optional<Extended> run() {
    if (text_.size() > kTextBytesMax) return {};
    is_negative_ = text_.starts_with('-');
    if (is_negative_ || text_.starts_with('+')) text_.remove_prefix(1);
    if (equals(text_, "inf") || equals(text_, "infinity")) {
      Extended made(is_negative_, 0, 0);
      made.is_infinite_ = true;
      return made;
    }
    const bool is_hexadecimal = text_.size() > 2 && text_[0] == '0' && lower(text_[1]) == 'x';
    if (is_hexadecimal) text_.remove_prefix(2);
    if (!take_digits(is_hexadecimal ? 16 : 10)) return {};
    if (!take_exponent(is_hexadecimal ? 'p' : 'e') || !text_.empty()) return {};
    if (digits_.empty()) return Extended(is_negative_, 0, 0);
    const Extended made = is_hexadecimal ? hexadecimal() : decimal();
    if (made.is_infinite_ || made.significand_ == 0) return {};
    return made;
  }

 private:
  // Digits with a point anywhere; zeros in front are left out. False: there are none.
  bool take_digits(int base) {
    bool has_digit = false, has_point = false;
    for (; !text_.empty(); text_.remove_prefix(1)) {
      if (text_[0] == '.' && !has_point) {
        has_point = true;
        continue;
      }
      const int digit = digit_of(text_[0], base);
      if (digit < 0) break;
      has_digit = true;
      if (digit != 0 || !digits_.empty()) digits_.push_back(static_cast<char>(digit));
      if (has_point) --power_;
    }
    return has_digit;
  }
  bool take_exponent(char mark) {
    if (mark == 'p') power_ *= 4;
    if (text_.empty() || lower(text_[0]) != mark) return true;
    text_.remove_prefix(1);
    const bool is_down = text_.starts_with('-');
    if (is_down || text_.starts_with('+')) text_.remove_prefix(1);
    if (text_.empty()) return false;
    int exponent = 0;
    for (; !text_.empty() && digit_of(text_[0], 10) >= 0; text_.remove_prefix(1))
      exponent = std::min(10 * exponent + digit_of(text_[0], 10), kExponentDigitsMean);
    power_ += is_down ? -exponent : exponent;
    return true;
  }

  [[nodiscard]] Extended hexadecimal() const {
    Wide significand = 0;
    bool is_more = false;
    int power = power_;
    for (const char digit : digits_) {
      if (bits_of(significand) <= 120) {
        significand = significand << 4 | static_cast<unsigned>(digit);
      } else {
        is_more = is_more || digit != 0;
        power += 4;
      }
    }
    return Extended::rounded(is_negative_, significand, power, is_more);
  }

  [[nodiscard]] Extended decimal() const {
    const int magnitude = static_cast<int>(digits_.size()) + power_;
    if (magnitude < kPowerMin) return {};
    if (magnitude > kPowerMax) return Extended::rounded(false, 1, kExponentMax + 100, false);
    Natural number(0);
    for (const char digit : digits_) number.multiply_add(10, static_cast<std::uint32_t>(digit));
    return power_ >= 0 ? product(std::move(number)) : quotient(std::move(number));
  }

  [[nodiscard]] Extended product(Natural number) const {
    number.multiply_by_power_of_ten(power_);
    int shift = 0;
    bool is_more = false;
    const Wide top = number.top(shift, is_more);
    return Extended::rounded(is_negative_, top, shift, is_more);
  }

  // number / 10^-power, of which 68 bits and what is left are enough.
  [[nodiscard]] Extended quotient(Natural number) const {
    constexpr int kBits = 68;
    Natural divisor(1);
    divisor.multiply_by_power_of_ten(-power_);
    const int shift = divisor.bits() + kBits - number.bits();
    if (shift > 0) number.shift_left(shift);
    if (shift < 0) divisor.shift_left(-shift);
    divisor.shift_left(kBits + 1);
    Wide significand = 0;
    for (int i = 0; i <= kBits + 1; ++i) {
      significand <<= 1;
      if (!number.is_less_than(divisor)) {
        number.subtract(divisor);
        significand |= 1;
      }
      divisor.halve();
    }
    return Extended::rounded(is_negative_, significand, -shift, !number.is_zero());
  }

  std::string_view text_;
  std::string digits_;  // their values
  int power_ = 0;       // of ten, or of two
  bool is_negative_ = false;
};

std::optional<Extended> parse_extended(std::string_view text) { return ExtendedParser(text).run(); }

}  // namespace base
