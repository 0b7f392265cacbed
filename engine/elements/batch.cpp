#include "engine/elements/batch.h"

#include <utility>

#include "base/check.h"
#include "base/limits.h"

namespace engine {
namespace {

constexpr std::uint8_t kBatchVersion = 2, kFirstBatchVersion = 1;
// Where a command of an EXEC is carried out.
constexpr std::uint8_t kReplicated = 0, kLocal = 1, kLocalWithSettings = 2;
constexpr std::size_t kHeaderBytes = 1 + 8 + 8 + 4 + 8 + 4;
constexpr std::uint8_t kMemoryShort = 1, kHasUser = 2;

void put_client(base::Encoder& out, const ClientRef& client) {
  out.u64(client.node.value());
  out.u64(client.epoch);
  out.u64(client.connection.value());
}

ClientRef get_client(base::Decoder& in) {
  ClientRef client;
  client.node = base::NodeId(in.u64());
  client.epoch = in.u64();
  client.connection = base::ConnectionId(in.u64());
  return client;
}

template <class Words>
void put_words(base::Encoder& out, const Words& words) {
  out.varint(words.size());
  for (const std::string_view word : words) out.bytes(word);
}

void get_words(base::Decoder& in, std::vector<std::string_view>& words) {
  words.clear();
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) words.push_back(in.bytes());
}

std::string header_of(base::UnixMillis time_ms, std::uint64_t seed, std::uint64_t content_limit,
                      std::uint32_t rules, std::uint32_t count) {
  std::string header;
  base::Encoder out(header);
  out.u8(kBatchVersion);
  out.i64(time_ms);
  out.u64(seed);
  out.u32(rules);
  out.u64(content_limit);
  out.u32(count);
  CHECK(header.size() == kHeaderBytes);
  return header;
}

// Elements name only databases that exist and commands that have a name, so that whoever applies
// them need not ask.
std::uint32_t get_database(base::Decoder& in, bool& malformed) {
  const std::uint64_t number = in.varint();
  malformed |= number >= base::limits::kDatabases;
  return static_cast<std::uint32_t>(number);
}

void get_command(base::Decoder& in, std::vector<std::string_view>& words, bool& malformed) {
  get_words(in, words);
  malformed |= words.empty();
}

}  // namespace

BatchWriter::BatchWriter() : payload_(kHeaderBytes, '\0') {}

void BatchWriter::begin_element(ElementKind kind, bool memory_short, std::string_view user) {
  base::Encoder out(payload_);
  out.u8(static_cast<std::uint8_t>(kind));
  out.u8(
      static_cast<std::uint8_t>((memory_short ? kMemoryShort : 0) | (user.empty() ? 0 : kHasUser)));
  if (!user.empty()) out.bytes(user);
  ++count_;
}

void BatchWriter::command(std::uint32_t database, std::string_view user, bool memory_short,
                          Arguments argv) {
  begin_element(ElementKind::kCommand, memory_short, user);
  base::Encoder out(payload_);
  out.varint(database);
  put_words(out, argv);
}

void BatchWriter::exec(const ClientRef& client, bool has_watch, std::string_view user,
                       bool memory_short, const std::vector<QueuedCommand>& commands) {
  begin_element(ElementKind::kExec, memory_short, user);
  base::Encoder out(payload_);
  out.u8(has_watch ? 1 : 0);
  put_client(out, client);
  out.varint(commands.size());
  for (const QueuedCommand& command : commands) {
    out.varint(command.database);
    const bool has_settings = !command.settings.empty();
    out.u8(has_settings ? kLocalWithSettings : command.is_local ? kLocal : kReplicated);
    put_words(out, command.argv);
    if (has_settings) put_words(out, Arguments(command.settings));
  }
}

void BatchWriter::watch(const ClientRef& client, std::uint32_t database, Arguments keys) {
  begin_element(ElementKind::kWatch, false, {});
  base::Encoder out(payload_);
  put_client(out, client);
  out.varint(database);
  put_words(out, keys);
}

void BatchWriter::unwatch(const ClientRef& client) {
  begin_element(ElementKind::kUnwatch, false, {});
  base::Encoder out(payload_);
  put_client(out, client);
}

