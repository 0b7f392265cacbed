#include "persistence/log_note.h"

#include "base/codec.h"
#include "base/crc.h"
#include "persistence/small_file.h"

namespace persistence {
namespace {

constexpr std::string_view kMagic = "QRTNOTE1";
constexpr std::size_t kNoteBytesMax = 256;
constexpr std::uint8_t kUnsynced = 1, kForgetful = 2;

}  // namespace

std::string encode_note(const LogNote& note) {
  std::string bytes(kMagic);
  base::Encoder out(bytes);
  out.u64(note.oldest);
  out.u64(note.newest);
  out.u8(static_cast<std::uint8_t>((note.is_unsynced ? kUnsynced : 0) |
                                   (note.is_forgetful ? kForgetful : 0)));
  out.bytes(note.boot_id);
  out.u32(base::crc32c(bytes));
  return bytes;
}

std::optional<LogNote> decode_note(std::string_view bytes) {
  constexpr std::size_t kSumBytes = 4;
  if (bytes.size() < kMagic.size() + kSumBytes || !bytes.starts_with(kMagic)) return {};
  const std::string_view checked = bytes.substr(0, bytes.size() - kSumBytes);
  if (base::Decoder(bytes.substr(checked.size())).u32() != base::crc32c(checked)) return {};
  base::Decoder in(checked.substr(kMagic.size()));
  LogNote note;
  note.oldest = in.u64();
  note.newest = in.u64();
  const std::uint8_t flags = in.u8();
  note.is_unsynced = (flags & kUnsynced) != 0;
  note.is_forgetful = (flags & kForgetful) != 0;
  note.boot_id = in.bytes();
  const bool is_sound = in.ok() && in.at_end() && (flags & ~(kUnsynced | kForgetful)) == 0 &&
                        note.oldest > 0 && note.oldest <= note.newest + 1;
  return is_sound ? std::optional(note) : std::nullopt;
}

base::Result<std::optional<LogNote>> read_note(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/note";
  const auto bytes = read_small_file(files, path, kNoteBytesMax);
  if (!bytes.ok()) return bytes.error();
  if (!bytes.value()) return std::optional<LogNote>();
  auto note = decode_note(*bytes.value());
  if (note) return note;
  return base::Error{.cause = base::Cause::kCorrupt,
                     .operation = "read log",
                     .object = path + " at 0",
                     .detail = "the file is damaged"};
}

base::Status write_note(FileSystem& files, const std::string& directory, const LogNote& note) {
  return write_small_file(files, directory, "note", encode_note(note));
}

}  // namespace persistence
