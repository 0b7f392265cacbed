"""A short life of a cluster with everything in it: load, checkpoints, a death, a return, a stop. Run with
the sanitized servers too (QUORATE_SERVER=build/tsan/quorate-server): they must have nothing to report."""

import re
import unittest

from load import Load
from nodes import Cluster

REPORT = re.compile(r"(WARNING|ERROR): \w+Sanitizer|runtime error:|CHECK failed")


class SmokeTest(unittest.TestCase):
    def assert_no_report(self, cluster):
        for node in cluster.nodes:
            found = REPORT.search(node.log())
            self.assertIsNone(found, found and node.log()[found.start():found.start() + 3000])

    def test_a_short_life_of_three_nodes(self):
        with Cluster().start() as cluster:
            with Load(cluster, clients=6, timeout=10) as load:
                load.run_until_written(count=100)
                for node in cluster.nodes:
                    self.assertIn("aving", node.call("BGSAVE"))
                load.run_until_written(count=100)
                leader = cluster.leader()
                leader.kill()
                load.run_until_written(count=100)
                leader.start()
                leader.wait_ready()
                for node in cluster.nodes:
                    for section in ("INFO everything", "CLUSTER SLOTS", "CLIENT LIST", "CONFIG GET *"):
                        node.call(*section.split())
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()
            for node in cluster.nodes:
                self.assertEqual(node.terminate(), 0, node.log()[-2000:])
            self.assert_no_report(cluster)

    def test_a_short_life_of_one_node(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            connection = node.connect()
            replies = connection.pipeline([("SET", f"key{i}", "x" * 2000) for i in range(3000)])
            self.assertEqual(set(replies), {"OK"})
            self.assertEqual(connection.call("SAVE"), "OK")
            self.assertEqual(connection.call("DEBUG", "RELOAD"), "OK")
            self.assertEqual(connection.call("FLUSHALL"), "OK")
            connection.close()
            self.live_alone(cluster, node)
            self.assertEqual(node.terminate(), 0, node.log()[-2000:])
            self.assert_no_report(cluster)

    def live_alone(self, cluster, node):
        """Under each policy, and while it changes, its threads do each other's work (docs/decisions/visits.md)."""
        with Load(cluster, clients=6, timeout=10) as load:
            for policy in ("everysec", "always", "no", "everysec"):
                self.assertEqual(node.call("CONFIG", "SET", "appendfsync", policy), "OK")
                load.run_until_written(count=100)
            self.assertIn("aving", node.call("BGSAVE"))
            load.run_until_written(count=100)
            node.kill()
            node.start()
            node.wait_ready()
            load.run_until_written(count=100)
        load.check(self)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
