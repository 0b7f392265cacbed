"""Memory at its limit in a cluster of processes: the same keys go on every node, and the next leader
knows which ones were hot."""

import time
import unittest

from nodes import Cluster, until

LIMIT_BYTES = 3_000_000
HOT, COLD, MORE = 200, 2000, 1500
OPTIONS = ["--maxmemory", str(LIMIT_BYTES), "--maxmemory-policy", "allkeys-lru", "--maxmemory-samples", "10"]
VALUE = "x" * 1000


def fill(node, prefix, count):
    connection = node.connect()
    for begin in range(0, count, 50):
        replies = connection.pipeline([("SET", f"{prefix}{i}", VALUE) for i in range(begin, begin + 50)])
        assert replies == ["OK"] * 50, replies
    connection.close()


def count_hot(node):
    return node.call("EXISTS", *[f"hot{i}" for i in range(HOT)])


class EvictionTest(unittest.TestCase):
    def test_the_same_keys_go_everywhere_and_hot_ones_stay_across_a_change_of_leader(self):
        with Cluster(options=OPTIONS).start() as cluster:
            leader = cluster.leader()
            fill(leader, "hot", HOT)
            fill(leader, "cold", COLD)
            self.assertEqual(leader.info("stats")["evicted_keys"], "0")
            # The clock of last use counts in seconds.
            time.sleep(2.1)
            connection = leader.connect()
            connection.pipeline([("GET", f"hot{i}") for i in range(HOT)])
            connection.close()
            time.sleep(0.5)
            leader.kill()
            heir = cluster.leader()
            heir.wait_ready()
            until(lambda: heir.call("SET", "first", "1") == "OK", 10, "the heir writes")
            fill(heir, "more", MORE)
            until(lambda: int(heir.info("memory")["used_memory_dataset"]) <= LIMIT_BYTES, 10, "the limit is kept")
            self.assertGreater(int(heir.info("stats")["evicted_keys"]), MORE // 3)
            self.assertGreaterEqual(count_hot(heir), HOT * 95 // 100, "the hot ones are still there")
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)
            self.assertEqual(len({node.info("stats")["evicted_keys"] for node in cluster.running()}), 1)


if __name__ == "__main__":
    unittest.main()
