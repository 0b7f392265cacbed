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
        with Cluster().start(60) as cluster:
            with Load(cluster, clients=6, timeout=10) as load:
                load.run_until_written(30, count=100)
                for node in cluster.nodes:
                    self.assertIn("aving", node.call("BGSAVE", timeout=10))
                load.run_until_written(30, count=100)
                leader = cluster.leader()
                leader.kill()
                load.run_until_written(30, count=100)
                leader.start()
                leader.wait_ready(60)
                for node in cluster.nodes:
                    for section in ("INFO everything", "CLUSTER SLOTS", "CLIENT LIST", "CONFIG GET *"):
                        node.call(*section.split(), timeout=20)
                load.run_until_written(30, count=100)
            load.check(self)
            cluster.wait_level(60)
            self.assertEqual(len(set(cluster.digests())), 1)
            for node in cluster.nodes:
                code, _ = node.terminate(20)
                self.assertEqual(code, 0, node.log()[-2000:])
            self.assert_no_report(cluster)

    def test_a_short_life_of_one_node(self):
        with Cluster(1, peers=False).start(60) as cluster:
            node = cluster.nodes[0]
            connection = node.connect(30)
            replies = connection.pipeline([("SET", f"key{i}", "x" * 2000) for i in range(3000)])
            self.assertEqual(set(replies), {"OK"})
            self.assertEqual(connection.call("SAVE"), "OK")
            self.assertEqual(connection.call("DEBUG", "RELOAD"), "OK")
            self.assertEqual(connection.call("FLUSHALL"), "OK")
            connection.close()
            code, _ = node.terminate(20)
            self.assertEqual(code, 0, node.log()[-2000:])
            self.assert_no_report(cluster)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