void BatchWriter::swept(const std::vector<SweptKey>& keys) {
  begin_element(ElementKind::kSwept, false, {});
  base::Encoder out(payload_);
  out.varint(keys.size());
  for (const SweptKey& key : keys) {
    out.varint(key.database);
    out.bytes(key.key);
    out.i64(key.expiry_ms);
  }
}

void BatchWriter::swept_fields(const std::vector<SweptFields>& hashes) {
  begin_element(ElementKind::kSweptFields, false, {});
  base::Encoder out(payload_);
  out.varint(hashes.size());
  for (const SweptFields& hash : hashes) {
    out.varint(hash.database);
    out.bytes(hash.key);
    out.i64(hash.first_ms);
    out.varint(hash.count_max);
  }
}

void BatchWriter::evicted(const std::vector<EvictedKey>& keys) {
  begin_element(ElementKind::kEvicted, false, {});
  base::Encoder out(payload_);
  out.varint(keys.size());
  for (const EvictedKey& key : keys) {
    out.varint(key.database);
    out.bytes(key.key);
    out.u64(key.fingerprint);
  }
}

void BatchWriter::drop_clients(const std::vector<base::NodeId>& kept_nodes) {
  begin_element(ElementKind::kDropClients, false, {});
  base::Encoder out(payload_);
  out.varint(kept_nodes.size());
  for (const base::NodeId node : kept_nodes) out.u64(node.value());
}

void BatchWriter::setting(std::string_view name, std::string_view value) {
  begin_element(ElementKind::kSetting, false, {});
  base::Encoder out(payload_);
  const std::string_view words[] = {name, value};
  put_words(out, std::span<const std::string_view>(words));
}

void BatchWriter::blocking(const ClientRef& client, int version, std::uint32_t database,
                           std::string_view user, bool memory_short, Arguments argv) {
  begin_element(ElementKind::kBlocking, memory_short, user);
  base::Encoder out(payload_);
  put_client(out, client);
  out.u8(static_cast<std::uint8_t>(version));
  out.varint(database);
  put_words(out, argv);
}

void BatchWriter::unblock(const ClientRef& client, UnblockReason reason, std::uint64_t wait) {
  begin_element(ElementKind::kUnblock, false, {});
  base::Encoder out(payload_);
  put_client(out, client);
  out.u8(static_cast<std::uint8_t>(reason));
  out.varint(wait);
}

std::string BatchWriter::seal(base::UnixMillis time_ms, std::uint64_t seed,
                              std::uint64_t content_limit, std::uint32_t rules) {
  payload_.replace(0, kHeaderBytes, header_of(time_ms, seed, content_limit, rules, count_));
  count_ = 0;
  return std::exchange(payload_, std::string(kHeaderBytes, '\0'));
}

bool is_sealed(std::string_view payload) {
  if (base::Decoder(payload).u8() != kBatchVersion) return false;
  BatchReader reader(payload);
  Element element;
  while (reader.next(element)) {
  }
  return reader.ok();
}

void stamp_anew(std::string& payload, base::UnixMillis time_ms, std::uint64_t content_limit,
                std::uint32_t rules) {
  base::Decoder in(payload);
  CHECK(payload.size() >= kHeaderBytes && in.u8() == kBatchVersion);
  in.i64();
  const std::uint64_t seed = in.u64();
  in.u32();
  in.u64();
  const std::uint32_t count = in.u32();
  payload.replace(0, kHeaderBytes, header_of(time_ms, seed, content_limit, rules, count));
}

BatchReader::BatchReader(std::string_view payload) : in_(payload) {
  version_ = in_.u8();
  malformed_ = version_ != kBatchVersion && version_ != kFirstBatchVersion;
  time_ms_ = in_.i64();
  seed_ = in_.u64();
  if (version_ != kFirstBatchVersion) rules_ = in_.u32(), content_limit_ = in_.u64();
  count_ = in_.u32();
}

bool BatchReader::ok() const { return !malformed_ && in_.ok(); }

