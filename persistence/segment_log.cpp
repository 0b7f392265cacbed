#include "persistence/segment_log.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "base/codec.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/prng.h"

namespace persistence {

using segment::Header;
using segment::Kind;

SegmentLog::SegmentLog(FileSystem& files, std::string directory, SegmentLogOptions options)
    : files_(files), directory_(std::move(directory)), options_(options) {
  if (options_.segment_bytes == 0) options_.segment_bytes = base::limits::kSegmentBytes;
}

SegmentLog::~SegmentLog() = default;

std::string SegmentLog::segment_path(std::uint64_t number) const {
  char name[32];
  std::snprintf(name, sizeof name, "/%010llu.seg", static_cast<unsigned long long>(number));
  return directory_ + name;
}

base::Result<LogContents> SegmentLog::open(GroupId group) {
  if (!is_recovered_) {
    const base::Status status = recover();
    if (!status.ok()) return status.error();
    is_recovered_ = true;
    restore_ballast();
  }
  Group& found = groups_[group];
  if (found.contents.first_index.is_none()) found.contents.first_index = LogIndex(1);
  found.contents.has_amnesia = note_.is_forgetful;
  found.contents.remembered = remembered_;
  return found.contents;
}

// ---- in memory ----

void SegmentLog::note_entry(Group& group, const raft::EntryPtr& entry, Place place) {
  LogContents& contents = group.contents;
  CHECK(entry->index == contents.last_index.next());
  if (group.places.empty()) contents.first_index = entry->index;
  group.places.push_back(place);
  contents.last_index = entry->index;
  if (contents.term_runs.empty() || contents.term_runs.back().term != entry->term)
    contents.term_runs.push_back({entry->index, entry->term});
  if (entry->kind == raft::EntryKind::kMembership) contents.memberships.push_back(entry);
}

void SegmentLog::truncate(Group& group, LogIndex from) {
  LogContents& contents = group.contents;
  while (contents.last_index >= from && !group.places.empty()) {
    group.places.pop_back();
    contents.last_index = contents.last_index.previous();
  }
  while (!contents.term_runs.empty() && contents.term_runs.back().first >= from)
    contents.term_runs.pop_back();
  while (!contents.memberships.empty() && contents.memberships.back()->index >= from)
    contents.memberships.pop_back();
  // The entries thrown away may lie in segments that are gone already: only a carry tells of them.
  contents.last_index = std::min(contents.last_index, from.previous());
  if (from < contents.first_index) contents.previous_term = Term();  // not known
  if (group.places.empty()) contents.first_index = contents.last_index.next();
}

void SegmentLog::reset(Group& group, const raft::SnapshotMeta& meta) {
  const raft::HardState hard_state = group.contents.hard_state;
  group.places.clear();
  group.contents = LogContents{};
  group.contents.hard_state = hard_state;
  group.contents.base = meta;
  group.contents.first_index = meta.index.next();
  group.contents.last_index = meta.index;
  group.contents.previous_term = meta.term;
}

void SegmentLog::apply(const std::vector<LogWrite>& batch, Segment& segment,
                       const std::vector<std::uint32_t>& offsets) {
  std::size_t next = 0;
  for (const LogWrite& write : batch) {
    Group& group = groups_[write.group];
    if (write.reset_to) reset(group, *write.reset_to);
    if (!write.truncate_from.is_none()) truncate(group, write.truncate_from);
    for (const raft::EntryPtr& entry : write.entries) {
      note_entry(group, entry, {static_cast<std::uint32_t>(segment.number), offsets[next++]});
      segment.greatest[write.group] = std::max(segment.greatest[write.group], entry->index);
    }
    if (write.hard_state) group.contents.hard_state = *write.hard_state;
  }
}

// ---- writing ----

namespace {

// Writes records one behind the other; the last one can be marked afterwards by encoding it last.
class BatchEncoder {
 public:
  BatchEncoder(std::uint64_t batch, std::uint64_t synced, std::uint32_t crc, std::uint32_t salt)
      : batch_(batch), synced_(synced), crc_(crc), salt_(salt) {}

  void add(Header header, std::string_view body) {
    flush(0);
    header.batch = batch_;
    header.synced = synced_;
    pending_ = header;
    pending_body_.assign(body);
    has_pending_ = true;
  }
  // Offset at which the next added record will lie.
  [[nodiscard]] std::uint64_t next_offset() const {
    return bytes_.size() + (has_pending_ ? segment::record_bytes(pending_body_.size()) : 0);
  }
  std::string finish(std::uint32_t& crc) {
    flush(segment::kLastOfBatch);
    crc = crc_;
    return std::move(bytes_);
  }

