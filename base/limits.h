// Every limit of the system in one place, with the relations between them that must hold.
#pragma once

#include <cstddef>
#include <cstdint>

namespace base::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

inline constexpr int kDatabases = 16;

// One record of the log or one row of the state store; larger entries and values span several.
inline constexpr std::size_t kRecordBytesMax = 1 * kMiB;
// One frame on a peer link: the longest a heartbeat waits behind another message.
inline constexpr std::size_t kFrameBytesMax = 64 * kKiB;
inline constexpr std::size_t kLinkUnsentBytesMax = 512 * kKiB;
// One append message (a single larger entry still goes, alone).
inline constexpr std::size_t kAppendBytesMax = 1 * kMiB;
inline constexpr std::size_t kInflightAppendsMax = 16;
// Entries proposed but not committed: beyond it the leader refuses (service stops reading sockets
// before that).
inline constexpr std::size_t kUncommittedBytesMax = 1024 * kMiB;
// A batch is closed when it reaches this many bytes (a single larger command still goes, alone).
inline constexpr std::size_t kBatchBytesMax = 1 * kMiB;
inline constexpr std::size_t kBatchesInFlightMax = 2;
// A batch of this size does not wait to grow while another one is under way.
inline constexpr std::size_t kBatchBytesWorthwhile = 64 * kKiB;
// Committed entries handed to the service and not yet applied.
inline constexpr std::size_t kApplyWindowBytesMax = 16 * kMiB;
// Entries kept in memory for followers and the apply path; older ones are read back from the log.
inline constexpr std::size_t kLogCacheBytesMax = 32 * kMiB;
// What stays of them when all followers have them and they are applied.
inline constexpr std::size_t kLogCacheTailBytes = 256 * kKiB;
inline constexpr std::size_t kSegmentBytes = 64 * kMiB;
inline constexpr std::size_t kCheckpointTransactionBytesMax = 4 * kMiB;
inline constexpr std::size_t kSnapshotChunkBytesMax = 1 * kMiB;
// The log grows by max(this, size of the state) between checkpoints.
inline constexpr std::size_t kCheckpointLogBytesMin = 64 * kMiB;

// raft-catchup-log-max unless set.
inline constexpr std::uint64_t kCatchUpLogBytesDefault = 1024 * kMiB;

// Defaults of Redis 7.0.
inline constexpr std::uint64_t kProtoBulkBytesMaxDefault = 512 * kMiB;
// The most that proto-max-bulk-len may be: a command of that size must fit into an entry, and a
// string into the 32 bits of a length.
inline constexpr std::uint64_t kProtoBulkBytesMax = 1024 * kMiB;
inline constexpr std::size_t kInlineBytesMax = 64 * kKiB;
inline constexpr std::int64_t kMultibulkCountMax = 2147483647;
// Before authentication (Redis 7.0 behaviour).
inline constexpr std::int64_t kUnauthenticatedArgumentsMax = 10;
inline constexpr std::size_t kUnauthenticatedBulkBytesMax = 16 * kKiB;
inline constexpr std::size_t kUnauthenticatedQueryBytesMax = 1 * kMiB;

static_assert(kProtoBulkBytesMax <= kUncommittedBytesMax && kProtoBulkBytesMax < (1ULL << 32));
static_assert(kFrameBytesMax < kLinkUnsentBytesMax);
static_assert(kRecordBytesMax < kSegmentBytes);
static_assert(kBatchBytesMax <= kApplyWindowBytesMax);
static_assert(kApplyWindowBytesMax <= kLogCacheBytesMax);
static_assert(kLogCacheTailBytes <= kLogCacheBytesMax);
static_assert(kRecordBytesMax <= kCheckpointTransactionBytesMax);

}  // namespace base::limits
