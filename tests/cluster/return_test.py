"""Nodes that come back: after any death or pause at any moment, and after being away for so long that
the log no longer reaches back to them."""

import random
import signal
import time
import unittest

from load import Load
from nodes import IS_LONG, Cluster, dwell
from resp import Closed, ReplyError

TURNS = 40 if IS_LONG else 8
SEED = time.time_ns() % 10**6 if IS_LONG else 7


class ReturnTest(unittest.TestCase):
    def test_a_node_away_for_too_long_gets_a_checkpoint_and_then_the_log(self):
        with Cluster().start() as cluster:
            away = cluster.followers()[0]
            last = int(away.info()["raft_last_log_index"])
            away.kill()
            cluster.do_all([("SET", f"old{i}", "x" * 200) for i in range(20000)])
            for node in cluster.running():  # whoever leads later has cut its log too
                node.cut_log_beyond(last + 10)
            with Load(cluster) as load:
                load.run_until_written()
                away.start()
                away.wait_ready()
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()
            self.assertIn("receiving a checkpoint", away.log())
            self.assertGreaterEqual(int(away.info()["raft_snapshots_installed"]), 1)
            away.kill()
            away.start()
            away.wait_ready()
            cluster.wait_one_state()

    def test_whatever_dies_or_freezes_at_any_moment_no_acknowledged_write_is_lost(self):
        print(f"    seed {SEED}")
        chance = random.Random(SEED)
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                for _ in range(TURNS):
                    dwell(chance.random() * 0.5)
                    self.disturb(chance, chance.sample(cluster.nodes, chance.choice((1, 1, 1, 2, 3))))
                cluster.wait_ready()
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()

    def disturb(self, chance, nodes):
        kind = chance.choice(("kill", "kill", "freeze", "save"))
        for node in nodes:
            if kind == "kill":
                node.kill()
            if kind == "freeze":
                node.signal(signal.SIGSTOP)
            if kind == "save":
                self.begin_checkpoint(node)
        dwell(chance.choice((0, 0.1, 0.5, 1.2)))
        for node in nodes:
            if kind == "kill":
                node.start()
            if kind == "freeze":
                node.signal(signal.SIGCONT)
        if chance.random() < 0.5:
            nodes[0].wait_ready()

    def begin_checkpoint(self, node):
        try:
            node.call("BGSAVE")
        except (Closed, ReplyError):
            pass  # it is starting yet, or one is under way


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
