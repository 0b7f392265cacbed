#include "tests/sim/dying_files.h"

#include <cerrno>
#include <utility>

namespace sim {

base::Status DyingFiles::change(const char* operation, const std::string& path) {
  if (changes_left_ == 0) {
    if (fails_once_) changes_left_ = UINT64_MAX;
    return base::Error{.cause = base::Cause::kSystem,
                       .code = EIO,
                       .operation = operation,
                       .object = path,
                       .detail = "the power has gone"};
  }
  if (changes_left_ != UINT64_MAX) --changes_left_;
  return base::success();
}

class DyingFiles::DyingFile final : public persistence::File {
 public:
  DyingFile(DyingFiles& files, std::unique_ptr<persistence::File> below, std::string path)
      : files_(files), below_(std::move(below)), path_(std::move(path)) {}

  base::Result<std::string> read(std::uint64_t offset, std::size_t size) override {
    return below_->read(offset, size);
  }
  base::Status write(std::uint64_t offset, std::string_view bytes) override {
    const base::Status alive = files_.change("write", path_);
    return alive ? below_->write(offset, bytes) : alive;
  }
  base::Status sync() override {
    const base::Status alive = files_.change("sync", path_);
    return alive ? below_->sync() : alive;
  }
  base::Status allocate(std::uint64_t size) override {
    const base::Status alive = files_.change("allocate", path_);
    return alive ? below_->allocate(size) : alive;
  }
  base::Status truncate(std::uint64_t size) override {
    const base::Status alive = files_.change("truncate", path_);
    return alive ? below_->truncate(size) : alive;
  }
  base::Result<std::uint64_t> size() override { return below_->size(); }

 private:
  DyingFiles& files_;
  std::unique_ptr<persistence::File> below_;
  std::string path_;
};

base::Result<std::unique_ptr<persistence::File>> DyingFiles::open(const std::string& path,
                                                                  bool creates) {
  const base::Status alive = creates ? change("open", path) : base::success();
  if (!alive) return alive.error();
  auto file = below_.open(path, creates);
  if (!file) return file.error();
  return std::unique_ptr<persistence::File>(
      std::make_unique<DyingFile>(*this, std::move(file).value(), path));
}

base::Status DyingFiles::make_directory(const std::string& path) {
  const base::Status alive = change("make directory", path);
  return alive ? below_.make_directory(path) : alive;
}

base::Status DyingFiles::remove(const std::string& path) {
  const base::Status alive = change("remove", path);
  return alive ? below_.remove(path) : alive;
}

base::Status DyingFiles::rename(const std::string& from, const std::string& to) {
  const base::Status alive = change("rename", from);
  return alive ? below_.rename(from, to) : alive;
}

base::Status DyingFiles::sync_directory(const std::string& path) {
  const base::Status alive = change("sync directory", path);
  return alive ? below_.sync_directory(path) : alive;
}

}  // namespace sim