 private:
  void flush(std::uint8_t flags) {
    if (!has_pending_) return;
    pending_.flags = static_cast<std::uint8_t>(pending_.flags | flags);
    crc_ = segment::append_record(bytes_, pending_, crc_, pending_body_, salt_);
    has_pending_ = false;
  }
  std::uint64_t batch_, synced_;
  std::uint32_t crc_, salt_;
  std::string bytes_;
  Header pending_;
  std::string pending_body_;
  bool has_pending_ = false;
};

Header header_of(Kind kind, base::GroupId group, base::LogIndex index = {}, base::Term term = {}) {
  Header header;
  header.kind = kind;
  header.group = group;
  header.index = index;
  header.term = term;
  return header;
}

void add_entry(BatchEncoder& out, base::GroupId group, const raft::Entry& entry) {
  std::string_view rest = entry.payload;
  bool is_done = false;
  while (!is_done) {
    const std::string_view piece = rest.substr(0, base::limits::kRecordBytesMax);
    rest.remove_prefix(piece.size());
    is_done = rest.empty();
    Header header = header_of(Kind::kEntry, group, entry.index, entry.term);
    header.flags = is_done ? std::uint8_t{0} : segment::kContinues;
    header.entry_kind = static_cast<std::uint8_t>(entry.kind);
    out.add(header, piece);
  }
}

}  // namespace

std::string SegmentLog::encode_batch(const std::vector<LogWrite>& batch, std::uint64_t at,
                                     bool with_carry, std::uint32_t salt,
                                     std::vector<std::uint32_t>& offsets,
                                     std::uint32_t& crc) const {
  BatchEncoder out(last_batch_ + 1, synced_batch_, last_crc_, salt);
  if (with_carry) {
    for (const auto& [id, group] : groups_) {
      const LogContents& contents = group.contents;
      const Term last_term =
          contents.term_runs.empty() ? contents.previous_term : contents.term_runs.back().term;
      out.add(header_of(Kind::kCarry, id),
              segment::encode_carry(
                  {contents.hard_state, contents.base, contents.last_index, last_term}));
    }
  }
  for (const LogWrite& write : batch) {
    if (write.reset_to)
      out.add(header_of(Kind::kReset, write.group), segment::encode_meta(*write.reset_to));
    if (!write.truncate_from.is_none())
      out.add(header_of(Kind::kTruncate, write.group, write.truncate_from), {});
    for (const raft::EntryPtr& entry : write.entries) {
      offsets.push_back(static_cast<std::uint32_t>(at + out.next_offset()));
      add_entry(out, write.group, *entry);
    }
    if (!write.hard_state) continue;
    std::string vote;
    base::Encoder(vote).u64(write.hard_state->vote.value());
    out.add(header_of(Kind::kHardState, write.group, {}, write.hard_state->term), vote);
  }
  if (out.next_offset() == 0) out.add(header_of(Kind::kEndMark, {}), {});
  return out.finish(crc);
}

base::Status SegmentLog::append(const std::vector<LogWrite>& batch) { return append(batch, true); }

base::Status SegmentLog::append_unsynced(const std::vector<LogWrite>& batch) {
  if (!note_.is_unsynced) {
    LogNote note = note_;
    note.is_unsynced = true;
    const base::Status noted = change_note(note);
    if (!noted.ok()) return noted;
  }
  return append(batch, false);
}

bool SegmentLog::takes_at_once(std::uint64_t bytes) const {
  constexpr std::uint64_t kHeadersBytes = 4096;  // of records and of what they are padded to
  return note_.is_unsynced && !segments_.empty() &&
         segments_.back().end + bytes + kHeadersBytes <= segments_.back().size;
}

base::Status SegmentLog::append(const std::vector<LogWrite>& batch, bool is_synced) {
  CHECK(is_recovered_);
  const std::size_t segments_before = segments_.size();
  base::Status status = write_batch(batch, is_synced);
  const bool is_small = std::all_of(batch.begin(), batch.end(),
                                    [](const LogWrite& write) { return write.entries.empty(); });
  // Term, vote and truncation fit into the file that is there, or into a small one.
  if (!status.ok() && status.error().cause == base::Cause::kNoSpace && is_small) {
    if (has_ballast_) free_ballast();
    status = write_batch(batch, is_synced, Room::kSmall);
  }
  // There was room for entries in a new segment: there may be room for the ballast again.
  if (status.ok() && !is_small && segments_.size() > segments_before) restore_ballast();
  return status;
}

base::Status SegmentLog::write_batch(const std::vector<LogWrite>& batch, bool is_synced,
                                     Room room) {
  std::vector<std::uint32_t> offsets;
  std::uint32_t crc = 0;
  const bool is_fresh = segments_.empty() || is_fresh_segment_;
  std::uint64_t at = segments_.empty() ? segment::kFileHeaderBytes : segments_.back().end;
  const std::uint32_t salt = segments_.empty() ? salt_of(1) : segments_.back().salt;
  std::string bytes = encode_batch(batch, at, is_fresh, salt, offsets, crc);
  if (segments_.empty() || at + bytes.size() > segments_.back().size) {
    // A file is begun when all before it is durable, and its records are to say so.
    const base::Status synced = sync();
    if (!synced.ok()) return synced;
    offsets.clear();
    at = segment::kFileHeaderBytes;
    const std::uint32_t next_salt = is_fresh ? salt : salt_of(next_number());
    bytes = encode_batch(batch, at, true, next_salt, offsets, crc);
    const base::Status has_room = make_room(at + bytes.size(), room);
    if (!has_room.ok()) return has_room;
  }
  Segment& segment = segments_.back();
  base::Status written = write_ahead(segment, at + bytes.size());
  if (written.ok()) written = segment.file->write(at, bytes);
  if (!written.ok()) return written;
  FAILPOINT_IF("segment.first-batch", is_fresh_segment_);
  FAILPOINT_IF("truncation.written",
               std::any_of(batch.begin(), batch.end(),
                           [](const LogWrite& write) { return !write.truncate_from.is_none(); }));
  if (is_synced) {
    const base::Status synced = sync_file(segment);
    if (!synced.ok()) return synced;
  }
  is_fresh_segment_ = false;
  segment.end = at + bytes.size();
  ++last_batch_;
  if (is_synced) synced_batch_ = last_batch_;
  last_crc_ = crc;
  apply(batch, segment, offsets);
  return base::success();
}

// Whether the bytes are there is not known after a failure, whatever its cause: it is fatal.
base::Status SegmentLog::sync_file(const Segment& segment) {
  const base::Status synced = segment.file->sync();
  if (synced.ok()) return synced;
  return base::Error{.cause = base::Cause::kSystem,
                     .code = synced.error().code,
                     .operation = "sync",
                     .object = segment.path,
                     .detail = synced.error().detail};
}

base::Status SegmentLog::sync() {
  if (!is_unsynced()) return base::success();
  const base::Status synced = sync_file(segments_.back());
  if (synced.ok()) synced_batch_ = last_batch_;
  return synced;
}

// Zeros go ahead of the batches, a stretch at a time. The first write into a reserved block changes
// what the file system notes of it, and the sync then waits for its journal too; within a stretch
// it waits for the bytes alone.
base::Status SegmentLog::write_ahead(Segment& segment, std::uint64_t end) {
  constexpr std::uint64_t kStretchBytes = 512 * base::limits::kKiB;
  if (end <= segment.written) return base::success();
  const std::uint64_t from = std::max(segment.end, segment.written);
  const std::uint64_t to = std::max(end, std::min(segment.size, end + kStretchBytes));
  base::Status status = segment.file->write(from, std::string(to - from, '\0'));
  if (status.ok()) segment.written = to;
  return status;
}

std::uint32_t SegmentLog::salt_of(std::uint64_t number) const {
  return static_cast<std::uint32_t>(base::mix64(options_.salt + number) >> 32);
}

// For a batch that does not fit into the last file. One that has no batch yet grows instead of
// being left empty between two others: as the oldest it would stand for those that are gone.
base::Status SegmentLog::make_room(std::uint64_t bytes, Room room) {
  if (segments_.empty() || !is_fresh_segment_) return start_segment(bytes, room);
  const base::Status grown = segments_.back().file->allocate(bytes);
  if (grown.ok()) segments_.back().size = bytes;
  return grown;
}

base::Status SegmentLog::start_segment(std::uint64_t bytes, Room room) {
  constexpr std::uint64_t kSmallBytes = 64 * base::limits::kKiB;
  CHECK(!is_unsynced());  // only the last file has batches that are not synced
  const std::uint64_t number = next_number();
  const std::uint64_t usual = room == Room::kUsual ? options_.segment_bytes : kSmallBytes;
  Segment segment{.number = number,
                  .salt = salt_of(number),
                  .path = segment_path(number),
                  .file = nullptr,
                  .size = std::max(std::min(usual, options_.segment_bytes), bytes),
                  .end = segment::kFileHeaderBytes,
                  .written = segment::kFileHeaderBytes,
                  .greatest = {}};
  auto file = files_.open(segment.path, true);
  if (!file.ok()) return file.error();
  segment.file = std::move(file).value();
  base::Status status = segment.file->truncate(0);
  FAILPOINT("segment.created");
  if (status.ok()) status = segment.file->allocate(segment.size);
  FAILPOINT("segment.allocated");
  if (status.ok()) status = segment.file->write(0, segment::file_header(number, segment.salt));
  FAILPOINT("segment.header-written");
  if (status.ok()) status = segment.file->sync();
  if (status.ok()) status = files_.sync_directory(directory_);
  FAILPOINT("segment.durable");
  if (status.ok()) {
    LogNote note = note_;
    note.newest = number;
    status = change_note(note);
    FAILPOINT("segment.noted");
  }
  if (!status.ok()) {
    segment.file.reset();
    if (status.error().cause != base::Cause::kNoSpace) return status;
    const base::Status removed = files_.remove(
        segment.path);  // best effort: an unfinished segment is cut at the next start too
    static_cast<void>(removed);
    return status;
  }
  segments_.push_back(std::move(segment));
  is_fresh_segment_ = true;
  return base::success();
}

base::Status SegmentLog::mark_end() {
  if (segments_.empty()) return base::success();
  const base::Status synced = sync();
  return synced.ok() ? write_batch({}, true) : synced;
}

}  // namespace persistence
