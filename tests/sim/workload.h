// What clients say: where the next unit of a pipeline comes from. Keys are of kinds, so that every
// reply can be judged: registers, counters, keys with expiries, pairs that only transactions touch,
// and one list of tokens for each client. They are used for a while and then left for fresh ones,
// so that the history of a key stays short enough to be judged.
#pragma once

#include <set>
#include <string>

#include "tests/sim/chance.h"
#include "tests/sim/exchange.h"
#include "tests/sim/mixed_work.h"
#include "tests/sim/queue_work.h"
#include "tests/sim/scan_work.h"

namespace sim {

class Source {
 public:
  virtual ~Source() = default;
  // The next unit for this client, none: nothing to say now.
  virtual std::optional<Exchange> next(std::size_t client) = 0;
  virtual void on_outcome(std::size_t client, const Exchange& exchange, Outcome outcome) = 0;
};

class Workload final : public Source {
 public:
  Workload(Chance chance, Counters& counters)
      : chance_(chance),
        mixed_(chance_.split(), counters),
        queues_(chance_.split(), counters),
        scans_(chance_.split(), counters) {}
  std::optional<Exchange> next(std::size_t client) override;
  void on_outcome(std::size_t client, const Exchange& exchange, Outcome outcome) override;
  [[nodiscard]] QueueWork& queues() { return queues_; }
  // A GET of a key that others work on, or of two twins at once.
  [[nodiscard]] Exchange read();
  // What follows on a WATCH that saw `seen`.
  [[nodiscard]] Exchange guarded_write(const std::string& key, const std::string& seen);

 private:
  [[nodiscard]] std::string key(const char* kind);
  [[nodiscard]] std::string value();
  [[nodiscard]] Exchange on_register();
  [[nodiscard]] Exchange on_counter();
  [[nodiscard]] Exchange on_volatile();
  [[nodiscard]] Exchange on_list(std::size_t client);
  [[nodiscard]] Exchange on_twins();
  [[nodiscard]] Exchange transaction();
  [[nodiscard]] Exchange watch();
  [[nodiscard]] Exchange echo();

  Chance chance_;
  MixedWork mixed_;
  QueueWork queues_;
  ScanWork scans_;
  std::uint64_t issued_ = 0, next_value_ = 1;
};

// What clients ask for that only read; they judge nothing else.
class ReadWork final : public Source {
 public:
  explicit ReadWork(Workload& workload) : workload_(workload) {}
  std::optional<Exchange> next(std::size_t) override { return workload_.read(); }
  void on_outcome(std::size_t, const Exchange&, Outcome) override {}

 private:
  Workload& workload_;
};

// Reads every key and every queue once, at the end; every queue gets one token more before.
class FinalReads final : public Source {
 public:
  FinalReads(std::set<std::string> keys, QueueWork& queues);
  std::optional<Exchange> next(std::size_t client) override;
  void on_outcome(std::size_t client, const Exchange& exchange, Outcome outcome) override;
  [[nodiscard]] bool is_done() const {
    return keys_.empty() && pushes_.empty() && lists_.empty() && under_way_ == 0;
  }

 private:
  std::set<std::string> keys_;
  QueueWork& queues_;
  std::set<std::string> pushes_;  // queues that still get their last token
  std::set<std::string> lists_;   // queues and inboxes to be read
  std::size_t under_way_ = 0;
};

}  // namespace sim
