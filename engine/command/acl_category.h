// ACL categories of commands, as bits and by name, in the order in which Redis lists them.
#pragma once

#include <cstdint>
#include <string_view>

namespace engine {

enum AclCategory : std::uint64_t {
  kAclKeyspace = 1U << 0,
  kAclRead = 1U << 1,
  kAclWrite = 1U << 2,
  kAclSet = 1U << 3,
  kAclSortedset = 1U << 4,
  kAclList = 1U << 5,
  kAclHash = 1U << 6,
  kAclString = 1U << 7,
  kAclBitmap = 1U << 8,
  kAclHyperloglog = 1U << 9,
  kAclGeo = 1U << 10,
  kAclStream = 1U << 11,
  kAclPubsub = 1U << 12,
  kAclAdmin = 1U << 13,
  kAclFast = 1U << 14,
  kAclSlow = 1U << 15,
  kAclBlocking = 1U << 16,
  kAclDangerous = 1U << 17,
  kAclConnection = 1U << 18,
  kAclTransaction = 1U << 19,
  kAclScripting = 1U << 20,
};

struct AclCategoryName {
  std::uint64_t bit;
  std::string_view name;
};
inline constexpr AclCategoryName kAclCategoryNames[] = {{kAclKeyspace, "keyspace"},
                                                        {kAclRead, "read"},
                                                        {kAclWrite, "write"},
                                                        {kAclSet, "set"},
                                                        {kAclSortedset, "sortedset"},
                                                        {kAclList, "list"},
                                                        {kAclHash, "hash"},
                                                        {kAclString, "string"},
                                                        {kAclBitmap, "bitmap"},
                                                        {kAclHyperloglog, "hyperloglog"},
                                                        {kAclGeo, "geo"},
                                                        {kAclStream, "stream"},
                                                        {kAclPubsub, "pubsub"},
                                                        {kAclAdmin, "admin"},
                                                        {kAclFast, "fast"},
                                                        {kAclSlow, "slow"},
                                                        {kAclBlocking, "blocking"},
                                                        {kAclDangerous, "dangerous"},
                                                        {kAclConnection, "connection"},
                                                        {kAclTransaction, "transaction"},
                                                        {kAclScripting, "scripting"}};

}  // namespace engine
