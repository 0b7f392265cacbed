"""Memory at its limit in a cluster of processes: the same keys go on every node, and the next leader
knows which ones were hot."""

import contextlib
import unittest

from nodes import Cluster, until

LIMIT_BYTES = 3_000_000
HOT, COLD, MORE = 200, 2000, 1500
OPTIONS = ["--maxmemory", str(LIMIT_BYTES), "--maxmemory-policy", "allkeys-lru", "--maxmemory-samples", "10"]
VALUE = "x" * 1000


def fill(cluster, prefix, count):
    cluster.do_all([("SET", f"{prefix}{i}", VALUE) for i in range(count)])


def idle_seconds(node, keys):
    with contextlib.closing(node.connect()) as connection:
        connection.call("READONLY")
        return [reply for reply in connection.pipeline([("OBJECT", "IDLETIME", key) for key in keys])]


class EvictionTest(unittest.TestCase):
    def test_the_same_keys_go_everywhere_and_hot_ones_stay_across_a_change_of_leader(self):
        with Cluster(options=OPTIONS).start() as cluster:
            fill(cluster, "hot", HOT)
            fill(cluster, "cold", COLD)
            cluster.wait_one_state()
            self.assertEqual({node.info("stats")["evicted_keys"] for node in cluster.nodes}, {"0"})
            until(lambda: self.is_known_everywhere(cluster), "every node knows which keys are hot")
            cluster.leader().kill()
            fill(cluster, "more", MORE)
            until(lambda: all(int(node.info("memory")["used_memory_dataset"]) <= LIMIT_BYTES
                              for node in cluster.running()), "the limit is kept")
            self.assertGreater(int(cluster.leader().info("stats")["evicted_keys"]), MORE // 3)
            hot = cluster.do("EXISTS", *[f"hot{i}" for i in range(HOT)])
            print(f"    {hot} of {HOT} hot keys are still there")
            self.assertGreaterEqual(hot, HOT * 95 // 100, "the hot ones are still there")
            cluster.wait_one_state()
            self.assertEqual(len({node.info("stats")["evicted_keys"] for node in cluster.running()}), 1)

    def is_known_everywhere(self, cluster):
        """Reads the hot keys; the clock of last use counts in seconds."""
        with contextlib.closing(cluster.leader().connect()) as connection:
            connection.pipeline([("GET", f"hot{i}") for i in range(HOT)])
        for node in cluster.nodes:
            hot = idle_seconds(node, [f"hot{i}" for i in range(HOT)])
            cold = idle_seconds(node, [f"cold{i}" for i in range(COLD)])
            if not all(isinstance(seconds, int) for seconds in hot + cold) or max(hot) + 2 > min(cold):
                return False
        return True


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
