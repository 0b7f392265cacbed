"""plain-port: every node looks like one Redis, and the leader is nobody's business."""

import threading
import unittest

from load import Load
from nodes import Cluster, until
from resp import Connection


def plain(node):
    return Connection(node.plain_port)


class PlainDoorTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(plain=True)
        cls.cluster.start()
        cls.cluster.wait_level()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None, None, None)

    def setUp(self):
        self.doors = [plain(node) for node in self.cluster.nodes]
        self.assertEqual(self.doors[0].call("FLUSHALL"), "OK")

    def tearDown(self):
        for door in self.doors:
            door.close()

    def test_every_node_calls_itself_a_master_alone(self):
        for door in self.doors:
            self.assertEqual(door.call("ROLE")[0], b"master")
            self.assertIn(b"role:master\r\n", door.call("INFO", "replication"))
            self.assertIn(b"redis_mode:standalone\r\n", door.call("INFO", "server"))
            self.assertIn(b"cluster_enabled:0\r\n", door.call("INFO", "cluster"))
            self.assertEqual(door.call("SELECT", "5"), "OK")
            facts = door.call("HELLO")
            self.assertEqual(facts[facts.index(b"mode") + 1], b"standalone")
            self.assertEqual(facts[facts.index(b"role") + 1], b"master")

    def test_what_one_writes_all_read(self):
        for number, door in enumerate(self.doors):
            self.assertEqual(door.call("SET", f"key{number}", "v"), "OK")
            for other in self.doors:
                self.assertEqual(other.call("GET", f"key{number}"), b"v")
        self.assertEqual([door.call("INCR", "n") for door in self.doors * 3], list(range(1, 10)))

    def test_a_pipeline_keeps_its_order(self):
        for door in self.doors:
            commands = [("SELECT", "1"), ("SET", "k", "0"), ("MULTI",), ("INCR", "k"), ("GET", "k"), ("EXEC",), ("GET", "k"),
                        ("EVAL", "return redis.call('incr', KEYS[1])", "1", "k"), ("STRLEN", "k"), ("SELECT", "0"), ("GET", "k")]
            self.assertEqual(door.pipeline(commands), ["OK", "OK", "OK", "QUEUED", "QUEUED", [1, b"1"], b"1", 2, 1, "OK", None])

    def test_a_watch_sees_what_another_node_writes(self):
        for door, other in zip(self.doors, self.doors[1:] + self.doors[:1]):
            self.assertEqual(door.pipeline([("WATCH", "w"), ("GET", "w")])[0], "OK")
            other.call("INCR", "w")
            self.assertEqual(door.pipeline([("MULTI",), ("SET", "w", "0"), ("EXEC",)])[-1], None)
            self.assertEqual(door.pipeline([("WATCH", "w"), ("MULTI",), ("SET", "w", "7"), ("EXEC",)])[-1], ["OK"])

    def test_a_blocked_client_is_served_by_what_another_node_pushes(self):
        for number, (door, other) in enumerate(zip(self.doors, self.doors[1:] + self.doors[:1])):
            got = []
            waiting = threading.Thread(target=lambda: got.append(door.call("BLPOP", "list", "0")))
            waiting.start()
            until(lambda: b"blocked_clients:1\r\n" in other_info(self.doors, door), "it waits")
            other.call("RPUSH", "list", str(number))
            waiting.join()
            self.assertEqual(got, [[b"list", b"%d" % number]])
            self.assertIsNone(door.call("BLPOP", "list", "0.01"), "and its time runs out")

    def test_what_has_expired_is_gone_on_every_node(self):
        self.doors[0].call("SET", "brief", "v", "PX", "1")
        for door in self.doors:
            until(lambda: door.call("GET", "brief") is None, "it is gone")

    def test_settings_that_all_share_are_set_from_anywhere(self):
        for number, door in enumerate(self.doors):
            self.assertEqual(door.call("CONFIG", "SET", "hash-max-listpack-entries", str(100 + number)), "OK")
            for other in self.doors:
                until(lambda: other.call("CONFIG", "GET", "hash-max-listpack-entries")[1] == b"%d" % (100 + number), "known to all")


def other_info(doors, busy):
    """Of the node whose first client is blocked: by a door of its own."""
    connection = Connection(busy.port)
    try:
        return connection.call("INFO", "clients")
    finally:
        connection.close()


class DisturbedTest(unittest.TestCase):
    def run_with(self, disturb):
        """Clients at all doors, while that is done to the cluster three times."""
        with Cluster(plain=True).start() as cluster:
            with Load(cluster, clients=9, timeout=30, ports=[node.plain_port for node in cluster.nodes]) as load:
                for _ in range(3):
                    load.run_until_written(count=200)
                    disturb(cluster, load)
                load.run_until_written(count=200)
            load.check(self)
            print(f"    the longest time without an acknowledged write: {load.longest_gap():.2f} s")
            cluster.wait_one_state()

    def test_leaders_die_under_clients_at_all_doors(self):
        def kill(cluster, load):
            leader = cluster.leader()
            leader.kill()
            load.run_until_written(count=200)
            leader.start()
            leader.wait_ready()
        self.run_with(kill)

    def test_the_leader_hands_over_under_clients_at_all_doors(self):
        self.run_with(lambda cluster, load: cluster.hand_over(cluster.followers()[0]))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
