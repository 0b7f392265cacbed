// The turn of the service machine: messages, applying, commands, then what leaves.
#include "node/service.h"

#include <deque>
#include <utility>
#include <variant>

#include "node/clients/clients.h"
#include "node/clients/commands/registry.h"
#include "node/messages/turn.h"
#include "node/replica/replica.h"

namespace node {
namespace {

constexpr auto kFarAway = base::milliseconds(60'000);

ReplicaOptions replica_options(const ServiceOptions& options) {
  return {.commands = commands(),
          .group = base::kFirstGroup,
          .self = options.self,
          .epoch = options.epoch,
          .seed = options.seed,
          .checkpoint = options.checkpoint,
          .applying = options.applying,
          .command_watch = options.command_watch,
          .checkpoint_limits = options.checkpoint_limits};
}

}  // namespace

class Service::Machine {
 public:
  Machine(ServiceOptions options, Config config)
      : options_(std::move(options)),
        config_(std::move(config)),
        clients_(options_, config_, turn_, replica_),
        replica_(replica_options(options_), config_, turn_, clients_.own_writes(), clients_) {}

  [[nodiscard]] ServiceOutput turn(const base::Clocks& clocks);

  const ServiceOptions options_;
  Config config_;
  Turn turn_;
  Clients clients_;
  Replica replica_;
  // Inputs between turns are queued.
  std::deque<FromConsensus> from_consensus_;
  std::deque<FromState> from_state_;

 private:
  void begin_turn(const base::Clocks& clocks);
  void take_messages();
  [[nodiscard]] ServiceOutput close_turn();
};

ServiceOutput Service::Machine::turn(const base::Clocks& clocks) {
  begin_turn(clocks);
  clients_.check_waiting();
  replica_.load();
  take_messages();
  replica_.apply();
  replica_.settle_doubtful();
  clients_.serve();
  replica_.tidy(clients_.is_held());
  clients_.look_again();
  replica_.make_room(clients_.is_held());
  return close_turn();
}

void Service::Machine::begin_turn(const base::Clocks& clocks) {
  const bool is_first = turn_.now() == base::Instant{};
  turn_.clocks = clocks;
  if (is_first) clients_.start();
  if (is_first) replica_.start();
  if (options_.command_watch != nullptr) options_.command_watch->on_command(nullptr);
  replica_.begin_turn();
  clients_.begin_turn();
  turn_.next_deadline = clocks.now + kFarAway;
}

void Service::Machine::take_messages() {
  while (!from_consensus_.empty()) {
    FromConsensus message = std::move(from_consensus_.front());
    from_consensus_.pop_front();
    if (const auto* asked = std::get_if<AreYouThere>(&message))
      turn_.to_consensus.emplace_back(HereIAm{.group = base::kFirstGroup, .number = asked->number});
    replica_.receive(message);
    clients_.receive(message);
  }
  while (!from_state_.empty()) {
    FromState message = std::move(from_state_.front());
    from_state_.pop_front();
    replica_.receive(message);
  }
}

// Batches leave, reads without a batch to lean on get a round, the driver is told.
ServiceOutput Service::Machine::close_turn() {
  clients_.tell_others();
  replica_.close_turn();
  ServiceOutput out;
  static_cast<ClientsOutput&>(out) = clients_.close_turn();
  out.to_consensus = std::exchange(turn_.to_consensus, {});
  out.to_state = std::exchange(turn_.to_state, {});
  out.lines = std::exchange(turn_.lines, {});
  out.fatal = std::exchange(turn_.fatal, {});
  out.is_serving = !replica_.loading().is_loading;
  out.next_deadline = turn_.next_deadline;
  return out;
}

// -- the public face

Service::Service(ServiceOptions options, Config config)
    : machine_(std::make_unique<Machine>(std::move(options), std::move(config))) {}
Service::~Service() = default;
bool Service::on_connect(base::ConnectionId connection, const ConnectInfo& info) {
  return machine_->clients_.input().on_connect(connection, info);
}
void Service::on_bytes(base::ConnectionId connection, std::string_view bytes) {
  machine_->clients_.input().on_bytes(connection, bytes);
}
void Service::on_disconnect(base::ConnectionId connection) {
  machine_->clients_.input().on_disconnect(connection);
}
std::string_view Service::unsent(base::ConnectionId connection) const {
  return machine_->clients_.output().unsent(connection);
}
void Service::on_written(base::ConnectionId connection, std::size_t bytes) {
  machine_->clients_.output().on_written(connection, bytes);
}
bool Service::wants_turn() const { return machine_->clients_.output().has_going_on(); }
void Service::receive(FromConsensus message) {
  machine_->from_consensus_.push_back(std::move(message));
}
void Service::receive(FromState message) { machine_->from_state_.push_back(std::move(message)); }
void Service::set_process_facts(const ProcessFacts& facts) { machine_->clients_.on_facts(facts); }
void Service::on_config_rewritten(std::string_view error) {
  machine_->clients_.on_config_rewritten(error);
}
void Service::on_users_saved(std::string_view error) {
  machine_->clients_.users_file().on_saved(error);
}
void Service::on_users_file(std::string_view text, std::string_view error) {
  machine_->clients_.users_file().on_read(text, error);
}
void Service::begin_stop() { machine_->clients_.stop().begin(); }
bool Service::is_drained() const { return machine_->clients_.stop().is_drained(); }
ServiceOutput Service::turn(const base::Clocks& clocks) { return machine_->turn(clocks); }
const Config& Service::config() const { return machine_->config_; }
std::uint64_t Service::state_digest() const { return machine_->replica_.engine().digest(); }
LogIndex Service::applied() const { return machine_->replica_.applied(); }
std::optional<Term> Service::leased_term() const {
  const Terms& terms = machine_->replica_.terms();
  return terms.has_lease() ? std::optional(terms.lease().term) : std::nullopt;
}

}  // namespace node
