"""A network between real processes that loses, delays, doubles and holds packets (the fault
catalogue in docs/testing.md): each node in a network namespace, their packets led through
packet_forwarder. What a link loses TCP sends again, late: that is what the nodes see."""

import time
import unittest

from load import Load
from network_cluster import IS_LONG, NetworkCluster, NetworkTestCase

CALM_S = 60 if IS_LONG else 6
SEED = time.time_ns() % 10**6 if IS_LONG else 7


class WeatherTest(NetworkTestCase):
    def under(self, seconds, weather, is_calm=True, **options):
        """Writes and reads go on under it; calm: without an election."""
        with NetworkCluster(seed=SEED, **options).start() as cluster:
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                cluster.leader()
                term = cluster.term()
                cluster.network.weather(**weather)
                if weather.get("delay_ms", 0) >= 100:
                    # Answers come an election timeout later than they came: that may cost a leader.
                    load.run_until_written(20, count=50)
                    cluster.leader()
                    term = cluster.term()
                begun = time.monotonic()
                while time.monotonic() < begun + seconds:
                    load.run_until_written(20, count=5)
                    if is_calm:
                        self.assertLessEqual(max(cluster.terms()), term, "an election")
                ended = time.monotonic()
                rate = sum(begun < when < ended for when, _ in load.acknowledged()) / (ended - begun)
                elections = cluster.term() - term
                gap = load.longest_gap()
                cluster.heal()
                cluster.leader()
                load.run_until_written(20, count=100)
            print(f"    {weather}: {ended - begun:.0f} s, {elections} elections, {rate:.0f} writes/s, "
                  f"longest without a write {1000 * gap:.0f} ms (seed {SEED})")
            load.check(self)
            self.demand_one_state(cluster)

    # -- loss

    def test_at_five_percent_loss_there_is_no_election(self):
        self.under(CALM_S, {"loss": 0.05})

    def test_at_thirty_percent_loss_nothing_is_lost(self):
        self.under(CALM_S, {"loss": 0.3}, is_calm=False)

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_one_percent_loss_there_is_no_election(self):
        self.under(CALM_S, {"loss": 0.01})

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_ten_percent_loss_nothing_is_lost(self):
        self.under(CALM_S, {"loss": 0.1}, is_calm=False)

    @unittest.skipUnless(IS_LONG, "long")
    def test_five_nodes_at_five_percent_loss_have_no_election(self):
        self.under(CALM_S, {"loss": 0.05}, count=5)

    # -- duplication

    def test_doubled_and_overtaken_packets_change_nothing(self):
        self.under(CALM_S / 2, {"duplication": 0.3, "delay_ms": 2, "jitter_ms": 8})

    # -- delay

    @unittest.skipUnless(IS_LONG, "long")
    def test_delays_from_10_to_200_ms_each_way_cost_no_election(self):
        for delay_ms in (10, 50, 100, 200):
            self.under(CALM_S / 4, {"delay_ms": delay_ms, "jitter_ms": delay_ms / 10})

    def test_at_200_ms_each_way_there_is_a_leader_within_ten_seconds(self):
        with NetworkCluster(seed=SEED).start() as cluster:
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                cluster.network.weather(delay_ms=200, jitter_ms=20)
                load.run_until_written(count=20)
                leader, term = cluster.leader(), cluster.term()
                self.demand_no_election(cluster, 3, term)
                moment = time.monotonic()
                leader.kill()
                load.run_until_written(20, since=moment, count=10)
                gap = load.gap_after(moment, leader.port)
                # Whole again: of two nodes none may be late for a moment.
                leader.start()
                leader.wait_ready()
                now, term = cluster.leader(), cluster.term()
                self.demand_no_election(cluster, CALM_S / 2, term)
                self.assertIs(cluster.leader(), now)
            print(f"    200 ms each way: {1000 * gap:.0f} ms without a write after the leader died, "
                  f"then calm in term {term}")
            self.assertLess(gap, 10)
            load.check(self)
            self.demand_one_state(cluster)

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_200_ms_each_way_a_cluster_is_born_within_20_seconds(self):
        with NetworkCluster(seed=SEED) as cluster:
            cluster.network.weather(delay_ms=200, jitter_ms=20)
            begun = time.monotonic()
            cluster.start(20)
            print(f"    born after {time.monotonic() - begun:.1f} s")
            self.demand_no_election(cluster, CALM_S / 4, cluster.term())

    # -- a link that stands still

    def test_a_link_from_leader_to_follower_clogged_for_five_seconds_costs_no_election(self):
        with NetworkCluster(seed=SEED).start() as cluster:
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                leader, term, follower = cluster.leader(), cluster.term(), cluster.followers()[0]
                cluster.network.weather([(leader.number, follower.number)], clogged=True)
                begun = time.monotonic()
                while time.monotonic() < begun + 5:
                    load.run_until_written(count=50)
                    self.assertLessEqual(max(cluster.terms()), term)
                cluster.network.weather([(leader.number, follower.number)])
                moment = time.monotonic()
                load.run_until_written(count=50)
                cluster.wait_ready(10)
                cluster.wait_level(5)
                print(f"    level {time.monotonic() - moment:.1f} s after the link moved again")
                self.demand_no_election(cluster, 2, term)
                self.assertIs(cluster.leader(), leader)
            load.check(self)
            self.demand_one_state(cluster)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
