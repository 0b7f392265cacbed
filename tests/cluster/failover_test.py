"""Nodes die and freeze under load: writes go on, and every acknowledged one is there."""

import signal
import statistics
import time
import unittest

from load import Load
from nodes import Cluster, until

KILLS = 20


class FailoverTest(unittest.TestCase):
    def test_a_killed_leader_is_replaced_within_a_second_and_rejoins(self):
        with Cluster().start() as cluster:
            gaps = []
            with Load(cluster) as load:
                load.run_until_written()
                for _ in range(KILLS):
                    leader = cluster.leader()
                    moment = time.monotonic()
                    leader.kill()
                    load.run_until_written(since=moment)
                    gaps.append(load.gap_after(moment, leader.port))
                    leader.start()
                    leader.wait_ready()
                    load.run_until_written()
            print(f"    {KILLS} kills of the leader: without a write median "
                  f"{1000 * statistics.median(gaps):.0f} ms, maximum {1000 * max(gaps):.0f} ms")
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)
            self.assertLess(statistics.median(gaps), 1.0)
            self.assertLess(max(gaps), 2.0)

    def test_a_killed_follower_costs_no_election_and_catches_up(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                load.run_until_written()
                term = cluster.term()
                for _ in range(3):
                    follower = cluster.followers()[0]
                    follower.kill()
                    load.run_until_written(count=100)
                    follower.start()
                    follower.wait_ready()
                self.assertEqual(cluster.term(), term)
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def test_all_nodes_killed_at_once_return_with_everything(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                for _ in range(5):
                    load.run_until_written(count=100)
                    for node in cluster.nodes:
                        node.signal(signal.SIGKILL)
                    for node in cluster.nodes:
                        node.wait_exit(5)
                    for node in cluster.nodes:
                        node.start()
                    cluster.wait_ready()
                load.run_until_written()
            load.check(self)

    def test_a_frozen_leader_is_replaced_and_follows_when_it_thaws(self):
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                for _ in range(3):
                    load.run_until_written()
                    leader = cluster.leader()
                    moment = time.monotonic()
                    leader.signal(signal.SIGSTOP)
                    load.run_until_written(since=moment)
                    leader.signal(signal.SIGCONT)
                    until(lambda: leader.info().get("raft_role") == "follower", 5,
                          "the old leader follows")
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def test_a_frozen_follower_costs_nothing(self):
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                load.run_until_written()
                term = cluster.term()
                follower = cluster.followers()[0]
                follower.signal(signal.SIGSTOP)
                begun = time.monotonic()
                while time.monotonic() < begun + 2:
                    load.run_until_written(count=100)
                follower.signal(signal.SIGCONT)
                until(lambda: follower.info().get("raft_role") == "follower", 5, "it follows")
                load.run_until_written(count=100)
                self.assertEqual(cluster.term(), term)
            load.check(self)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
