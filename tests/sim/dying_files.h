// A file system under which the power goes after so many more changes: each change from then on
// fails, as do syncs, and nothing of it reaches the file system below. What was written before and
// not synced is the lower one's to lose (SimulatedFileSystem::lose_power).
#pragma once

#include "persistence/simulated_file_system.h"

namespace sim {

class DyingFiles final : public persistence::FileSystem {
 public:
  explicit DyingFiles(persistence::FileSystem& below) : below_(below) {}
  void die_after(std::uint64_t changes) { changes_left_ = changes, fails_once_ = false; }
  // As die_after, but only one change fails: a disk that goes on as if nothing had happened.
  void fail_once_after(std::uint64_t changes) { changes_left_ = changes, fails_once_ = true; }
  void recover() { changes_left_ = UINT64_MAX; }

  base::Result<std::unique_ptr<persistence::File>> open(const std::string& path,
                                                        bool creates) override;
  base::Result<std::vector<std::string>> list(const std::string& directory) override {
    return below_.list(directory);
  }
  base::Status make_directory(const std::string& path) override;
  base::Status remove(const std::string& path) override;
  base::Status rename(const std::string& from, const std::string& to) override;
  base::Status sync_directory(const std::string& path) override;

 private:
  class DyingFile;
  // An error once the power has gone.
  [[nodiscard]] base::Status change(const char* operation, const std::string& path);

  persistence::FileSystem& below_;
  std::uint64_t changes_left_ = UINT64_MAX;
  bool fails_once_ = false;
};

}  // namespace sim
