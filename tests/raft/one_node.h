// One raft core and everything around it made by hand: the test is its peers, its disk and its
// clock. The core is node 1; what it says is kept until forget().
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "raft/raft.h"

namespace raft_test {

struct Beginning {
  std::uint64_t voters = 3, learners = 0;  // 1..voters, then the learners
  std::vector<std::uint64_t> terms = {};   // of entries 1, 2, ...; entry i's payload is "i"
  raft::HardState hard = {};
  std::uint64_t snapshot_index = 0, snapshot_term = 0;  // the log then begins behind it
  std::size_t cache_tail_bytes = base::limits::kLogCacheTailBytes;
  bool has_amnesia = false;
  bool uses_leases = false;
  bool promotes_learners = false;
  std::uint64_t catch_up_bytes_max = base::limits::kCatchUpLogBytesDefault;
  bool is_just_started = false;  // else it has run for so long that it may vote
};

class OneNode {
 public:
  explicit OneNode(const Beginning& beginning = {});

  // ---- what happens to it ----
  void hear(std::uint64_t from, std::uint64_t term, raft::Body body);
  void give(raft::Input input);
  [[nodiscard]] base::Instant now() const { return now_; }
  void pass_ms(std::int64_t ms) { now_ += base::milliseconds(ms); }
  void time_out();  // to its next deadline
  void tick() { give(raft::Tick{}); }
  void make_disk_slow() { is_slow_ = true; }
  bool answers_reads = true;  // of old entries, at once
  void sync();                // all that is being written is durable
  void restart();             // from its disk
  void campaign();            // to a candidate with pre-votes of all others
  void lead();                // to a leader with the votes of all others

  // ---- what it did ----
  [[nodiscard]] std::size_t count_said() const { return said_.size(); }
  template <class Kind>
  [[nodiscard]] std::vector<Kind> said(std::uint64_t to) const {
    std::vector<Kind> all;
    for (const raft::Message& message : said_) {
      const auto* body = std::get_if<Kind>(&message.body);
      if (body != nullptr && message.to.value() == to) all.push_back(*body);
    }
    return all;
  }
  [[nodiscard]] const std::vector<raft::Message>& messages() const { return said_; }
  void forget() { said_.clear(); }
  [[nodiscard]] const raft::Raft& core() const { return *core_; }
  [[nodiscard]] std::uint64_t term() const { return core_->term().value(); }
  [[nodiscard]] std::uint64_t committed() const { return core_->committed().value(); }
  [[nodiscard]] std::uint64_t last() const { return core_->last_index().value(); }
  // Terms of the entries on its disk, "1 1 2".
  [[nodiscard]] std::string disk_log() const;
  [[nodiscard]] const raft::HardState& disk_hard() const { return hard_; }
  std::size_t recalls = 0;  // times that amnesia ended
  std::vector<raft::ReadGranted> reads;
  std::vector<std::uint64_t> read_refusals;
  std::vector<raft::Lease> leases;
  std::vector<raft::Refused> refused;
  std::vector<raft::EntryRead> asked;  // for old entries
  std::vector<raft::SnapshotWrite> snapshot_writes;
  std::vector<raft::SnapshotRead> snapshot_reads;
  std::vector<raft::Changed> changed;
  std::vector<raft::SnapshotClose> snapshot_closes;

  [[nodiscard]] static raft::EntryPtr entry(std::uint64_t index, std::uint64_t term,
                                            std::string payload = "x");
  // An append of entries of these terms behind `previous`.
  [[nodiscard]] static raft::Append append(std::uint64_t previous, std::uint64_t previous_term,
                                           const std::vector<std::uint64_t>& terms,
                                           std::uint64_t commit = 0);

 private:
  void write_down(const raft::Persist& persist);
  [[nodiscard]] raft::Restored restored() const;

  raft::Options options_;
  std::optional<raft::Raft> core_;
  base::Instant now_{base::milliseconds(100'000)};
  bool is_slow_ = false;
  bool has_amnesia_ = false;
  std::deque<raft::Persist> writing_;
  raft::HardState hard_;
  raft::SnapshotMeta snapshot_;
  std::vector<raft::EntryPtr> log_;
  std::vector<raft::Message> said_;
};

}  // namespace raft_test
