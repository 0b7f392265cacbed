// A thin seam over the file system, so that tests and the simulator can lose power, fill the disk
// and flip bits. Blocking.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace persistence {

class File {
 public:
  virtual ~File() = default;
  // Exactly `size` bytes from `offset`, fewer only at the end of the file.
  [[nodiscard]] virtual base::Result<std::string> read(std::uint64_t offset, std::size_t size) = 0;
  [[nodiscard]] virtual base::Status write(std::uint64_t offset, std::string_view bytes) = 0;
  // What was written is durable afterwards (fdatasync).
  [[nodiscard]] virtual base::Status sync() = 0;
  // Reserves space up to `size`; the file has at least that size then, zeros where nothing was
  // written.
  [[nodiscard]] virtual base::Status allocate(std::uint64_t size) = 0;
  [[nodiscard]] virtual base::Status truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual base::Result<std::uint64_t> size() = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // An existing file, or a new one if `creates`.
  [[nodiscard]] virtual base::Result<std::unique_ptr<File>> open(const std::string& path,
                                                                 bool creates) = 0;
  // Names within a directory, ordered; empty if there is no such directory.
  [[nodiscard]] virtual base::Result<std::vector<std::string>> list(
      const std::string& directory) = 0;
  [[nodiscard]] virtual base::Status make_directory(const std::string& path) = 0;
  [[nodiscard]] virtual base::Status remove(const std::string& path) = 0;
  [[nodiscard]] virtual base::Status rename(const std::string& from, const std::string& to) = 0;
  // Names created, removed and renamed in it are durable afterwards.
  [[nodiscard]] virtual base::Status sync_directory(const std::string& path) = 0;
};

[[nodiscard]] std::unique_ptr<FileSystem> posix_file_system();

}  // namespace persistence
