#include "persistence/sqlite_store.h"

#include "base/check.h"
#include "base/codec.h"
#include "base/crc.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/prng.h"
#include "persistence/segment_record.h"
#include "persistence/sqlite_statements.h"

namespace persistence {
namespace {

constexpr std::uint8_t kRecordVersion = 1;

// The checksum of a row is its hash: CRC32C of key and body, mixed so that sums of hashes do not
// cancel out.
std::uint64_t row_hash(const RowKey& key, std::string_view body) {
  std::string head;
  base::Encoder out(head);
  out.u64(key.keyspace);
  out.u64(key.position);
  out.u64(key.value);
  out.u64(key.block);
  return base::mix64(base::crc32c(body, base::crc32c(head)) + 1ULL) >> 1;
}

}  // namespace

SqliteStore::SqliteStore(std::string path) : path_(std::move(path)) {}
SqliteStore::~SqliteStore() = default;

base::Status SqliteStore::load_newest() {
  Statement started, record;
  base::Status status = started.prepare(*database_, "SELECT gen FROM started");
  if (status.ok())
    status =
        record.prepare(*database_, "SELECT gen, record FROM generations ORDER BY gen DESC LIMIT 1");
  if (!status.ok()) return status;
  std::uint64_t newest = 0;
  auto more = record.step();
  if (!more.ok()) return more.error();
  if (more.value()) {
    newest = record.number(0);
    base::Decoder in(record.bytes(1));
    Generation generation;
    const bool is_version = in.u8() == kRecordVersion;
    generation.base = in.u64();
    const auto meta = segment::decode_meta(in.bytes());
    for (std::uint64_t i = in.varint(); i > 0 && in.ok(); --i) {
      const std::uint64_t keyspace = in.u64();
      generation.sums[keyspace] = {in.u64(), in.u64(), in.u64()};
    }
    const std::size_t checked = record.bytes(1).size() - in.rest().size();
    const std::uint32_t crc = in.u32();
    if (!is_version || !meta || !in.ok() || !in.at_end() || meta->generation != newest ||
        crc != base::crc32c(record.bytes(1).substr(0, checked))) {
      return base::Error{.cause = base::Cause::kCorrupt,
                         .operation = "read checkpoint",
                         .object = path_ + " generation " + std::to_string(newest),
                         .detail = "its record is damaged"};
    }
    generation.meta = *meta;
    newest_ = std::move(generation);
  }
  record.reset();
  started_ = newest;
  while (true) {
    more = started.step();
    if (!more.ok()) return more.error();
    if (!more.value()) break;
    if (started.number(0) - 1 >= kGenerationMax) return schema_damage("started");
    started_ = std::max(started_, started.number(0));
    abandoned_.insert(started.number(0));  // begun and never finished
  }
  return base::success();
}

base::Status SqliteStore::begin(bool is_install) {
  if (writing_) give_up();
  ++started_;
  writing_ = Generation{};
  writing_->base = is_install || !newest_ ? started_ : newest_->base;
  if (!is_install && newest_) writing_->sums = newest_->sums;
  dropped_.clear();
  Statement statement;
  const base::Status prepared = statement.prepare(*database_, "INSERT INTO started(gen) VALUES(?)");
  return prepared.ok() ? statement.bind(1, started_).run() : prepared;
}

void SqliteStore::give_up() {
  abandoned_.insert(started_);
  writing_.reset();
  has_purging_ = true;
  purged_to_.reset();
}

base::Status SqliteStore::begin_checkpoint() { return begin(false); }
base::Status SqliteStore::begin_install() { return begin(true); }

base::Result<std::optional<SqliteStore::StoredRow>> SqliteStore::visible_for_writing(
    const RowKey& key) {
  Statement& versions = bind_key(statements_->versions, key);
  std::optional<StoredRow> found;
  while (!found) {
    const auto more = versions.step();
    if (!more.ok()) return more.error();
    if (!more.value()) return found;
    const std::uint64_t generation = versions.number(0);
    if (generation >= writing_->base && counts(generation))
      found = StoredRow{generation, versions.number(1), versions.number(2)};
  }
  versions.reset();
  return found;
}

base::Status SqliteStore::put(const Row& row) {
  const auto old = visible_for_writing(row.key);
  if (!old.ok()) return old.error();
  RowSum& sum = writing_->sums[row.key.keyspace];
  if (old.value() && old.value()->bytes > 0) {
    --sum.rows;
    sum.hash -= old.value()->hash;
    sum.bytes -= old.value()->bytes;
  }
  if (row.body.empty() && !old.value()) return base::success();
  const std::uint64_t hash = row_hash(row.key, row.body);
  if (!row.body.empty()) {
    ++sum.rows;
    sum.hash += hash;
    sum.bytes += row.body.size();
  }
  return bind_key(statements_->insert, row.key)
      .bind(5, started_)
      .bind(6, hash)
      .bind(7, std::string_view(row.body))
      .run();
}

base::Status SqliteStore::in_transaction(const std::vector<Row>& rows) {
  CHECK(writing_.has_value());
  base::Status status = database_->execute("BEGIN");
  RowSums committed = writing_->sums;
  std::size_t bytes = 0;
  for (std::size_t i = 0; status.ok() && i < rows.size(); ++i) {
    status = put(rows[i]);
    bytes += rows[i].body.size();
    if (status.ok() && bytes >= base::limits::kCheckpointTransactionBytesMax) {
      bytes = 0;
      status = database_->execute("COMMIT");
      if (status.ok()) committed = writing_->sums;
      if (status.ok()) status = fold();
      if (status.ok()) status = database_->execute("BEGIN");
    }
  }
  FAILPOINT("state.rows-uncommitted");
  if (status.ok()) status = database_->execute("COMMIT");
  if (status.ok()) return fold();
  roll_back();
  // The same rows may be put again when there is space: what they have added is taken back.
  writing_->sums = std::move(committed);
  if (status.error().cause != base::Cause::kNoSpace) give_up();
  return status;
}

// The WAL goes into the database as far as it can; without space there it stays and grows.
base::Status SqliteStore::fold() {
  FAILPOINT("state.unfolded");
  const base::Status folded = database_->execute("PRAGMA wal_checkpoint(PASSIVE)");
  return !folded.ok() && folded.error().cause == base::Cause::kNoSpace ? base::success() : folded;
}

// SQLite ends a transaction by itself on some errors; the error that led here is the one to report.
void SqliteStore::roll_back() {
  const base::Status undone = database_->execute("ROLLBACK");
  static_cast<void>(undone);
}

base::Status SqliteStore::put_rows(const std::vector<Row>& rows) { return in_transaction(rows); }
base::Status SqliteStore::install_rows(const std::vector<Row>& rows) {
  return in_transaction(rows);
}

base::Status SqliteStore::drop_keyspace(std::uint64_t keyspace) {
  dropped_.insert(keyspace);
  return base::success();
}

base::Result<raft::SnapshotMeta> SqliteStore::finish_checkpoint(const raft::SnapshotMeta& meta) {
  return finish(meta);
}
base::Result<raft::SnapshotMeta> SqliteStore::finish_install(const raft::SnapshotMeta& meta) {
  return finish(meta);
}

base::Result<raft::SnapshotMeta> SqliteStore::finish(const raft::SnapshotMeta& meta) {
  CHECK(writing_.has_value());
  for (const std::uint64_t keyspace : dropped_) writing_->sums.erase(keyspace);
  writing_->meta = meta;
  writing_->meta.generation = started_;
  std::string record;
  base::Encoder out(record);
  out.u8(kRecordVersion);
  out.u64(writing_->base);
  out.bytes(segment::encode_meta(writing_->meta));
  out.varint(writing_->sums.size());
  for (const auto& [keyspace, sum] : writing_->sums) {
    out.u64(keyspace);
    out.u64(sum.rows);
    out.u64(sum.hash);
    out.u64(sum.bytes);
  }
  out.u32(base::crc32c(record));
  Statement insert, forget, end;
  base::Status status =
      insert.prepare(*database_, "INSERT INTO generations(gen, record) VALUES(?,?)");
  if (status.ok()) status = forget.prepare(*database_, "DELETE FROM generations WHERE gen < ?");
  if (status.ok()) status = end.prepare(*database_, "DELETE FROM started WHERE gen = ?");
  if (status.ok()) status = database_->execute("BEGIN");
  if (status.ok()) status = end.bind(1, started_).run();
  if (status.ok()) status = insert.bind(1, started_).bind(2, std::string_view(record)).run();
  if (status.ok()) status = forget.bind(1, started_).run();
  FAILPOINT("state.mark-uncommitted");
  if (status.ok()) status = database_->execute("COMMIT");
  if (!status.ok()) {
    roll_back();
    return status.error();
  }
  newest_ = std::move(writing_);
  writing_.reset();
  has_purging_ = true;
  purged_to_.reset();
  status = fold();
  if (!status.ok()) return status.error();
  return newest_->meta;
}

base::Result<std::optional<raft::SnapshotMeta>> SqliteStore::pin() {
  if (!newest_) return std::optional<raft::SnapshotMeta>();
  auto& [generation, count] = pinned_[newest_->meta.generation];
  generation = *newest_;
  ++count;
  return std::optional(newest_->meta);
}

void SqliteStore::unpin(std::uint64_t generation) {
  const auto found = pinned_.find(generation);
  if (found == pinned_.end() || --found->second.count > 0) return;
  pinned_.erase(found);
  has_purging_ = true;
  purged_to_.reset();
}

const SqliteStore::Generation* SqliteStore::find(std::uint64_t generation) const {
  const auto pinned = pinned_.find(generation);
  if (pinned != pinned_.end()) return &pinned->second.generation;
  return newest_ && newest_->meta.generation == generation ? &*newest_ : nullptr;
}

bool SqliteStore::is_seen(std::uint64_t row_generation, const Generation& reader,
                          std::uint64_t keyspace) const {
  return row_generation >= reader.base && row_generation <= reader.meta.generation &&
         counts(row_generation) && reader.sums.contains(keyspace);
}

base::Status SqliteStore::check_sums(const Generation& generation, const RowSums& sums) const {
  for (const auto& [keyspace, sum] : generation.sums) {
    const auto found = sums.find(keyspace);
    const RowSum read = found == sums.end() ? RowSum{} : found->second;
    if (read == sum) continue;
    return base::Error{.cause = base::Cause::kCorrupt,
                       .operation = "read checkpoint",
                       .object = path_ + " keyspace " + std::to_string(keyspace),
                       .detail = "rows are missing or damaged: " + std::to_string(read.rows) +
                                 " found, " + std::to_string(sum.rows) + " written"};
  }
  return base::success();
}

// Takes `row` into the page if what stands in the table is what was written.
base::Status SqliteStore::take_row(Row&& row, std::uint64_t written_hash, RowWalk& walk,
                                   RowPage& page) const {
  if (row.body.empty()) return base::success();  // a removal
  if (row_hash(row.key, row.body) != written_hash) {
    return base::Error{.cause = base::Cause::kCorrupt,
                       .operation = "read row",
                       .object = path_ + " keyspace " + std::to_string(row.key.keyspace) +
                                 " position " + std::to_string(row.key.position),
                       .detail = "the row is damaged"};
  }
  RowSum& sum = walk.sums[row.key.keyspace];
  ++sum.rows;
  sum.hash += written_hash;
  sum.bytes += row.body.size();
  page.rows.push_back(std::move(row));
  return base::success();
}

// Reads on until the page holds bytes_max or the table ends (page.is_last). The versions of one
// key stand together, oldest first: the last one seen by the generation is the row.
base::Status SqliteStore::fill_page(Statement& rows, const Generation& generation,
                                    std::size_t bytes_max, RowWalk& walk, RowPage& page) const {
  std::optional<Row> current;
  std::uint64_t current_hash = 0;
  std::size_t bytes = 0;
  while (bytes < bytes_max && !page.is_last) {
    const auto more = rows.step();
    if (!more.ok()) return more.error();
    page.is_last = !more.value();
    RowKey key;
    if (!page.is_last) key = {rows.number(0), rows.number(1), rows.number(2), rows.number(3)};
    if (current && (page.is_last || key != current->key)) {
      const std::size_t rows_before = page.rows.size();
      const base::Status taken = take_row(std::move(*current), current_hash, walk, page);
      if (!taken.ok()) return taken;
      if (page.rows.size() > rows_before) bytes += page.rows.back().body.size() + sizeof(Row);
      current.reset();
    }
    if (page.is_last || bytes >= bytes_max || !is_seen(rows.number(4), generation, key.keyspace)) {
      continue;
    }
    current = Row{key, std::string(rows.bytes(6))};
    current_hash = rows.number(5);
  }
  return base::success();
}

base::Result<RowPage> SqliteStore::read_page(RowWalk& walk, std::size_t bytes_max) {
  const Generation* generation = find(walk.generation);
  if (generation == nullptr) {
    return base::Error{.cause = base::Cause::kInvalid,
                       .operation = "read rows",
                       .object = path_ + " generation " + std::to_string(walk.generation),
                       .detail = "it is neither pinned nor the newest"};
  }
  if (!walk.after) walk = RowWalk{.generation = walk.generation, .is_whole = true};
  // The first key of all is (0, 0, 0, 0): "after nothing" is "after (-1, ...)".
  Statement& rows = walk.after ? bind_key(statements_->page, *walk.after)
                               : bind_key(statements_->page, {~0ULL, 0, 0, 0});
  RowPage page;
  const base::Status filled = fill_page(rows, *generation, bytes_max, walk, page);
  rows.reset();
  if (!filled.ok()) return filled.error();
  if (!page.rows.empty()) walk.after = page.rows.back().key;
  if (page.is_last && walk.is_whole) {
    const base::Status checked = check_sums(*generation, walk.sums);
    if (!checked.ok()) return checked.error();
  }
  return page;
}

std::uint64_t SqliteStore::size_bytes() const {
  std::uint64_t bytes = 0;
  if (newest_) {
    for (const auto& [keyspace, sum] : newest_->sums) bytes += sum.bytes;
  }
  return bytes;
}

}  // namespace persistence
