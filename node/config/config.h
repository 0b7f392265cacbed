// The configuration of a node: Redis's directives by the same names where the meaning is the same,
// raft-* for ours (DESIGN decision 23). Pure: text in, values or an error naming the line out. One
// table says for each directive its type, default, bounds, whether CONFIG SET may change it,
// whether it is replicated (decision 8), accepted without meaning, ...
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/keyspace/eviction_policy.h"
#include "node/config/directive_value.h"
#include "node/messages/sync_policy.h"

namespace node {

class Config {
 public:
  Config();  // defaults
  Config(const Config&);
  Config& operator=(const Config&);
  ~Config();

  struct Loaded {
    std::vector<std::string> warnings;
  };
  // A redis.conf's text; `origin` names it in errors ("FILE:LINE: ..."). `include` is expanded by
  // the caller beforehand.
  [[nodiscard]] base::Result<Loaded> load_text(std::string_view text, std::string_view origin);
  // argv after the optional FILE: --name value ... as Redis parses it.
  [[nodiscard]] base::Result<Loaded> load_arguments(const std::vector<std::string>& arguments);
  // After all loading: fills in defaults that depend on others (raft-port = port + 10000,
  // cluster-enabled from raft-peers and raft-voter), checks relations.
  [[nodiscard]] base::Status finish();

  // CONFIG GET pattern: name -> value, ordered.
  [[nodiscard]] std::map<std::string, std::string> matching(std::string_view pattern) const;
  // CONFIG SET: what it would change, all or nothing; the error is Redis's text without "ERR ".
  // Nothing is changed before it is adopted: a replicated setting by the log alone.
  struct Change {
    std::string name, value;
    bool is_replicated = false;
  };
  [[nodiscard]] base::Result<std::vector<Change>> check(
      const std::vector<std::pair<std::string, std::string>>& pairs) const;
  void adopt(const std::vector<Change>& changes);
  // CONFIG REWRITE: the file's text with changed directives replaced in place, new ones appended.
  [[nodiscard]] std::string rewritten(std::string_view old_text) const;

  [[nodiscard]] const std::string& text(
      std::string_view name) const;  // CHECKs that the directive exists
  [[nodiscard]] std::int64_t integer(std::string_view name) const;
  [[nodiscard]] bool flag(std::string_view name) const;
  // The lines "user NAME RULE ..." in their order, each with its line end.
  [[nodiscard]] const std::string& user_lines() const;
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;  // raft-peers, bind

  // Values the hot path reads, as plain fields; kept in step with the table.
  struct Hot {
    bool cluster_enabled = false;
    bool forwards =
        false;  // there is a plain door, and what comes by it may be another's to answer
    std::uint64_t maxclients = 10000;
    std::uint64_t proto_max_bulk_len = 512ULL * 1024 * 1024;
    std::uint64_t maxmemory = 0;
    engine::EvictionPolicy eviction;  // maxmemory-policy, -samples
    engine::AccessRules access;       // the same, lfu-*; is_gathering is not its concern
    std::uint64_t query_buffer_bytes_max = 1024ULL * 1024 * 1024;
    std::string requirepass;
    bool protected_mode = true;
    SyncPolicy sync_policy = SyncPolicy::kAlways;
    OutputLimit normal_output, pubsub_output;  // client-output-buffer-limit
  };
  [[nodiscard]] const Hot& hot() const;

 private:
  class Values;
  std::unique_ptr<Values> values_;
};

}  // namespace node
