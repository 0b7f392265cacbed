#include "persistence/simulated_file_system.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace persistence {
namespace {

base::Error failed(const char* operation, std::string object, int code, const char* detail) {
  return {.cause = code == ENOSPC || code == EDQUOT ? base::Cause::kNoSpace : base::Cause::kSystem,
          .code = code,
          .operation = operation,
          .object = std::move(object),
          .detail = detail};
}

}  // namespace

class SimulatedFileSystem::OpenFile final : public File {
 public:
  OpenFile(SimulatedFileSystem& system, std::shared_ptr<Content> content, std::string path)
      : system_(system), content_(std::move(content)), path_(std::move(path)) {}

  base::Result<std::string> read(std::uint64_t offset, std::size_t size) override {
    const std::string& bytes = content_->bytes;
    return offset >= bytes.size() ? std::string() : bytes.substr(offset, size);
  }

  base::Status write(std::uint64_t offset, std::string_view bytes) override {
    if (std::exchange(system_.fails_write_, false))
      return failed("write", path_, EIO, "Input/output error");
    if (system_.writes_until_failure_ > 0 && --system_.writes_until_failure_ == 0)
      return failed("write", path_, system_.write_failure_, "injected");
    const base::Status room = grow(offset + bytes.size());
    if (!room.ok()) return room;
    content_->bytes.replace(offset, bytes.size(), bytes);
    for (std::size_t sector = offset / kSector; sector * kSector < offset + bytes.size(); ++sector)
      content_->dirty.insert(sector);
    return base::success();
  }

  base::Status sync() override {
    if (std::exchange(system_.fails_sync_, false))
      return failed("sync", path_, system_.sync_failure_, "injected");
    ++system_.syncs_;
    content_->durable.resize(content_->bytes.size());
    for (const std::size_t sector : content_->dirty) {
      const std::size_t at = sector * kSector;
      if (at < content_->bytes.size())
        content_->durable.replace(at, kSector, content_->bytes, at, kSector);
    }
    content_->dirty.clear();
    return base::success();
  }

  base::Status allocate(std::uint64_t size) override { return grow(size); }

  base::Status truncate(std::uint64_t size) override {
    const std::uint64_t before = content_->bytes.size();
    if (system_.space_left_ != UINT64_MAX && size < before) system_.space_left_ += before - size;
    content_->bytes.resize(size);
    if (content_->durable.size() > size)
      content_->durable.resize(size);  // metadata of a journalled file system
    return base::success();
  }

  base::Result<std::uint64_t> size() override { return content_->bytes.size(); }

 private:
  base::Status grow(std::uint64_t size) {
    if (size <= content_->bytes.size()) return base::success();
    const std::uint64_t more = size - content_->bytes.size();
    if (more > system_.space_left_)
      return failed("allocate", path_, ENOSPC, "No space left on device");
    if (system_.space_left_ != UINT64_MAX) system_.space_left_ -= more;
    content_->bytes.resize(size, '\0');
    return base::success();
  }

  SimulatedFileSystem& system_;
  std::shared_ptr<Content> content_;
  std::string path_;
};

SimulatedFileSystem SimulatedFileSystem::copy() const {
  SimulatedFileSystem made(*this);
  // A file may be known by its name, by the name that the directory's last sync kept, or by both.
  std::map<const Content*, std::shared_ptr<Content>> copies;
  for (Files* names : {&made.files_, &made.durable_names_})
    for (auto& [path, content] : *names) {
      std::shared_ptr<Content>& own = copies[content.get()];
      if (!own) own = std::make_shared<Content>(*content);
      content = own;
    }
  return made;
}

base::Result<std::unique_ptr<File>> SimulatedFileSystem::open(const std::string& path,
                                                              bool creates) {
  auto found = files_.find(path);
  if (found == files_.end()) {
    if (!creates) return failed("open", path, ENOENT, "No such file or directory");
    found = files_.emplace(path, std::make_shared<Content>()).first;
  }
  return std::unique_ptr<File>(std::make_unique<OpenFile>(*this, found->second, path));
}

base::Result<std::vector<std::string>> SimulatedFileSystem::list(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files_) {
    if (path.starts_with(directory + "/")) names.push_back(path.substr(directory.size() + 1));
  }
  return names;
}

base::Status SimulatedFileSystem::make_directory(const std::string&) { return base::success(); }

base::Status SimulatedFileSystem::remove(const std::string& path) {
  const auto found = files_.find(path);
  if (found == files_.end()) return failed("remove", path, ENOENT, "No such file or directory");
  if (space_left_ != UINT64_MAX) space_left_ += found->second->bytes.size();
  files_.erase(found);
  return base::success();
}

base::Status SimulatedFileSystem::rename(const std::string& from, const std::string& to) {
  const auto found = files_.find(from);
  if (found == files_.end()) return failed("rename", from, ENOENT, "No such file or directory");
  files_[to] = found->second;
  files_.erase(from);
  return base::success();
}

base::Status SimulatedFileSystem::sync_directory(const std::string& path) {
  if (directory_syncs_until_failure_ > 0 && --directory_syncs_until_failure_ == 0)
    return failed("sync", path, EIO, "Input/output error");
  std::erase_if(durable_names_,
                [&path](const auto& file) { return file.first.starts_with(path + "/"); });
  for (const auto& [name, content] : files_) {
    if (name.starts_with(path + "/")) durable_names_[name] = content;
  }
  return base::success();
}

void SimulatedFileSystem::lose_power() {
  // A name that was not synced with its directory is there or not; so is one whose removal was not
  // synced.
  Files after;
  for (const auto& [name, content] : files_) {
    if (durable_names_.contains(name) || prng_.chance(1, 2)) after[name] = content;
  }
  for (const auto& [name, content] : durable_names_) {
    if (!files_.contains(name) && prng_.chance(1, 2)) after[name] = content;
  }
  for (auto& [name, content] : after) {
    std::string bytes = content->durable;
    if (content->bytes.size() > bytes.size()) bytes.resize(content->bytes.size(), '\0');
    for (const std::size_t sector : content->dirty) {
      const std::size_t at = sector * kSector;
      if (at < content->bytes.size() && prng_.chance(1, 2))
        bytes.replace(at, kSector, content->bytes, at, kSector);
    }
    content = std::make_shared<Content>(Content{bytes, bytes, {}});
  }
  files_ = after;
  durable_names_ = std::move(after);
}

void SimulatedFileSystem::flip_bit(const std::string& path, std::uint64_t byte, unsigned bit) {
  CHECK(byte < file_size(path));
  char& target = files_.at(path)->bytes[byte];
  target = static_cast<char>(static_cast<unsigned char>(target) ^ (1U << bit));
}

std::vector<std::string> SimulatedFileSystem::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, content] : files_) all.push_back(path);
  return all;
}

}  // namespace persistence
