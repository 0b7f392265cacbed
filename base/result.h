// Result<T>: the outcome of something the outside world may refuse (a file, a socket, bytes of a
// peer or a disk). An Error says what was tried, on what, and why it failed; the level above
// decides.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace base {

enum class Cause : unsigned char {
  kSystem,       // an errno of the system, see Error::code
  kCorrupt,      // bytes that cannot be what was written
  kNoSpace,      // ENOSPC or EDQUOT: may pass when space returns
  kUnsupported,  // a version or option that this build does not know
  kInvalid,      // an argument or setting that makes no sense
};

struct Error {
  Cause cause = Cause::kSystem;
  int code = 0;           // errno, 0 if none
  std::string operation;  // "write", "parse", ...
  std::string object;     // file with position, peer, directive
  std::string detail;     // the reason in words

  // "write data/log/0000.seg at 4096: No space left on device"
  [[nodiscard]] std::string text() const { return operation + " " + object + ": " + detail; }
};

struct Unit {};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::move(error)) {}  // NOLINT

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Unit>;
inline Status success() { return Unit{}; }

}  // namespace base
