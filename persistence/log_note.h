// The note beside the segments (docs/formats.md, log/note): which files the log consists of, so
// that one that has gone is missed, and whether what was acknowledged may not have been synced, so
// that a start after a power failure knows (DESIGN decision 20). Small, written as a whole under
// another name and renamed, durable when write_note returns. Thread: log.
#pragma once

#include <optional>
#include <string>

#include "persistence/file_system.h"

namespace persistence {

struct LogNote {
  // Segments oldest..newest are there; one more may be, without a batch. newest + 1 == oldest:
  // none.
  std::uint64_t oldest = 1;
  std::uint64_t newest = 0;
  // Batches were acknowledged unsynced while the system ran under boot_id, and no stop in good
  // order has synced them since.
  bool is_unsynced = false;
  // A start found that some may be lost and nobody has brought them back since.
  bool is_forgetful = false;
  std::string boot_id = {};

  friend bool operator==(const LogNote&, const LogNote&) = default;
};

inline constexpr std::size_t kBootIdBytesMax = 64;

[[nodiscard]] std::string encode_note(const LogNote& note);
[[nodiscard]] std::optional<LogNote> decode_note(std::string_view bytes);

// Nothing if there is none; Cause::kCorrupt names it if it is damaged.
[[nodiscard]] base::Result<std::optional<LogNote>> read_note(FileSystem& files,
                                                             const std::string& directory);
[[nodiscard]] base::Status write_note(FileSystem& files, const std::string& directory,
                                      const LogNote& note);

}  // namespace persistence
