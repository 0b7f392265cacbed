// The segment log: reading entries, discarding old segments, the ballast that is freed when the
// disk is full.
#include <algorithm>

#include "base/check.h"
#include "base/codec.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "persistence/segment_log.h"

namespace persistence {

using segment::Header;
using segment::Kind;

base::Result<segment::Parsed> SegmentLog::read_record(const Segment& segment, std::uint64_t at,
                                                      std::string& bytes) {
  constexpr std::size_t kFirstRead = 4096;
  auto first = segment.file->read(at, kFirstRead);
  if (!first.ok()) return first.error();
  bytes = std::move(first).value();
  const std::uint64_t size = segment::record_bytes(base::Decoder(bytes).u32());
  if (size > bytes.size() && size <= segment::record_bytes(base::limits::kRecordBytesMax)) {
    auto whole = segment.file->read(at, size);
    if (!whole.ok()) return whole.error();
    bytes = std::move(whole).value();
  }
  const auto parsed = segment::parse_record(bytes, 0, segment.salt);
  if (parsed) return *parsed;
  return base::Error{.cause = base::Cause::kCorrupt,
                     .operation = "read log",
                     .object = segment.path + " at " + std::to_string(at),
                     .detail = "the record is damaged"};
}

base::Result<raft::EntryPtr> SegmentLog::read_entry(LogIndex index, Place place) {
  const auto segment = std::find_if(segments_.begin(), segments_.end(),
                                    [&](const Segment& s) { return s.number == place.segment; });
  CHECK(segment != segments_.end());
  auto entry = std::make_shared<raft::Entry>();
  std::uint64_t at = place.offset;
  for (bool continues = true; continues;) {
    std::string bytes;
    const auto record = read_record(*segment, at, bytes);
    if (!record.ok()) return record.error();
    const Header& header = record.value().header;
    CHECK(header.kind == Kind::kEntry && header.index == index);
    entry->index = index;
    entry->term = header.term;
    entry->kind = static_cast<raft::EntryKind>(header.entry_kind);
    entry->payload += record.value().body;
    continues = (header.flags & segment::kContinues) != 0;
    at += record.value().end;
  }
  return raft::EntryPtr(std::move(entry));
}

base::Result<std::vector<raft::EntryPtr>> SegmentLog::read(GroupId id, LogIndex first,
                                                           LogIndex last, std::size_t bytes_max) {
  const Group& group = groups_[id];
  std::vector<raft::EntryPtr> entries;
  std::size_t bytes = 0;
  last = std::min(last, group.contents.last_index);
  if (group.places.empty() || first < group.contents.first_index) return entries;
  for (LogIndex index = first; index <= last && (entries.empty() || bytes < bytes_max);
       index = index.next()) {
    auto entry =
        read_entry(index, group.places[index.value() - group.contents.first_index.value()]);
    if (!entry.ok()) return entry.error();
    bytes += entry.value()->payload.size();
    entries.push_back(std::move(entry).value());
  }
  return entries;
}

void SegmentLog::forget_through(Group& group, LogIndex through) {
  LogContents& contents = group.contents;
  while (!group.places.empty() && contents.first_index <= through) {
    auto& runs = contents.term_runs;
    contents.previous_term = runs.front().term;
    group.places.pop_front();
    contents.first_index = contents.first_index.next();
    if (runs.size() > 1 && runs[1].first <= contents.first_index) runs.erase(runs.begin());
    runs.front().first = std::max(runs.front().first, contents.first_index);
  }
  if (group.places.empty()) contents.term_runs.clear();
  std::erase_if(contents.memberships,
                [&](const auto& entry) { return entry->index < contents.first_index; });
}

bool SegmentLog::is_needed(const Segment& segment) const {
  return std::any_of(
      segment.greatest.begin(), segment.greatest.end(), [this](const auto& greatest) {
        const Group& group = groups_.at(greatest.first);
        return !group.places.empty() && greatest.second >= group.contents.first_index;
      });
}

base::Status SegmentLog::discard(GroupId id, LogIndex through) {
  forget_through(groups_[id], through);
  // A segment that has no batch yet does not stand for those before it.
  const std::size_t kept = is_fresh_segment_ ? 2 : 1;
  std::size_t count = 0;
  while (segments_.size() - count > kept && !is_needed(segments_[count])) ++count;
  if (count == 0) return base::success();
  // The first batch of the newest segment stands for those that go: it is durable before they do.
  const base::Status synced = sync();
  if (!synced.ok()) return synced;
  LogNote note = note_;
  note.oldest = segments_[count].number;
  base::Status status = change_note(note);  // from here on they are not missed
  if (!status.ok()) return status.error().cause == base::Cause::kNoSpace ? base::success() : status;
  FAILPOINT("log.discard-noted");
  for (; status.ok() && count > 0; --count) {
    const std::string path = segments_.front().path;
    segments_.pop_front();
    status = files_.remove(path);
    // One by one: after a power loss none may be back while one behind it is gone.
    if (status.ok()) status = files_.sync_directory(directory_);
    FAILPOINT_IF("log.segment-removed", count > 1);
  }
  return status;
}

std::uint64_t SegmentLog::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.end;
  return bytes;
}

// ---- ballast ----

void SegmentLog::free_ballast() {
  const base::Status removed = files_.remove(directory_ + "/ballast");
  has_ballast_ = !removed.ok();
}

void SegmentLog::restore_ballast() {
  if (options_.ballast_bytes == 0 || has_ballast_) return;
  auto file = files_.open(directory_ + "/ballast", true);
  has_ballast_ = file.ok() && file.value()->allocate(options_.ballast_bytes).ok();
  if (has_ballast_ || !file.ok()) return;
  const base::Status removed = files_.remove(directory_ + "/ballast");  // what it did get
  static_cast<void>(removed);
}

}  // namespace persistence
