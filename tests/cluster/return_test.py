"""Nodes that come back: after any death or pause at any moment, and after being away for so long that
the log no longer reaches back to them."""

import random
import signal
import time
import unittest

from load import Load
from nodes import Cluster, until


class ReturnTest(unittest.TestCase):
    def test_a_node_away_for_too_long_gets_a_checkpoint_and_then_the_log(self):
        with Cluster().start() as cluster:
            away = cluster.followers()[0]
            away.kill()
            until(lambda: self.have_all(cluster, 20000), 60, "a leader took all writes")
            time.sleep(1.5)  # one not heard for a second is waited for with the log no longer
            for node in cluster.running():  # whoever leads later has cut its log too
                self.assertEqual(node.call("SAVE", timeout=30), "OK")
                until(lambda: "is no longer needed" in node.log(), 10, "the node has cut its log")
            with Load(cluster) as load:
                load.run_until_written()
                away.start()
                away.wait_ready()
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_level()
            self.assertIn("receiving a checkpoint", away.log())
            self.assertEqual(away.info()["raft_snapshots_installed"], "1")
            self.assertEqual(len(set(cluster.digests())), 1)
            away.kill()
            away.start()
            away.wait_ready()
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def have_all(self, cluster, count):
        """Writes them at whoever leads now; False if it was not the same one to the end."""
        connection = cluster.leader().connect(30)
        replies = connection.pipeline([("SET", f"old{i}", "x" * 200) for i in range(count)])
        connection.close()
        return {str(reply) for reply in replies} == {"OK"}

    def test_whatever_dies_or_freezes_at_any_moment_no_acknowledged_write_is_lost(self):
        seed = time.time_ns() % 10**6
        print(f"    seed {seed}")
        chance = random.Random(seed)
        with Cluster().start() as cluster:
            with Load(cluster, timeout=1.0) as load:
                end = time.monotonic() + 12
                while time.monotonic() < end:
                    time.sleep(chance.random() * 0.5)
                    self.disturb(chance, chance.sample(cluster.nodes, chance.choice((1, 1, 1, 2, 3))))
                cluster.wait_ready()
                load.run_until_written(20, count=100)
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def disturb(self, chance, nodes):
        kind = chance.choice(("kill", "kill", "freeze", "save"))
        for node in nodes:
            if kind == "kill":
                node.kill()
            if kind == "freeze":
                node.signal(signal.SIGSTOP)
            if kind == "save" and node.is_ready():
                node.call("BGSAVE")
        time.sleep(chance.choice((0, 0.1, 0.5, 1.2)))
        for node in nodes:
            if kind == "kill":
                node.start()
            if kind == "freeze":
                node.signal(signal.SIGCONT)
        if chance.random() < 0.5:
            cluster_is_back = time.monotonic() + 10
            while not nodes[0].is_ready() and time.monotonic() < cluster_is_back:
                time.sleep(0.02)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
