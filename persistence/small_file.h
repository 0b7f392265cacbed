// Small files that are replaced as a whole: written under another name, synced, renamed. A crash at
// any point leaves the old contents or the new ones. Thread: that of the caller.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persistence/file_system.h"

namespace persistence {

// Nothing if there is none.
[[nodiscard]] base::Result<std::optional<std::string>> read_small_file(FileSystem& files,
                                                                       const std::string& path,
                                                                       std::size_t bytes_max);
// Durable when it returns. kNoSpace only while the old contents are certainly still there; after
// any other error it is not known which are: never to be tried again.
[[nodiscard]] base::Status write_small_file(FileSystem& files, const std::string& directory,
                                            const std::string& name, std::string_view bytes);

}  // namespace persistence
