// The data directory of a node: who it belongs to and that only one process uses it (DESIGN
// decisions 12, 14).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "persistence/file_system.h"
#include "persistence/storage.h"

namespace persistence {

class Directory {
 public:
  // Creates the directory if need be and locks it; the error says if another process holds it.
  [[nodiscard]] static base::Result<std::unique_ptr<Directory>> open(const std::string& path);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // All zero: fresh. Cause::kCorrupt if the file does not check.
  [[nodiscard]] base::Result<Identity> identity() const;
  // Durable when it returns.
  [[nodiscard]] base::Status set_identity(const Identity& identity);

  // Throws log and state away, durably: what is left is as fresh as a new one's, but for the
  // identity. Neither is open. May be interrupted anywhere and called again.
  [[nodiscard]] base::Status forget_everything();
  // A node that found damage in a running state leaves word for its next start; best effort.
  static void note_damage(const std::string& path, const std::string& what);
  [[nodiscard]] std::optional<std::string> noted_damage() const;
  // Moves all files of the node into a folder of their own within the directory, durably, and says
  // which. What is left speaks for nobody: the directory is fresh. The identity goes first.
  [[nodiscard]] base::Result<std::string> set_aside();

  [[nodiscard]] std::string log_path() const { return path_ + "/log"; }
  [[nodiscard]] std::string state_path() const { return path_ + "/state.db"; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Directory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

}  // namespace persistence
