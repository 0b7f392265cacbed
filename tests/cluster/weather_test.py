"""A network between real processes that loses, delays, doubles and holds packets (the fault
catalogue in docs/testing.md): each node in a network namespace, their packets led through
packet_forwarder. What a link loses TCP sends again, late: that is what the nodes see. Nothing is lost and the
cluster goes on when the weather is over; elections and gaps are printed, and claimed in virtual time
(tests/sim/network_story_test.cpp)."""

import time
import unittest

from load import Load
from network_cluster import NetworkCluster, NetworkTestCase
from nodes import IS_LONG, dwell

WEATHER_S = 60 if IS_LONG else 3
SEED = time.time_ns() % 10**6 if IS_LONG else 7


class WeatherTest(NetworkTestCase):
    def under(self, seconds, weather, count=3):
        """Writes and reads go on under it as they can."""
        with NetworkCluster(count, seed=SEED).start() as cluster:
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                term = cluster.term()
                cluster.network.weather(**weather)
                begun = time.monotonic()
                dwell(seconds)
                took, written, elections = time.monotonic() - begun, load.count_written(begun), cluster.term() - term
                gap = load.longest_gap()
                cluster.heal()
                load.run_until_written(count=100)
            print(f"    {weather}: {took:.0f} s, {elections} elections, {written / took:.0f} writes/s, "
                  f"longest without a write {1000 * gap:.0f} ms (seed {SEED})")
            load.check(self)
            cluster.wait_one_state()

    # -- loss

    def test_at_thirty_percent_loss_nothing_is_lost(self):
        self.under(WEATHER_S, {"loss": 0.3})

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_one_to_ten_percent_loss_nothing_is_lost(self):
        for loss in (0.01, 0.05, 0.1):
            self.under(WEATHER_S, {"loss": loss})

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_five_percent_loss_five_nodes_lose_nothing(self):
        self.under(WEATHER_S, {"loss": 0.05}, count=5)

    # -- duplication

    def test_doubled_and_overtaken_packets_change_nothing(self):
        self.under(WEATHER_S, {"duplication": 0.3, "delay_ms": 2, "jitter_ms": 8})

    # -- delay

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_delays_from_10_to_200_ms_each_way_nothing_is_lost(self):
        for delay_ms in (10, 50, 100, 200):
            self.under(WEATHER_S / 4, {"delay_ms": delay_ms, "jitter_ms": delay_ms / 10})

    def test_a_leader_that_dies_at_200_ms_each_way_is_replaced(self):
        with NetworkCluster(seed=SEED).start() as cluster:
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                cluster.network.weather(delay_ms=200, jitter_ms=20)
                leader = cluster.leader()
                moment = time.monotonic()
                leader.kill()
                dwell(WEATHER_S)
                others = "another leads" if cluster.find_leader() else "nobody leads yet"
                cluster.heal()
                load.run_until_written(since=moment, count=10)
                leader.start()
                leader.wait_ready()
            print(f"    200 ms each way: {1000 * load.gap_after(moment, leader.port):.0f} ms without a write after "
                  f"the leader died; {others} after {WEATHER_S} s")
            load.check(self)
            cluster.wait_one_state()

    @unittest.skipUnless(IS_LONG, "long")
    def test_at_200_ms_each_way_a_cluster_is_born(self):
        with NetworkCluster(seed=SEED) as cluster:
            cluster.network.weather(delay_ms=200, jitter_ms=20)
            begun = time.monotonic()
            cluster.start()
            print(f"    born after {time.monotonic() - begun:.1f} s")

    # -- a link that stands still

    def test_a_link_from_leader_to_follower_that_is_clogged_loses_nothing(self):
        with NetworkCluster(seed=SEED).start() as cluster:
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                leader, term = cluster.leader(), cluster.term()
                follower = cluster.all_but([leader])[0]
                cluster.network.weather([(leader.number, follower.number)], clogged=True)
                dwell(5 if IS_LONG else 2)
                cluster.network.weather([(leader.number, follower.number)])
                moment = time.monotonic()
                load.run_until_written(count=50)
                cluster.wait_ready()
                cluster.wait_level()
                print(f"    level {time.monotonic() - moment:.1f} s after the link moved again, "
                      f"{cluster.term() - term} elections")
            load.check(self)
            cluster.wait_one_state()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
