// A listener of a replica that makes nothing of what it is told: tests override what they look at.
#pragma once

#include "node/replica/listener.h"

namespace node_test {

class QuietListener : public node::ElementListener, public node::ReplicaListener {
 public:
  void on_entry(engine::Effects&, bool) override {}
  void on_effects(engine::Effects& effects, const node::AppliedElement&,
                  const node::Waiter&) override {
    effects.notes.clear();
  }
  node::ReplyPlace on_applying(const node::Waiter&) override { return {}; }
  void on_applied(const node::Waiter&, const node::AppliedElement&) override {}
  void on_fate(std::span<const node::Waiter>, node::WriteFate) override {}
  void on_served(const engine::ServedReply&) override {}
  void on_users_ended(bool, std::span<const std::string>) override {}
  void on_users_changed(std::span<const std::string>) override {}
  void on_evidence(base::ConnectionId) override {}
  void on_reads_lost(bool) override {}
  void on_engine_replaced() override {}
  [[nodiscard]] std::optional<std::uint64_t> wait_of(base::ConnectionId) const override {
    return {};
  }
  void on_waits_lost(bool) override {}
  void on_room() override {}
  void on_saved(std::string_view) override {}
  void on_reloaded(std::string_view) override {}
};

}  // namespace node_test
