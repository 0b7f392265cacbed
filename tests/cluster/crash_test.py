"""Processes that die again and again, most of them at once, or freeze for long (the fault catalogue
in docs/testing.md). How many elections that costs, and how long no write succeeds, is claimed in virtual time
(tests/sim/process_story_test.cpp); here it is printed."""

import signal
import time
import unittest

from load import Load
from nodes import IS_LONG, Cluster, dwell, until


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
                        node.wait_exit()
                    load.pin([survivor])
                    moment = time.monotonic()
                    dwell(1)
                    load.demand_silence(self, moment)
                    for node in dead:
                        node.start()
                    cluster.wait_ready()
                    load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()

    def crash_loop(self, choose, deaths):
        """Killed soon after each start."""
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                load.run_until_written(count=100)
                term, looping = cluster.term(), choose(cluster)
                for _ in range(deaths):
                    looping.kill()
                    looping.start()
                    load.run_until_written(count=50)
                    dwell(1 if IS_LONG else 0.3)
                gap, elections = load.longest_gap(), cluster.term() - term
                looping.wait_ready()
                load.run_until_written(count=100)
            print(f"    {deaths} deaths: {elections} elections, longest without a write {1000 * gap:.0f} ms")
            load.check(self)
            cluster.wait_one_state()
            self.assertTrue(looping.is_running())

    def test_a_follower_in_a_crash_loop_comes_back(self):
        self.crash_loop(lambda cluster: cluster.followers()[0], 45 if IS_LONG else 4)

    def test_the_first_leader_in_a_crash_loop_comes_back(self):
        self.crash_loop(lambda cluster: cluster.leader(), 45 if IS_LONG else 3)


class FreezeTest(unittest.TestCase):
    def freeze_each(self, seconds):
        """Every node in turn; the others go on, and nobody who thaws answers what is no longer true."""
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                for node in cluster.nodes:
                    load.run_until_written(count=100)
                    what = "leader" if node is cluster.leader() else "follower"
                    load.pin([node])
                    moment = time.monotonic()
                    node.signal(signal.SIGSTOP)
                    load.ports = [other.port for other in cluster.nodes if other is not node]
                    load.run_until_written(since=moment, count=20)
                    while time.monotonic() < moment + seconds:
                        load.run_until_written(count=20)
                    term = cluster.term()
                    node.signal(signal.SIGCONT)
                    dwell(0.5)
                    node.wait_ready()
                    print(f"    {what} frozen for {seconds} s: {1000 * load.gap_after(moment, node.port):.0f} "
                          f"ms without a write, {cluster.term() - term} elections when it thaws")
            load.check(self)
            cluster.wait_one_state()

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
                dwell(4)
                leader.signal(signal.SIGCONT)
                until(leader.is_ready, "it is back")
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
