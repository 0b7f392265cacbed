// Errors of the operating system, put into the calls that persistence makes on files, by itself and
// through SQLite. The test program has functions of its own under these names, which call those of
// the C library unless a FailingCalls says otherwise. One thread, one object at a time.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace persistence_test {

class FailingCalls {
 public:
  // While this lives, the call number `which` from now on (1: the next) fails with `code`. Only
  // calls whose name begins with `name` count ("pwrite"); empty: all.
  FailingCalls(std::uint64_t which, int code, std::string name = {});
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // From the call that fails on, all whose name begins with `name` fail too.
  void and_then(std::string name, int code) {
    then_name_ = std::move(name);
    then_code_ = code;
  }

  [[nodiscard]] bool has_failed() const { return made_ >= which_; }
  // Of the call that failed.
  [[nodiscard]] const std::string& failed_name() const { return failed_name_; }

  // For the functions under the C library's names: 0, or the error to give.
  [[nodiscard]] static int error_for(const char* name);

 private:
  std::uint64_t which_, made_ = 0;
  int code_;
  std::string name_, failed_name_;
  std::string then_name_;
  int then_code_ = 0;
};

// The same for memory that SQLite asks for: the request number `which` gets none. SQLite must not
// be in use when the first is made.
class FailingMemory {
 public:
  explicit FailingMemory(std::uint64_t which);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;
  [[nodiscard]] bool has_failed() const;
};

}  // namespace persistence_test
