// Reading the log back: every batch is checked; the last one may be torn and is cut; anything else
// that does not check is damage, named by file and position (DESIGN decision 17).
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "base/limits.h"
#include "persistence/remembered.h"
#include "persistence/segment_log.h"
#include "persistence/small_file.h"

namespace persistence {

using segment::Kind;

namespace {

base::Error damage(const std::string& path, std::uint64_t at, std::string detail) {
  return {.cause = base::Cause::kCorrupt,
          .operation = "read log",
          .object = path + " at " + std::to_string(at),
          .detail = std::move(detail)};
}

bool is_zero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// A file as it is, but for the zeros at its end: only so many of them as a record can end with.
// Most of the newest segment was never written, and does not become memory here.
base::Result<std::string> read_segment(File& file, std::uint64_t size) {
  constexpr std::uint64_t kPieceBytes = 1 << 20;
  std::string bytes;
  std::uint64_t zeros = 0;
  for (std::uint64_t at = 0; at < size; at += kPieceBytes) {
    const auto piece = file.read(at, std::min(kPieceBytes, size - at));
    if (!piece.ok()) return piece.error();
    if (is_zero(piece.value())) {
      zeros += piece.value().size();
    } else {
      bytes.append(std::exchange(zeros, 0), '\0') += piece.value();
    }
  }
  constexpr std::uint64_t kZerosMost = segment::record_bytes(base::limits::kRecordBytesMax);
  return std::move(bytes.append(std::min(zeros, kZerosMost), '\0'));
}

// What the records that check at or after `from` say; all 0 if there is none.
struct Behind {
  std::uint64_t batch = 0;   // the greatest number of a batch
  std::uint64_t synced = 0;  // the greatest batch that was durable when one of them was written
};
Behind records_behind(std::string_view bytes, std::uint64_t from, std::uint32_t salt) {
  Behind behind;
  for (std::uint64_t at = from; at + segment::kHeaderBytes <= bytes.size();
       at += segment::kAlignment) {
    if (!segment::may_begin_record(bytes, at)) continue;
    const auto parsed = segment::parse_record(bytes, at, salt);
    if (!parsed) continue;
    behind.batch = std::max(behind.batch, parsed->header.batch);
    behind.synced = std::max(behind.synced, parsed->header.synced);
  }
  return behind;
}

// Of a file whose header, and with it the salt, cannot be read: the header is durable before
// anything is written behind it.
bool has_batch_behind(std::string_view bytes, std::size_t from) {
  return from < bytes.size() && !is_zero(bytes.substr(from));
}

// What every record that was written by us says of itself.
bool is_sound(const segment::Header& header) {
  constexpr auto kEntryKindLast = static_cast<std::uint8_t>(raft::EntryKind::kDissolve);
  constexpr std::uint8_t kFlags = segment::kLastOfBatch | segment::kContinues;
  const bool may_continue = header.kind == Kind::kEntry;
  return (header.flags & ~kFlags) == 0 && header.entry_kind <= kEntryKindLast &&
         (may_continue || (header.flags & segment::kContinues) == 0);
}

// Whether `next` holds the next piece of the entry that `piece` is one of.
bool goes_on(const segment::Header& piece, const segment::Header& next) {
  return next.kind == Kind::kEntry && next.group == piece.group && next.index == piece.index &&
         next.term == piece.term && next.entry_kind == piece.entry_kind && is_sound(next);
}

}  // namespace

base::Status SegmentLog::find_note() {
  const auto found = read_note(files_, directory_);
  if (!found.ok()) return found.error();
  const auto names = files_.list(directory_);
  if (!names.ok()) return names.error();
  const bool has_segments =
      std::any_of(names.value().begin(), names.value().end(),
                  [](const std::string& name) { return name.ends_with(".seg"); });
  if (found.value()) {
    note_ = *found.value();
    return base::success();
  }
  if (has_segments || options_.is_expected) return damage(directory_ + "/note", 0, "it is missing");
  note_.boot_id = options_.boot_id;
  return write_note(files_, directory_, note_);
}

base::Status SegmentLog::find_remembered() {
  const std::string path = directory_ + "/" + kRememberedName;
  const auto found = read_small_file(files_, path, kRememberedFileBytesMax);
  if (!found.ok()) return found.error();
  if (!found.value()) return base::success();
  auto remembered = decode_remembered(*found.value());
  if (!remembered) return damage(path, 0, "the file is damaged");
  remembered_ = std::move(*remembered);
  return base::success();
}

// Files that were on their way out when the process died.
base::Status SegmentLog::remove_leftovers(std::vector<std::string>& names) {
  base::Status status = base::success();
  const std::string oldest = segment_path(note_.oldest).substr(directory_.size() + 1);
  const auto is_leftover = [&](const std::string& name) {
    return name.ends_with(".seg") && name < oldest;
  };
  for (const std::string& name : names) {
    if (status.ok() && is_leftover(name)) status = files_.remove(directory_ + "/" + name);
  }
  const bool has_any = std::any_of(names.begin(), names.end(), is_leftover);
  std::erase_if(names, is_leftover);
  return status.ok() && has_any ? files_.sync_directory(directory_) : status;
}

base::Status SegmentLog::find_segments() {
  auto listed = files_.list(directory_);
  if (!listed.ok()) return listed.error();
  std::vector<std::string> names = std::move(listed).value();
  if (base::Status status = remove_leftovers(names); !status.ok()) return status;
  for (const std::string& name : names) {
    if (name == "ballast") has_ballast_ = true;
    if (!name.ends_with(".seg")) continue;
    Segment segment{.number = 0,
                    .path = directory_ + "/" + name,
                    .file = nullptr,
                    .size = 0,
                    .end = segment::kFileHeaderBytes,
                    .greatest = {}};
    auto file = files_.open(segment.path, false);
    if (!file.ok()) return file.error();
    segment.file = std::move(file).value();
    const auto size = segment.file->size();
    if (!size.ok()) return size.error();
    segment.size = size.value();
    segments_.push_back(std::move(segment));
  }
  return base::success();
}

// One file is in memory at a time, and the one before it.
base::Status SegmentLog::recover() {
  base::Status status = find_note();
  if (status.ok()) status = find_remembered();
  if (status.ok()) status = find_segments();
  std::string bytes, bytes_before;
  for (std::size_t i = 0; status.ok() && i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    auto read = read_segment(*segment.file, segment.size);
    if (!read.ok()) return read.error();
    bytes_before = std::exchange(bytes, std::move(read).value());
    const auto header = segment::parse_file_header(bytes, segment.path);
    const bool is_damaged = !header.ok() && header.error().cause == base::Cause::kCorrupt;
    const bool is_last = i + 1 == segments_.size();
    if (is_damaged && is_last && !has_batch_behind(bytes, segment::kFileHeaderBytes)) {
      // It was being created when the node died: nothing was ever written to it.
      status = files_.remove(segment.path);
      segments_.pop_back();
      bytes = std::move(bytes_before);
      break;
    }
    if (!header.ok()) return header.error();
    segment.number = header.value().number;
    segment.salt = header.value().salt;
    status = check_follows(i, bytes);
    if (status.ok()) status = scan(segment, bytes);
  }
  if (status.ok()) status = check_against_note();
  if (status.ok()) status = note_what_was_lost();
  if (!status.ok() || segments_.empty()) return status;
  is_fresh_segment_ = segments_.back().end == segment::kFileHeaderBytes;
  status = cut_tail(segments_.back(), bytes);
  return status.ok() ? settle(segments_.back(), bytes) : status;
}

base::Status SegmentLog::check_against_note() const {
  const auto missing = [this](std::uint64_t number) {
    return damage(segment_path(number), 0, "the file is missing");
  };
  const std::uint64_t first = segments_.empty() ? note_.newest + 1 : segments_.front().number;
  const std::uint64_t last = segments_.empty() ? note_.newest : segments_.back().number;
  if (first > note_.oldest) return missing(note_.oldest);
  if (segments_.empty() || last < note_.newest) {
    return note_.newest < note_.oldest ? base::success() : missing(note_.newest);
  }
  const bool has_batch = segments_.back().end > segment::kFileHeaderBytes;
  if (last > note_.newest + 1 || (last > note_.newest && has_batch))
    return damage(directory_ + "/note", 0, "it is older than the log");
  return base::success();
}

// Acknowledged batches may be gone: with the power that the system lost, or with a torn batch that
// had others behind it. It is noted before anything is changed.
base::Status SegmentLog::note_what_was_lost() {
  const bool is_other_boot = note_.boot_id.empty() || note_.boot_id != options_.boot_id;
  LogNote note = note_;
  note.is_forgetful |= has_lost_tail_ || (note_.is_unsynced && is_other_boot);
  const std::uint64_t last = segments_.empty() ? note_.newest : segments_.back().number;
  note.newest = std::max(note.newest, last);
  note.boot_id = options_.boot_id;
  return note == note_ ? base::success() : change_note(note);
}

// Whether segment i goes on where the one before it ends.
base::Status SegmentLog::check_follows(std::size_t i, std::string_view bytes) const {
  if (i == 0) return base::success();
  const Segment& before = segments_[i - 1];
  if (segments_[i].number != before.number + 1) {
    return damage(segments_[i].path, 0,
                  "segment " + std::to_string(before.number + 1) + " before it is missing");
  }
  // A file is begun when all before it is durable, and its records say so.
  const std::uint32_t salt = segments_[i].salt;
  const auto first = segment::parse_record(bytes, segment::kFileHeaderBytes, salt);
  const std::uint64_t synced =
      first ? first->header.synced : records_behind(bytes, segment::kFileHeaderBytes, salt).synced;
  if (synced <= last_batch_) return base::success();
  return damage(before.path, before.end, "a record before the durable end of the log is damaged");
}

base::Status SegmentLog::scan(Segment& segment, std::string_view bytes) {
  const bool is_oldest = &segment == &segments_.front();
  std::vector<Located> batch;
  std::uint64_t at = segment::kFileHeaderBytes;
  std::uint32_t crc = last_crc_;
  unsettled_.clear();
  while (const auto record = segment::parse_record(bytes, at, segment.salt)) {
    const bool is_first = is_oldest && at == segment::kFileHeaderBytes;
    const std::uint64_t expected = is_first ? record->header.batch : last_batch_ + 1;
    if (record->header.batch != expected || (!is_first && record->header.previous_crc != crc))
      break;
    if (is_first) last_batch_ = record->header.batch - 1;
    crc = record->header.crc;
    batch.push_back({at, *record});
    at = record->end;
    if ((record->header.flags & segment::kLastOfBatch) == 0) continue;
    const base::Status replayed = replay(segment, batch);
    if (!replayed.ok()) return replayed;
    batch.clear();
    unsettled_.push_back({++last_batch_, segment.end});
    segment.end = at;
    last_crc_ = crc;
    synced_batch_ = record->header.synced;
  }
  std::erase_if(unsettled_, [&](const BatchAt& b) { return b.batch <= synced_batch_; });
  // A batch that does not check is torn, unless something behind it says that it was durable.
  const std::uint64_t torn = last_batch_ + 1;
  const Behind behind = records_behind(bytes, segment.end, segment.salt);
  has_lost_tail_ |= behind.batch > torn;
  if (behind.synced >= torn)
    return damage(segment.path, at, "a record before the durable end of the log is damaged");
  // The segments before it went when its first batch, which stands for them, had been synced.
  if (is_oldest && segment.end == segment::kFileHeaderBytes && segment.number != 1) {
    return damage(segment.path, at, "the first batch is damaged");
  }
  return base::success();
}

// `i`: of its first piece, then of its last one. False: piece `i` goes on and the next record does
// not go on with it.
bool SegmentLog::replay_entry(Segment& segment, const std::vector<Located>& batch, std::size_t& i) {
  const segment::Header& header = batch[i].record.header;
  auto entry = std::make_shared<raft::Entry>();
  entry->index = header.index;
  entry->term = header.term;
  entry->kind = static_cast<raft::EntryKind>(header.entry_kind);
  const std::uint64_t at = batch[i].at;
  const bool wants_payload = entry->kind == raft::EntryKind::kMembership;
  if (wants_payload) entry->payload = batch[i].record.body;
  while ((batch[i].record.header.flags & segment::kContinues) != 0) {
    if (i + 1 == batch.size() || !goes_on(header, batch[i + 1].record.header)) return false;
    ++i;
    if (wants_payload) entry->payload += batch[i].record.body;
  }
  segment.greatest[header.group] = std::max(segment.greatest[header.group], header.index);
  note_entry(groups_[header.group], entry,
             {static_cast<std::uint32_t>(segment.number), static_cast<std::uint32_t>(at)});
  return true;
}

base::Status SegmentLog::replay(Segment& segment, const std::vector<Located>& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& [header, body, end] = batch[i].record;
    const auto malformed = [&] {
      return damage(segment.path, batch[i].at, "the record checks but makes no sense");
    };
    if (!is_sound(header)) return malformed();
    if (header.kind == Kind::kEndMark) continue;
    Group& group = groups_[header.group];
    LogContents& contents = group.contents;
    switch (header.kind) {
      case Kind::kEntry:
        if (header.index != contents.last_index.next()) return malformed();
        if (!replay_entry(segment, batch, i)) return malformed();
        break;
      case Kind::kHardState:
        if (body.size() != sizeof(std::uint64_t)) return malformed();
        contents.hard_state = {header.term, NodeId(base::Decoder(body).u64())};
        break;
      case Kind::kTruncate: truncate(group, header.index); break;
      case Kind::kReset: {
        const auto meta = segment::decode_meta(body);
        if (!meta) return malformed();
        reset(group, *meta);
        break;
      }
      case Kind::kCarry: {
        const auto carry = segment::decode_carry(body);
        if (!carry) return malformed();
        if (&segment != &segments_.front()) break;  // known from the segments before
        contents.hard_state = carry->hard_state;
        contents.base = carry->base;
        contents.last_index = carry->last_index;
        contents.first_index = carry->last_index.next();
        contents.previous_term = carry->last_term;
        break;
      }
      default: return malformed();
    }
  }
  return base::success();
}

