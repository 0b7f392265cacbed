"""Processes that die again and again, most of them at once, or freeze for long (the fault catalogue
in docs/testing.md)."""

import os
import signal
import time
import unittest

from load import Load
from nodes import Cluster, until

IS_LONG = os.environ.get("QUORATE_LONG") == "1"


class CrashTest(unittest.TestCase):
    def test_with_a_majority_dead_nothing_is_acknowledged_and_nothing_is_lost(self):
        with Cluster().start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                for survivor in (cluster.leader(), cluster.followers()[0]):
                    dead = [node for node in cluster.nodes if node is not survivor]
                    for node in dead:
                        node.signal(signal.SIGKILL)
                    for node in dead:
                        node.wait_exit(5)
                    load.pin([survivor])
                    moment = time.monotonic()
                    time.sleep(2)
                    load.demand_silence(self, moment)
                    for node in dead:
                        node.start()
                    cluster.wait_ready()
                    load.run_until_written(20, count=100)
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def crash_loop(self, choose, seconds):
        """Killed a second after each start; returns the terms before and after."""
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                load.run_until_written(count=100)
                term, looping = cluster.term(), choose(cluster)
                end, deaths = time.monotonic() + seconds, 0
                while time.monotonic() < end:
                    looping.kill()
                    deaths += 1
                    looping.start()
                    load.run_until_written(count=50)
                    time.sleep(1)
                gap, elections = load.longest_gap(), cluster.term() - term
                looping.wait_ready(10)
                load.run_until_written(count=100)
            print(f"    {deaths} deaths in {seconds} s: {elections} elections, longest without a write "
                  f"{1000 * gap:.0f} ms")
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)
            self.assertTrue(looping.is_running())
            return elections, gap

    def test_a_follower_in_a_crash_loop_costs_no_election_and_comes_back(self):
        elections, gap = self.crash_loop(lambda cluster: cluster.followers()[0], 60 if IS_LONG else 4)
        self.assertEqual(elections, 0)
        self.assertLess(gap, 1)

    def test_the_first_leader_in_a_crash_loop_costs_one_election(self):
        elections, gap = self.crash_loop(lambda cluster: cluster.leader(), 60 if IS_LONG else 3)
        self.assertGreaterEqual(elections, 1)
        self.assertLess(gap, 3)


class FreezeTest(unittest.TestCase):
    def freeze_each(self, seconds):
        """Every node in turn; the leader is replaced, a follower costs nothing, and nobody who thaws
        deposes the leader or answers what is no longer true."""
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                for node in cluster.nodes:
                    load.run_until_written(count=100)
                    leader, term = cluster.leader(), cluster.term()
                    load.pin([node])
                    moment = time.monotonic()
                    node.signal(signal.SIGSTOP)
                    others = [other for other in cluster.nodes if other is not node]
                    load.ports = [other.port for other in others]
                    load.run_until_written(since=moment, count=20)
                    while time.monotonic() < moment + seconds:
                        load.run_until_written(count=20)
                    term = max(int(other.info().get("raft_term", 0)) for other in others)
                    node.signal(signal.SIGCONT)
                    self.demand_calm(cluster, 1.5, term)
                    until(lambda: node.info().get("raft_role") == "follower", 5, "it follows")
                    what = "leader" if node is leader else "follower"
                    print(f"    {what} frozen for {seconds} s: {1000 * load.gap_after(moment, node.port):.0f} "
                          f"ms without a write; term {term} stays when it thaws")
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def demand_calm(self, cluster, seconds, term):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertLessEqual(cluster.term(), term, "an election")
            time.sleep(0.1)

    def test_each_node_frozen_in_turn(self):
        for seconds in ((1, 5, 30) if IS_LONG else (1,)):
            with self.subTest(seconds=seconds):
                self.freeze_each(seconds)

    @unittest.skipUnless(IS_LONG, "long")
    def test_a_leader_frozen_for_longer_than_links_live(self):
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                load.run_until_written(count=100)
                leader = cluster.leader()
                load.pin([leader])
                moment = time.monotonic()
                leader.signal(signal.SIGSTOP)
                load.run_until_written(since=moment)
                time.sleep(4)
                term = max(int(node.info().get("raft_term", 0)) for node in cluster.nodes
                           if node is not leader)
                leader.signal(signal.SIGCONT)
                self.demand_calm(cluster, 2, term)
                leader.wait_ready(5)
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
