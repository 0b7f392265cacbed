#include "persistence/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/codec.h"
#include "base/crc.h"

namespace persistence {
namespace {

constexpr std::string_view kMagic = "QRTID001";
constexpr std::size_t kIdentityBytes = 8 + 8 + 8 + 4;

base::Error failed(const char* operation, const std::string& object, std::string detail) {
  return {.cause = base::Cause::kSystem,
          .code = errno,
          .operation = operation,
          .object = object,
          .detail = std::move(detail)};
}

// A directory whose own name is not durable could vanish with all that is synced in it.
base::Status make_durably(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0)
    return errno == EEXIST ? base::success() : failed("make directory", path, std::strerror(errno));
  const std::size_t slash = path.find_last_of('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  return posix_file_system()->sync_directory(parent);
}

}  // namespace

base::Result<std::unique_ptr<Directory>> Directory::open(const std::string& path) {
  if (base::Status made = make_durably(path); !made.ok()) return made.error();
  if (base::Status made = make_durably(path + "/log"); !made.ok()) return made.error();
  const std::string lock_path = path + "/LOCK";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return failed("open", lock_path, std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return failed("lock", path, "another process uses this directory");
  }
  return std::unique_ptr<Directory>(new Directory(path, lock));
}

Directory::~Directory() { ::close(lock_); }

base::Result<Identity> Directory::identity() const {
  const auto files = posix_file_system();
  const std::string name = path_ + "/identity";
  auto file = files->open(name, false);
  if (!file.ok()) {
    if (file.error().code == ENOENT) return Identity{};
    return file.error();
  }
  const auto bytes = file.value()->read(0, kIdentityBytes + 1);
  if (!bytes.ok()) return bytes.error();
  base::Decoder in(bytes.value());
  const bool is_magic = in.raw(kMagic.size()) == kMagic;
  Identity identity{NodeId(in.u64()), base::ClusterId(in.u64())};
  const std::uint32_t crc = in.u32();
  if (!is_magic || !in.ok() || !in.at_end() ||
      crc != base::crc32c(std::string_view(bytes.value()).substr(0, kIdentityBytes - 4))) {
    return base::Error{.cause = base::Cause::kCorrupt,
                       .operation = "read identity",
                       .object = name,
                       .detail = "the file is damaged"};
  }
  return identity;
}

base::Status Directory::set_identity(const Identity& identity) {
  const auto files = posix_file_system();
  std::string bytes(kMagic);
  base::Encoder out(bytes);
  out.u64(identity.node.value());
  out.u64(identity.cluster.value());
  out.u32(base::crc32c(bytes));
  const std::string temporary = path_ + "/identity.new";
  auto file = files->open(temporary, true);
  if (!file.ok()) return file.error();
  base::Status status = file.value()->truncate(0);
  if (status.ok()) status = file.value()->write(0, bytes);
  if (status.ok()) status = file.value()->sync();
  if (status.ok()) status = files->rename(temporary, path_ + "/identity");
  if (status.ok()) status = files->sync_directory(path_);
  return status;
}

}  // namespace persistence
