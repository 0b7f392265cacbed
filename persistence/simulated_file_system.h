// A file system in memory that loses power: what was not synced may be there afterwards or not,
// sector by sector; names that were not synced with their directory may be gone or back.
// Deterministic from its seed; one thread. Errors can be injected.
#pragma once

#include <map>
#include <set>

#include "base/prng.h"
#include "persistence/file_system.h"

namespace persistence {

class SimulatedFileSystem final : public FileSystem {
 public:
  explicit SimulatedFileSystem(std::uint64_t seed) : prng_(seed) {}
  SimulatedFileSystem(SimulatedFileSystem&&) = default;
  SimulatedFileSystem& operator=(SimulatedFileSystem&&) = default;
  // A disk with the same files, each its own from now on; what is open stays open on this one.
  [[nodiscard]] SimulatedFileSystem copy() const;

  base::Result<std::unique_ptr<File>> open(const std::string& path, bool creates) override;
  base::Result<std::vector<std::string>> list(const std::string& directory) override;
  base::Status make_directory(const std::string& path) override;
  base::Status remove(const std::string& path) override;
  base::Status rename(const std::string& from, const std::string& to) override;
  base::Status sync_directory(const std::string& path) override;

  // ---- faults ----
  void lose_power();
  // From now on, writes that need more than this many further bytes of space fail with ENOSPC.
  void set_space_left(std::uint64_t bytes) { space_left_ = bytes; }
  void fail_next_write() { fails_write_ = true; }
  void fail_next_sync(int code = 5 /* EIO */) {
    fails_sync_ = true;
    sync_failure_ = code;
  }
  // The next `count` writes succeed, the one after them fails with this errno.
  void fail_writes_after(unsigned count, int code) {
    writes_until_failure_ = count + 1;
    write_failure_ = code;
  }
  // The count-th sync of a directory from now on fails.
  void fail_sync_of_directory(unsigned count) { directory_syncs_until_failure_ = count; }
  void flip_bit(const std::string& path, std::uint64_t byte, unsigned bit);
  [[nodiscard]] std::uint64_t file_size(const std::string& path) const {
    return files_.at(path)->bytes.size();
  }
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

 private:
  SimulatedFileSystem(const SimulatedFileSystem&) = default;  // shares the files
  static constexpr std::size_t kSector = 512;
  struct Content {
    std::string bytes, durable;
    std::set<std::size_t> dirty;  // sectors written since the last sync
  };
  class OpenFile;
  using Files = std::map<std::string, std::shared_ptr<Content>>;

  base::Prng prng_;
  Files files_;
  Files durable_names_;
  std::uint64_t space_left_ = UINT64_MAX;
  bool fails_write_ = false, fails_sync_ = false;
  unsigned writes_until_failure_ = 0, directory_syncs_until_failure_ = 0;  // 0: never
  int write_failure_ = 0, sync_failure_ = 0;
  std::uint64_t syncs_ = 0;
};

}  // namespace persistence
