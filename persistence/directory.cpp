#include "persistence/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/codec.h"
#include "base/crc.h"
#include "base/failpoint.h"
#include "persistence/small_file.h"

namespace persistence {
namespace {

constexpr std::string_view kMagic = "QRTID002";
constexpr std::size_t kIdentityBytesMax = 64 * 1024;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint64_t kAddressesMax = 1024;

base::Error failed(const char* operation, const std::string& object, std::string detail) {
  return {.cause = base::Cause::kSystem,
          .code = errno,
          .operation = operation,
          .object = object,
          .detail = std::move(detail)};
}

// Whatever the bytes are, an answer; no answer: damage.
std::optional<Identity> decode_identity(std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kChecksumBytes || bytes.size() > kIdentityBytesMax) return {};
  const std::size_t body = bytes.size() - kChecksumBytes;
  base::Decoder checksum(bytes.substr(body));
  if (checksum.u32() != base::crc32c(bytes.substr(0, body))) return {};
  base::Decoder in(bytes.substr(0, body));
  if (in.raw(kMagic.size()) != kMagic) return {};
  Identity identity;
  identity.node = NodeId(in.u64());
  identity.cluster = base::ClusterId(in.u64());
  const std::uint8_t standing = in.u8();
  const std::uint64_t count = in.varint();
  if (standing > static_cast<std::uint8_t>(Standing::kJoining) || count > kAddressesMax) return {};
  identity.standing = static_cast<Standing>(standing);
  for (std::uint64_t i = 0; i < count; ++i) identity.join.emplace_back(in.bytes());
  if (!in.ok() || !in.at_end()) return {};
  return identity;
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
  const auto bytes = read_small_file(*files, name, kIdentityBytesMax + 1);
  if (!bytes.ok()) return bytes.error();
  if (!bytes.value()) return Identity{};
  auto identity = decode_identity(*bytes.value());
  if (!identity) {
    return base::Error{.cause = base::Cause::kCorrupt,
                       .operation = "read identity",
                       .object = name,
                       .detail = "the file is damaged"};
  }
  return std::move(*identity);
}

base::Status Directory::set_identity(const Identity& identity) {
  const auto files = posix_file_system();
  std::string bytes(kMagic);
  base::Encoder out(bytes);
  out.u64(identity.node.value());
  out.u64(identity.cluster.value());
  out.u8(static_cast<std::uint8_t>(identity.standing));
  out.varint(identity.join.size());
  for (const std::string& address : identity.join) out.bytes(address);
  out.u32(base::crc32c(bytes));
  return write_small_file(*files, path_, "identity", bytes);
}

base::Status Directory::forget_everything() {
  for (const char* name : {"/state.db", "/state.db-wal", "/state.db-shm", "/damaged"}) {
    const std::string path = path_ + name;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
      return failed("remove", path, std::strerror(errno));
  }
  const auto files = posix_file_system();
  FAILPOINT("rebirth.state-removed");
  const auto segments = files->list(log_path());
  if (!segments.ok()) return segments.error();
  for (const std::string& name : segments.value()) {
    base::Status status = files->remove(log_path() + "/" + name);
    if (!status.ok()) return status;
  }
  FAILPOINT("rebirth.forgotten");
  base::Status status = files->sync_directory(log_path());
  return status.ok() ? files->sync_directory(path_) : status;
}

void Directory::note_damage(const std::string& path, const std::string& what) {
  const auto files = posix_file_system();
  // Else the next start finds the damage by itself, or not.
  static_cast<void>(write_small_file(*files, path, "damaged", what));
}

std::optional<std::string> Directory::noted_damage() const {
  constexpr std::size_t kBytesMax = 4096;
  const auto files = posix_file_system();
  auto text = read_small_file(*files, path_ + "/damaged", kBytesMax);
  return text.ok() ? std::move(text).value() : std::nullopt;
}

base::Result<std::string> Directory::set_aside() {
  const auto files = posix_file_system();
  std::string folder;
  int number = 0;
  do {
    folder = path_ + "/set-aside-" + std::to_string(++number);
  } while (::access(folder.c_str(), F_OK) == 0);
  base::Status status = make_durably(folder);
  for (const char* name : {"identity", "log", "state.db", "state.db-wal", "damaged"}) {
    if (!status.ok()) return status.error();
    const std::string from = path_ + "/" + name;
    if (::access(from.c_str(), F_OK) != 0) continue;
    status = files->rename(from, folder + "/" + name);
    FAILPOINT("set-aside.moved");
    if (status.ok()) status = files->sync_directory(folder);
    if (status.ok()) status = files->sync_directory(path_);
  }
  if (status.ok()) status = make_durably(path_ + "/log");
  if (!status.ok()) return status.error();
  return folder;
}

}  // namespace persistence
