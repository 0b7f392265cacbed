#include "tests/persistence/failing_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <utility>

namespace persistence_test {
namespace {

FailingCalls*& current() {
  static FailingCalls* calls = nullptr;  // tidy: the one object there is
  return calls;
}

}  // namespace

FailingCalls::FailingCalls(std::uint64_t which, int code, std::string name)
    : which_(which), code_(code), name_(std::move(name)) {
  current() = this;
}

FailingCalls::~FailingCalls() { current() = nullptr; }

int FailingCalls::error_for(const char* name) {
  FailingCalls* calls = current();
  if (calls == nullptr) return 0;
  if (calls->has_failed() && std::string(name).starts_with(calls->then_name_))
    return calls->then_code_;
  if (!std::string(name).starts_with(calls->name_)) return 0;
  if (++calls->made_ != calls->which_) return 0;
  calls->failed_name_ = name;
  return calls->code_;
}

// ---- SQLite's memory ----

namespace {

struct Memory {
  sqlite3_mem_methods own = {};
  bool is_installed = false;
  std::uint64_t which = 0, made = 0;  // which 0: none fails
};
Memory& memory() {
  static Memory one;
  return one;
}
bool fails() { return ++memory().made == memory().which; }

void install_memory() {
  if (std::exchange(memory().is_installed, true)) return;
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory().own);
  sqlite3_mem_methods failing = memory().own;
  failing.xMalloc = [](int size) { return fails() ? nullptr : memory().own.xMalloc(size); };
  failing.xRealloc = [](void* old, int size) {
    return fails() ? nullptr : memory().own.xRealloc(old, size);
  };
  sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
  sqlite3_initialize();
}

}  // namespace

FailingMemory::FailingMemory(std::uint64_t which) {
  install_memory();
  memory().which = which;
  memory().made = 0;
}
FailingMemory::~FailingMemory() { memory().which = 0; }
bool FailingMemory::has_failed() const { return memory().made >= memory().which; }

}  // namespace persistence_test

// ---- the names of the C library ----

namespace {

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// The call, or -1 with errno.
template <class Function, class... Arguments>
auto call(const char* name, Arguments... arguments)
    -> decltype(real<Function>(name)(arguments...)) {
  if (const int error = persistence_test::FailingCalls::error_for(name); error != 0) {
    errno = error;
    return static_cast<decltype(real<Function>(name)(arguments...))>(-1);
  }
  return real<Function>(name)(arguments...);
}

int without_effect(const char* name) {
  errno = persistence_test::FailingCalls::error_for(name);
  return errno == 0 ? 0 : -1;
}

}  // namespace

extern "C" {

ssize_t pread(int file, void* bytes, size_t size, off_t at) {
  return call<ssize_t(int, void*, size_t, off_t)>("pread", file, bytes, size, at);
}
ssize_t pread64(int file, void* bytes, size_t size, off64_t at) {
  return call<ssize_t(int, void*, size_t, off64_t)>("pread64", file, bytes, size, at);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return call<ssize_t(int, const void*, size_t, off_t)>("pwrite", file, bytes, size, at);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  return call<ssize_t(int, const void*, size_t, off64_t)>("pwrite64", file, bytes, size, at);
}
// No test here outlives a loss of power of the machine: a sync that does not fail has nothing to
// do.
int fdatasync(int) { return without_effect("fdatasync"); }
int fsync(int) { return without_effect("fsync"); }
int ftruncate(int file, off_t size) noexcept {
  return call<int(int, off_t)>("ftruncate", file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  return call<int(int, off64_t)>("ftruncate64", file, size);
}
int fstat(int file, struct stat* info) noexcept {
  return call<int(int, struct stat*)>("fstat", file, info);
}
int fstat64(int file, struct stat64* info) noexcept {
  return call<int(int, struct stat64*)>("fstat64", file, info);
}
int posix_fallocate(int file, off_t at, off_t size) {
  const int error = persistence_test::FailingCalls::error_for("posix_fallocate");
  return error != 0 ? error : real<int(int, off_t, off_t)>("posix_fallocate")(file, at, size);
}
int mkdir(const char* path, mode_t mode) noexcept {
  return call<int(const char*, mode_t)>("mkdir", path, mode);
}
int unlink(const char* path) noexcept { return call<int(const char*)>("unlink", path); }
int rename(const char* from, const char* to) noexcept {
  return call<int(const char*, const char*)>("rename", from, to);
}
int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>(va_arg(more, int));
  va_end(more);
  return call<int(const char*, int, ...)>("open", path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>(va_arg(more, int));
  va_end(more);
  return call<int(const char*, int, ...)>("open64", path, flags, mode);
}
DIR* opendir(const char* path) {
  const int error = persistence_test::FailingCalls::error_for("opendir");
  if (error == 0) return real<DIR*(const char*)>("opendir")(path);
  errno = error;
  return nullptr;
}
dirent* readdir(DIR* stream) {
  const int error = persistence_test::FailingCalls::error_for("readdir");
  if (error == 0) return real<dirent*(DIR*)>("readdir")(stream);
  errno = error;
  return nullptr;
}
}
