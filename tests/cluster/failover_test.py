"""Nodes die and freeze under load: writes go on, and every acknowledged one is there. How long no write succeeds, and who
costs an election, is claimed in virtual time (tests/sim/failover_story_test.cpp, process_story_test.cpp) and measured by
./dev bench failover."""

import signal
import time
import unittest

from load import Load
from nodes import IS_LONG, Cluster

KILLS = 20 if IS_LONG else 5
FREEZES = 10 if IS_LONG else 2


class FailoverTest(unittest.TestCase):
    def test_a_killed_leader_is_replaced_and_rejoins(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                load.run_until_written()
                for _ in range(KILLS):
                    leader = cluster.leader()
                    moment = time.monotonic()
                    leader.kill()
                    load.run_until_written(since=moment)
                    leader.start()
                    leader.wait_ready()
                    load.run_until_written()
            load.check(self)
            cluster.wait_one_state()

    def test_a_killed_follower_catches_up(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                load.run_until_written()
                for _ in range(3):
                    follower = cluster.followers()[0]
                    follower.kill()
                    load.run_until_written(count=100)
                    follower.start()
                    follower.wait_ready()
            load.check(self)
            cluster.wait_one_state()

    def test_all_nodes_killed_at_once_return_with_everything(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                for _ in range(5):
                    load.run_until_written(count=100)
                    for node in cluster.nodes:
                        node.signal(signal.SIGKILL)
                    for node in cluster.nodes:
                        node.wait_exit()
                    for node in cluster.nodes:
                        node.start()
                    cluster.wait_ready()
                load.run_until_written()
            load.check(self)
            cluster.wait_one_state()

    def freeze(self, choose):
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                for _ in range(FREEZES):
                    load.run_until_written()
                    frozen = choose(cluster)
                    moment = time.monotonic()
                    frozen.signal(signal.SIGSTOP)
                    load.run_until_written(since=moment, count=200)
                    frozen.signal(signal.SIGCONT)
                    frozen.wait_ready()
            load.check(self)
            cluster.wait_one_state()

    def test_a_frozen_leader_is_replaced_and_is_back_when_it_thaws(self):
        self.freeze(lambda cluster: cluster.leader())

    def test_a_frozen_follower_is_back_when_it_thaws(self):
        self.freeze(lambda cluster: cluster.followers()[0])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
