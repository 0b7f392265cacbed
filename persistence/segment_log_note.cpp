// What the segment log keeps beside its segments: the note (log_note.h) and what it was given to
// remember.
#include "base/check.h"
#include "persistence/remembered.h"
#include "persistence/segment_log.h"
#include "persistence/small_file.h"

namespace persistence {

base::Status SegmentLog::mark_clean() {
  base::Status status = mark_end();
  if (!status.ok() || !note_.is_unsynced) return status;
  LogNote note = note_;
  note.is_unsynced = false;
  return change_note(note);
}

base::Status SegmentLog::remember(std::string_view bytes) {
  CHECK(bytes.size() <= kRememberedBytesMax);
  return write_small_file(files_, directory_, kRememberedName, encode_remembered(bytes));
}

base::Status SegmentLog::trust() {
  base::Status status = sync();
  if (!status.ok() || !note_.is_forgetful) return status;
  LogNote note = note_;
  note.is_forgetful = false;
  return change_note(note);
}

base::Status SegmentLog::change_note(LogNote note) {
  note.boot_id = options_.boot_id;
  base::Status status = write_note(files_, directory_, note);
  if (!status.ok() && status.error().cause == base::Cause::kNoSpace && has_ballast_) {
    free_ballast();
    status = write_note(files_, directory_, note);
  }
  if (status.ok()) note_ = std::move(note);
  return status;
}

}  // namespace persistence
