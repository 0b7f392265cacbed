// Reading the log back: every batch is checked; the last one may be torn and is cut; anything else
// that does not check is damage, named by file and position (DESIGN decision 17).
#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "persistence/segment_log.h"

namespace persistence {

using segment::Kind;

namespace {

base::Error damage(const std::string& path, std::uint64_t at, std::string detail) {
  return {.cause = base::Cause::kCorrupt,
          .operation = "read log",
          .object = path + " at " + std::to_string(at),
          .detail = std::move(detail)};
}

// The greatest batch number of any record that checks at or after `from`; 0 if there is none.
std::uint64_t greatest_batch(std::string_view bytes, std::uint64_t from) {
  std::uint64_t greatest = 0;
  for (std::uint64_t at = from; at + segment::kHeaderBytes <= bytes.size();
       at += segment::kAlignment) {
    if (!segment::may_begin_record(bytes, at)) continue;
    const auto parsed = segment::parse_record(bytes, at);
    if (parsed) greatest = std::max(greatest, parsed->header.batch);
  }
  return greatest;
}

}  // namespace

base::Status SegmentLog::find_segments() {
  const auto names = files_.list(directory_);
  if (!names.ok()) return names.error();
  for (const std::string& name : names.value()) {
    if (name == "ballast") has_ballast_ = true;
    if (!name.ends_with(".seg")) continue;
    Segment segment{.number = 0,
                    .path = directory_ + "/" + name,
                    .file = nullptr,
                    .size = 0,
                    .end = segment::kFileHeaderBytes,
                    .last_batch_at = 0,
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
  base::Status status = find_segments();
  std::string bytes, bytes_before;
  for (std::size_t i = 0; status.ok() && i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    auto read = segment.file->read(0, segment.size);
    if (!read.ok()) return read.error();
    bytes_before = std::exchange(bytes, std::move(read).value());
    const auto number = segment::parse_file_header(bytes, segment.path);
    const bool is_damaged = !number.ok() && number.error().cause == base::Cause::kCorrupt;
    const bool is_last = i + 1 == segments_.size();
    if (is_damaged && is_last && greatest_batch(bytes, segment::kFileHeaderBytes) == 0) {
      // It was being created when the node died: nothing was ever written to it.
      status = files_.remove(segment.path);
      segments_.pop_back();
      bytes = std::move(bytes_before);
      break;
    }
    if (!number.ok()) return number.error();
    segment.number = number.value();
    status = check_follows(i, bytes);
    if (status.ok()) status = scan(segment, bytes);
  }
  if (!status.ok() || segments_.empty()) return status;
  is_fresh_segment_ = segments_.back().end == segment::kFileHeaderBytes;
  status = cut_tail(segments_.back(), bytes);
  return status.ok() ? settle(segments_.back(), bytes) : status;
}

// Whether segment i goes on where the one before it ends.
base::Status SegmentLog::check_follows(std::size_t i, std::string_view bytes) const {
  if (i == 0) return base::success();
  const Segment& before = segments_[i - 1];
  if (segments_[i].number != before.number + 1) {
    return damage(segments_[i].path, 0,
                  "segment " + std::to_string(before.number + 1) + " before it is missing");
  }
  const auto first = segment::parse_record(bytes, segment::kFileHeaderBytes);
  const std::uint64_t batch =
      first ? first->header.batch : greatest_batch(bytes, segment::kFileHeaderBytes);
  if (batch <= last_batch_ + 1) return base::success();
  return damage(before.path, before.end, "a record before the durable end of the log is damaged");
}

base::Status SegmentLog::scan(Segment& segment, std::string_view bytes) {
  const bool is_oldest = &segment == &segments_.front();
  std::vector<Located> batch;
  std::uint64_t at = segment::kFileHeaderBytes;
  std::uint32_t crc = last_crc_;
  while (const auto record = segment::parse_record(bytes, at)) {
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
    segment.last_batch_at = segment.end;
    segment.end = at;
    ++last_batch_;
    last_crc_ = crc;
  }
  // A batch that does not check is the torn last one only if nothing later is behind it.
  const std::uint64_t torn = last_batch_ + 1;
  if (greatest_batch(bytes, segment.end) > torn)
    return damage(segment.path, at, "a record before the durable end of the log is damaged");
  // The segments before it went when its first batch, which stands for them, had been synced.
  if (is_oldest && segment.end == segment::kFileHeaderBytes && segment.number != 1) {
    return damage(segment.path, at, "the first batch is damaged");
  }
  return base::success();
}

void SegmentLog::replay_entry(Segment& segment, const std::vector<Located>& batch, std::size_t& i) {
  const segment::Header& header = batch[i].record.header;
  auto entry = std::make_shared<raft::Entry>();
  entry->index = header.index;
  entry->term = header.term;
  entry->kind = static_cast<raft::EntryKind>(header.entry_kind);
  const std::uint64_t at = batch[i].at;
  const bool wants_payload = entry->kind == raft::EntryKind::kMembership;
  if (wants_payload) entry->payload = batch[i].record.body;
  while ((batch[i].record.header.flags & segment::kContinues) != 0 && i + 1 < batch.size()) {
    ++i;
    if (wants_payload) entry->payload += batch[i].record.body;
  }
  segment.greatest[header.group] = std::max(segment.greatest[header.group], header.index);
  note_entry(groups_[header.group], entry,
             {static_cast<std::uint32_t>(segment.number), static_cast<std::uint32_t>(at)});
}

base::Status SegmentLog::replay(Segment& segment, const std::vector<Located>& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& [header, body, end] = batch[i].record;
    const auto malformed = [&] {
      return damage(segment.path, batch[i].at, "the record checks but makes no sense");
    };
    constexpr auto kEntryKindLast = static_cast<std::uint8_t>(raft::EntryKind::kMembership);
    constexpr std::uint8_t kFlags = segment::kLastOfBatch | segment::kContinues;
    if ((header.flags & ~kFlags) != 0 || header.entry_kind > kEntryKindLast) return malformed();
    if (header.kind == Kind::kEndMark) continue;
    Group& group = groups_[header.group];
    LogContents& contents = group.contents;
    switch (header.kind) {
      case Kind::kEntry:
        if (header.index != contents.last_index.next()) return malformed();
        replay_entry(segment, batch, i);
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
  const bool is_clean =
      bytes.substr(std::min<std::size_t>(segment.end, bytes.size())).find_first_not_of('\0') ==
      std::string_view::npos;
  if (is_clean && segment.size >= options_.segment_bytes) return base::success();
  segment.size = std::max(segment.size, options_.segment_bytes);
  base::Status status = segment.file->truncate(segment.end);
  if (status.ok()) status = segment.file->allocate(segment.size);
  if (status.ok()) status = segment.file->sync();
  return status;
}

// What was read may be in the system's memory only: the process died between a write and its sync,
// or a sync failed, after which the system may take the pages for clean. From now on the node acts
// on it, so it is written again and synced, with the names.
base::Status SegmentLog::settle(Segment& segment, std::string_view bytes) {
  const std::uint64_t from = is_fresh_segment_ ? 0 : segment.last_batch_at;
  base::Status status = segment.file->write(from, bytes.substr(from, segment.end - from));
  if (status.ok()) status = segment.file->sync();
  return status.ok() ? files_.sync_directory(directory_) : status;
}

}  // namespace persistence
