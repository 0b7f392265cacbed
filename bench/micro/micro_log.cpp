// One step of the consensus core that proposes, and one batch submitted to the segment log on a
// file system in memory (everything but the disk).
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "persistence/segment_log.h"
#include "persistence/simulated_file_system.h"
#include "raft/raft.h"

namespace {

raft::Raft lone_leader() {
  raft::Options options;
  options.self = base::NodeId(1);
  options.append_bytes_max = 1 << 20;
  options.inflight_appends_max = 16;
  options.uncommitted_bytes_max = 1 << 30;
  options.cache_bytes_max = 1 << 20;
  raft::Restored restored;
  restored.snapshot.membership.members = {
      {.id = base::NodeId(1), .address = "127.0.0.1:1", .is_voter = true}};
  raft::Raft raft(options, std::move(restored));
  std::uint64_t made_durable = 0;
  for (int i = 0; i < 4; ++i) {
    raft::Output out = raft.step(base::Instant(base::milliseconds(1000 * (i + 1))), raft::Tick{});
    for (const raft::Persist& persist : out.persists) made_durable = persist.sequence;
    if (made_durable > 0)
      (void)raft.step(base::Instant(base::milliseconds(1000 * (i + 1))),
                      raft::Durable{made_durable});
  }
  return raft;
}

void propose(benchmark::State& state) {
  raft::Raft raft = lone_leader();
  if (raft.role() != raft::Role::kLeader) return state.SkipWithError("no leader");
  const base::Instant now{base::milliseconds(10'000)};
  const std::string payload(4096, 'p');
  std::uint64_t id = 1;
  for (auto _ : state) {
    raft::Output out =
        raft.step(now, raft::Propose{id++, raft::EntryKind::kBatch, std::string(payload)});
    out = raft.step(now, raft::Durable{out.persists.back().sequence});
    const base::LogIndex committed = out.committed;
    benchmark::DoNotOptimize(raft.step(now, raft::Applied{committed}));
  }
}
BENCHMARK(propose)->Name("raft/propose, durable, applied");

void submit(benchmark::State& state) {
  persistence::SimulatedFileSystem files(1);
  persistence::SegmentLog log(files, "log", {.segment_bytes = 1 << 20, .ballast_bytes = 0});
  if (!log.open(base::kFirstGroup).ok()) return state.SkipWithError("cannot open");
  std::uint64_t index = 1;
  for (auto _ : state) {
    persistence::LogWrite write;
    write.group = base::kFirstGroup;
    write.entries = {std::make_shared<raft::Entry>(raft::Entry{
        base::LogIndex(index), base::Term(1), raft::EntryKind::kBatch, std::string(4096, 'e')})};
    if (!log.append({write}).ok()) return state.SkipWithError("append failed");
    if (index % 256 == 0 && !log.discard(base::kFirstGroup, base::LogIndex(index)).ok())
      return state.SkipWithError("discard failed");
    ++index;
  }
}
BENCHMARK(submit)->Name("log/submit an entry of 4 KB");

}  // namespace
