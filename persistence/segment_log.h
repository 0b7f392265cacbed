// The segment log (DESIGN decision 17): preallocated files, one write and one sync a batch. A batch
// lies in one file and is written only after the one before it is synced; therefore a bad record
// with a later batch anywhere behind it is damage and stops the node, while the last batch alone
// may be torn and is cut. An end mark, written when the log falls idle, is such a later batch: from
// then on every bit before it is covered.
//
// append_unsynced lets batches gather between syncs. Every record says up to which batch all was
// durable when it was written: a bad batch is damage exactly if any later record says that it was
// durable; else it is torn, and it goes with all behind it. Unsynced batches lie in the last file
// only. The note (log_note.h) says which files there are, and what a power failure may have taken.
//
// Memory: 8 bytes an entry for its place. Thread: log.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "persistence/file_system.h"
#include "persistence/log_note.h"
#include "persistence/segment_record.h"
#include "persistence/storage.h"

namespace persistence {

struct SegmentLogOptions {
  std::uint64_t segment_bytes = 0;  // 0: limits::kSegmentBytes
  std::uint64_t ballast_bytes =
      0;  // kept free for term, vote and truncation when the disk is full; 0: none
  // Of this run of the system: differs after a power failure or a restart of the machine.
  std::string boot_id = {};
  // For the checksums of new files; nobody outside shall know it. Another one in each run.
  std::uint64_t salt = 0;
  // The directory has been in use: a log without its note is damage, not a fresh one.
  bool is_expected = false;
};

class SegmentLog final : public LogStorage {
 public:
  SegmentLog(FileSystem& files, std::string directory, SegmentLogOptions options);
  ~SegmentLog() override;

  base::Result<LogContents> open(GroupId group) override;
  base::Status append(const std::vector<LogWrite>& batch) override;
  base::Status append_unsynced(const std::vector<LogWrite>& batch) override;
  [[nodiscard]] bool takes_at_once(std::uint64_t bytes) const override;
  [[nodiscard]] bool is_unsynced() const override { return synced_batch_ < last_batch_; }
  base::Status sync() override;
  base::Status mark_clean() override;
  base::Status remember(std::string_view bytes) override;
  base::Status trust() override;
  base::Result<std::vector<raft::EntryPtr>> read(GroupId group, LogIndex first, LogIndex last,
                                                 std::size_t bytes_max) override;
  base::Status discard(GroupId group, LogIndex through) override;
  base::Status mark_end() override;
  [[nodiscard]] std::uint64_t size_bytes() const override;

 private:
  struct Place {
    std::uint32_t segment = 0;
    std::uint32_t offset = 0;
  };
  struct Segment {
    std::uint64_t number = 0;
    std::uint32_t salt = 0;
    std::string path;
    std::unique_ptr<File> file;
    std::uint64_t size = 0;
    std::uint64_t end = 0;                 // of its last batch
    std::uint64_t written = 0;             // this far its blocks have been written, if only with 0
    std::map<GroupId, LogIndex> greatest;  // entry in it, by group
  };
  struct Group {
    LogContents contents;
    std::deque<Place> places;  // of entries first_index..last_index
  };

  // ---- segment_log_recovery.cpp ----
  [[nodiscard]] base::Status recover();
  struct Located {
    std::uint64_t at = 0;
    segment::Parsed record;
  };
  struct BatchAt {
    std::uint64_t batch = 0, at = 0;
  };
  [[nodiscard]] base::Status find_note();
  [[nodiscard]] base::Status find_remembered();
  [[nodiscard]] base::Status find_segments();
  [[nodiscard]] base::Status remove_leftovers(std::vector<std::string>& names);
  [[nodiscard]] base::Status check_against_note() const;
  [[nodiscard]] base::Status check_follows(std::size_t i, std::string_view bytes) const;
  // Replays whole batches from the segment's end on; stops at the first that does not check.
  [[nodiscard]] base::Status scan(Segment& segment, std::string_view bytes);
  [[nodiscard]] base::Status replay(Segment& segment, const std::vector<Located>& batch);
  [[nodiscard]] bool replay_entry(Segment& segment, const std::vector<Located>& batch,
                                  std::size_t& i);
  [[nodiscard]] base::Status note_what_was_lost();
  [[nodiscard]] base::Status cut_tail(Segment& segment, std::string_view bytes);
  [[nodiscard]] base::Status settle(Segment& segment, std::string_view bytes);

  // ---- in memory ----
  void note_entry(Group& group, const raft::EntryPtr& entry, Place place);
  static void truncate(Group& group, LogIndex from);
  static void reset(Group& group, const raft::SnapshotMeta& meta);
  void apply(const std::vector<LogWrite>& batch, Segment& segment,
             const std::vector<std::uint32_t>& offsets);

  [[nodiscard]] std::string encode_batch(const std::vector<LogWrite>& batch, std::uint64_t at,
                                         bool with_carry, std::uint32_t salt,
                                         std::vector<std::uint32_t>& offsets,
                                         std::uint32_t& crc) const;
  // How large new files are: as ever, or as small as can be, for what must fit on a full disk.
  enum class Room { kUsual, kSmall };
  [[nodiscard]] base::Status start_segment(std::uint64_t bytes, Room room);
  [[nodiscard]] base::Status make_room(std::uint64_t bytes, Room room);
  [[nodiscard]] std::uint32_t salt_of(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t next_number() const {
    return segments_.empty() ? 1 : segments_.back().number + 1;
  }
  [[nodiscard]] base::Status append(const std::vector<LogWrite>& batch, bool is_synced);
  [[nodiscard]] base::Status write_batch(const std::vector<LogWrite>& batch, bool is_synced,
                                         Room room = Room::kUsual);
  [[nodiscard]] base::Status change_note(LogNote note);
  [[nodiscard]] static base::Status sync_file(const Segment& segment);
  [[nodiscard]] static base::Status write_ahead(Segment& segment, std::uint64_t end);
  [[nodiscard]] static base::Result<segment::Parsed> read_record(const Segment& segment,
                                                                 std::uint64_t at,
                                                                 std::string& bytes);
  [[nodiscard]] base::Result<raft::EntryPtr> read_entry(LogIndex index, Place place);
  static void forget_through(Group& group, LogIndex through);
  [[nodiscard]] bool is_needed(const Segment& segment) const;
  void free_ballast();
  void restore_ballast();
  [[nodiscard]] std::string segment_path(std::uint64_t number) const;

  FileSystem& files_;
  std::string directory_;
  SegmentLogOptions options_;
  bool is_recovered_ = false;
  bool is_fresh_segment_ = false;  // the last segment has no batch yet
  bool has_ballast_ = false;
  std::deque<Segment> segments_;
  std::map<GroupId, Group> groups_;
  LogNote note_;
  std::string remembered_;
  std::uint64_t last_batch_ = 0;
  std::uint64_t synced_batch_ = 0;
  std::vector<BatchAt> unsettled_;  // while recovering: batches of the last file maybe not durable
  bool has_lost_tail_ = false;      // whole batches behind a torn one
  std::uint32_t last_crc_ = 0;
};

}  // namespace persistence
