#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "persistence/file_system.h"

namespace persistence {
namespace {

base::Error failed(const char* operation, std::string object) {
  const int code = errno;
  const bool is_space = code == ENOSPC || code == EDQUOT;
  return {.cause = is_space ? base::Cause::kNoSpace : base::Cause::kSystem,
          .code = code,
          .operation = operation,
          .object = std::move(object),
          .detail = std::strerror(code)};
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  base::Result<std::string> read(std::uint64_t offset, std::size_t size) override {
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got =
          ::pread(descriptor_, bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("read", place(offset));
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
  }

  base::Status write(std::uint64_t offset, std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t put =
          ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("write", place(offset));
      offset += static_cast<std::uint64_t>(put);
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return base::success();
  }

  base::Status sync() override {
    return ::fdatasync(descriptor_) == 0 ? base::success() : failed("sync", path_);
  }

  base::Status allocate(std::uint64_t size) override {
    const int code = ::posix_fallocate(descriptor_, 0, static_cast<off_t>(size));
    if (code == 0) return base::success();
    errno = code;
    return failed("allocate", path_);
  }

  base::Status truncate(std::uint64_t size) override {
    return ::ftruncate(descriptor_, static_cast<off_t>(size)) == 0 ? base::success()
                                                                   : failed("truncate", path_);
  }

  base::Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return failed("stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  [[nodiscard]] std::string place(std::uint64_t offset) const {
    return path_ + " at " + std::to_string(offset);
  }
  int descriptor_;
  std::string path_;
};

class PosixFileSystem final : public FileSystem {
 public:
  base::Result<std::unique_ptr<File>> open(const std::string& path, bool creates) override {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC | (creates ? O_CREAT : 0), 0644);
    if (descriptor < 0) return failed("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(descriptor, path));
  }

  base::Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    DIR* stream = ::opendir(directory.c_str());
    if (stream == nullptr && errno == ENOENT) return names;
    if (stream == nullptr) return failed("list", directory);
    errno = 0;  // readdir says nothing both at the end and on an error
    while (const dirent* entry = ::readdir(stream)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    const base::Error error = failed("list", directory);
    ::closedir(stream);
    if (error.code != 0) return error;
    std::sort(names.begin(), names.end());
    return names;
  }

  base::Status make_directory(const std::string& path) override {
    return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST ? base::success()
                                                               : failed("make directory", path);
  }
  base::Status remove(const std::string& path) override {
    return ::unlink(path.c_str()) == 0 ? base::success() : failed("remove", path);
  }
  base::Status rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? base::success() : failed("rename", from);
  }
  base::Status sync_directory(const std::string& path) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return failed("open", path);
    const bool is_done = ::fsync(descriptor) == 0;
    const base::Status status = is_done ? base::success() : failed("sync", path);
    ::close(descriptor);
    return status;
  }
};

}  // namespace

std::unique_ptr<FileSystem> posix_file_system() { return std::make_unique<PosixFileSystem>(); }

}  // namespace persistence
