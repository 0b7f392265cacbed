#include "tests/sim/scan_work.h"

#include "tests/sim/violation.h"

namespace sim {
namespace {

constexpr std::uint64_t kStaysMost = 60, kChurning = 40;

Exchange any(std::vector<std::vector<std::string>> commands) {
  Exchange exchange;
  exchange.kind = Exchange::Kind::kAny;
  exchange.asker = Asker::kScans;
  exchange.commands = std::move(commands);
  return exchange;
}

}  // namespace

Exchange ScanWork::next(std::size_t client) {
  auto& scan = scans_[client];
  if (scan && scan->is_under_way) return churn(static_cast<Over>(chance_.below(4)));
  if (scan && chance_.percent(70)) return step(*scan);
  const Over over = static_cast<Over>(chance_.below(4));
  if (!scan && chance_.percent(40)) {
    scan = Scan{.over = over, .cursor = "0", .wanted = stays_[over], .seen = {}};
    return step(*scan);
  }
  if (chance_.percent(60)) return churn(over);
  const auto& stays = stays_[over];
  if (stays.size() < kStaysMost && chance_.percent(50))
    return add(over, "stay." + std::to_string(next_++) + std::string(chance_.below(90), '-'));
  if (stays.empty()) return churn(over);
  auto known = stays.begin();
  std::advance(known, chance_.below(stays.size()));
  return add(over, *known);
}

Exchange ScanWork::add(Over over, const std::string& element) {
  const std::string text = std::to_string(chance_.below(1000));
  std::vector<std::vector<std::string>> commands;
  switch (over) {
    case Over::kSet: commands = {{"SADD", "scan.s", element}}; break;
    case Over::kHash: commands = {{"HSET", "scan.h", element, text}}; break;
    case Over::kSortedSet: commands = {{"ZADD", "scan.z", text, element}}; break;
    case Over::kKeys:
      commands = {{"SET", element, text}};
      if (chance_.percent(30))
        commands = {{"RPUSH", element + ".new", text}, {"RENAME", element + ".new", element}};
  }
  Exchange exchange = any(std::move(commands));
  if (element.starts_with("stay.")) exchange.tag = static_cast<char>(over) + element;
  return exchange;
}

Exchange ScanWork::churn(Over over) {
  const std::string element = "come." + std::to_string(chance_.below(kChurning));
  if (chance_.percent(55)) return add(over, element);
  switch (over) {
    case Over::kSet: return any({{"SREM", "scan.s", element}});
    case Over::kHash:
      if (chance_.percent(50)) return any({{"HDEL", "scan.h", element}});
      return any(
          {{"HPEXPIRE", "scan.h", std::to_string(chance_.below(2000)), "FIELDS", "1", element}});
    case Over::kSortedSet: return any({{"ZREM", "scan.z", element}});
    case Over::kKeys: break;
  }
  if (chance_.percent(30)) return any({{"PEXPIRE", element, std::to_string(chance_.below(2000))}});
  return any({{"DEL", element}});
}

// With a read of a key, so that it is the leader who answers.
Exchange ScanWork::step(Scan& scan) {
  scan.is_under_way = true;
  const std::string count = std::to_string(chance_.between(1, 60));
  std::vector<std::string> words;
  switch (scan.over) {
    case Over::kSet: words = {"SSCAN", "scan.s", scan.cursor, "COUNT", count}; break;
    case Over::kHash: words = {"HSCAN", "scan.h", scan.cursor, "COUNT", count}; break;
    case Over::kSortedSet: words = {"ZSCAN", "scan.z", scan.cursor, "COUNT", count}; break;
    case Over::kKeys: words = {"SCAN", scan.cursor, "COUNT", count}; break;
  }
  return any({{"MULTI"}, {"EXISTS", "scan.s"}, std::move(words), {"EXEC"}});
}

void ScanWork::on_outcome(std::size_t client, const Exchange& exchange, Outcome outcome) {
  const bool is_done = outcome == Outcome::kDone;
  if (!exchange.tag.empty() && is_done && !exchange.replies.back().is_error())
    stays_[static_cast<Over>(exchange.tag[0])].insert(exchange.tag.substr(1));
  auto& scan = scans_[client];
  if (!scan || exchange.commands[0][0] != "MULTI") return;
  scan->is_under_way = false;
  if (!is_done) return;  // the same step again, wherever the leader is
  const resp::Reply& reply = exchange.replies.back().elements.at(1);
  scan->cursor = reply.elements.at(0).text;
  for (const resp::Reply& element : reply.elements.at(1).elements) scan->seen.insert(element.text);
  if (scan->cursor != "0") return;
  finish(*scan);
  scan.reset();
}

void ScanWork::finish(const Scan& scan) {
  ++counters_.scans;
  for (const std::string& element : scan.wanted) {
    DEMAND(scan.seen.contains(element), "a scan missed " + element +
                                            " that was there throughout, kind " +
                                            std::to_string(static_cast<int>(scan.over)));
  }
}

}  // namespace sim
