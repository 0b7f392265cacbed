#include "persistence/small_file.h"

#include <cerrno>

#include "base/failpoint.h"

namespace persistence {

base::Result<std::optional<std::string>> read_small_file(FileSystem& files, const std::string& path,
                                                         std::size_t bytes_max) {
  const auto file = files.open(path, false);
  if (!file.ok()) {
    if (file.error().code == ENOENT) return std::optional<std::string>();
    return file.error();
  }
  auto bytes = file.value()->read(0, bytes_max);
  if (!bytes.ok()) return bytes.error();
  return std::optional(std::move(bytes).value());
}

base::Status write_small_file(FileSystem& files, const std::string& directory,
                              const std::string& name, std::string_view bytes) {
  const std::string path = directory + "/" + name, temporary = path + ".new";
  auto file = files.open(temporary, true);
  if (!file.ok()) return file.error();
  base::Status status = file.value()->truncate(0);
  if (status.ok()) status = file.value()->write(0, bytes);
  if (!status.ok()) return status;
  status = file.value()->sync();
  FAILPOINT_IF("note.written", name == "note");
  FAILPOINT_IF("identity.written", name == "identity");
  FAILPOINT_IF("promises.written", name == "promises");
  if (status.ok()) status = files.rename(temporary, path);
  FAILPOINT_IF("note.renamed", name == "note");
  FAILPOINT_IF("identity.renamed", name == "identity");
  if (status.ok()) status = files.sync_directory(directory);
  if (status.ok()) return status;
  base::Error error = status.error();
  error.cause = base::Cause::kSystem;
  return error;
}

}  // namespace persistence