bool BatchReader::next(Element& element) {
  if (!ok() || read_ == count_) {
    malformed_ |= !in_.at_end();
    return false;
  }
  ++read_;
  const std::uint8_t kind = in_.u8();
  const std::uint8_t flags = in_.u8();
  if (kind < 1 || kind > static_cast<std::uint8_t>(ElementKind::kSweptFields)) {
    malformed_ = true;
    return false;
  }
  element.kind = static_cast<ElementKind>(kind);
  element.memory_short = (flags & kMemoryShort) != 0;
  element.user = (flags & kHasUser) != 0 ? in_.bytes() : std::string_view();
  element.has_watch = false;
  switch (element.kind) {
    case ElementKind::kCommand:
      element.database = get_database(in_, malformed_);
      get_command(in_, element.argv, malformed_);
      break;
    case ElementKind::kExec:
      element.has_watch = in_.u8() != 0;
      element.client = get_client(in_);
      read_commands(element);
      break;
    case ElementKind::kWatch:
      element.client = get_client(in_);
      element.database = get_database(in_, malformed_);
      get_words(in_, element.argv);
      break;
    case ElementKind::kUnwatch: element.client = get_client(in_); break;
    case ElementKind::kSwept: read_swept(element); break;
    case ElementKind::kSweptFields: read_swept_fields(element); break;
    case ElementKind::kEvicted: read_evicted(element); break;
    case ElementKind::kDropClients: read_kept(element); break;
    case ElementKind::kSetting:
      get_words(in_, element.argv);
      malformed_ |= element.argv.size() != 2;
      break;
    case ElementKind::kBlocking:
      element.client = get_client(in_);
      element.version = in_.u8();
      malformed_ |= element.version != 2 && element.version != 3;
      element.database = get_database(in_, malformed_);
      get_command(in_, element.argv, malformed_);
      break;
    case ElementKind::kUnblock: {
      element.client = get_client(in_);
      const std::uint8_t reason = in_.u8();
      malformed_ |= reason > static_cast<std::uint8_t>(UnblockReason::kForced);
      element.reason = static_cast<UnblockReason>(reason);
      element.wait = version_ == kFirstBatchVersion ? 0 : in_.varint();
      break;
    }
  }
  return ok();
}

void BatchReader::read_commands(Element& element) {
  const std::uint64_t count = in_.varint();
  element.commands.clear();
  for (std::uint64_t i = 0; i < count && in_.ok(); ++i) {
    QueuedCommand& command = element.commands.emplace_back();
    command.database = get_database(in_, malformed_);
    const std::uint8_t where = in_.u8();
    malformed_ |= where > kLocalWithSettings;
    command.is_local = where != kReplicated;
    get_command(in_, command.argv, malformed_);
    command.settings.clear();
    if (where != kLocalWithSettings) continue;
    get_words(in_, command.settings);
    malformed_ |= command.settings.empty() || command.settings.size() % 2 != 0;
  }
}

void BatchReader::read_swept(Element& element) {
  const std::uint64_t count = in_.varint();
  element.swept.clear();
  for (std::uint64_t i = 0; i < count && in_.ok(); ++i) {
    const std::uint32_t database = get_database(in_, malformed_);
    const std::string_view key = in_.bytes();
    element.swept.push_back({database, key, in_.i64()});
  }
}

void BatchReader::read_swept_fields(Element& element) {
  const std::uint64_t count = in_.varint();
  element.swept_fields.clear();
  for (std::uint64_t i = 0; i < count && in_.ok(); ++i) {
    SweptFields hash{.database = get_database(in_, malformed_), .key = in_.bytes()};
    hash.first_ms = in_.i64();
    hash.count_max = in_.varint();
    element.swept_fields.push_back(hash);
  }
}

void BatchReader::read_evicted(Element& element) {
  const std::uint64_t count = in_.varint();
  element.evicted.clear();
  for (std::uint64_t i = 0; i < count && in_.ok(); ++i) {
    const std::uint32_t database = get_database(in_, malformed_);
    const std::string_view key = in_.bytes();
    element.evicted.push_back({database, key, in_.u64()});
  }
}

void BatchReader::read_kept(Element& element) {
  const std::uint64_t count = in_.varint();
  element.kept_nodes.clear();
  for (std::uint64_t i = 0; i < count && in_.ok(); ++i)
    element.kept_nodes.push_back(base::NodeId(in_.u64()));
}

}  // namespace engine