// What is left of a torn batch must not be taken for a part of a later one.
base::Status SegmentLog::cut_tail(Segment& segment, std::string_view bytes) {
  const bool is_clean = is_zero(bytes.substr(std::min<std::size_t>(segment.end, bytes.size())));
  if (is_clean && segment.size >= options_.segment_bytes) return base::success();
  segment.size = std::max(segment.size, options_.segment_bytes);
  base::Status status = segment.file->truncate(segment.end);
  if (status.ok()) status = segment.file->allocate(segment.size);
  if (!status.ok() && status.error().cause == base::Cause::kNoSpace) {
    segment.size = segment.end;                    // the next batch finds room elsewhere, or none
    status = segment.file->truncate(segment.end);  // what it did get
  }
  if (status.ok()) status = segment.file->sync();
  return status;
}

// What was read may be in the system's memory only: the process died between a write and its sync,
// or a sync failed, after which the system may take the pages for clean. From now on the node acts
// on it, so it is written again and synced, with the names.
base::Status SegmentLog::settle(Segment& segment, std::string_view bytes) {
  CHECK(is_fresh_segment_ || !unsettled_.empty());  // nothing says of the last batch: it is durable
  const std::uint64_t from = is_fresh_segment_ ? 0 : unsettled_.front().at;
  base::Status status = segment.file->write(from, bytes.substr(from, segment.end - from));
  if (status.ok()) status = segment.file->sync();
  if (status.ok()) synced_batch_ = last_batch_;
  return status.ok() ? files_.sync_directory(directory_) : status;
}

}  // namespace persistence
