"""SIGTERM: hand over leadership, finish, exit 0. The contract's 5 s are measured by ./dev bench failover; here only a
hang is red."""

import contextlib
import glob
import signal
import unittest

from load import Load
from nodes import IS_LONG, Cluster, dwell, until
from resp import Closed


class StopTest(unittest.TestCase):
    def stop(self, node):
        self.assertEqual(node.terminate(), 0, node.log()[-1000:])
        self.assertIn("bye", node.log()[-200:])

    def test_a_leader_under_load_hands_over_and_nothing_is_lost(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                for _ in range(6 if IS_LONG else 2):
                    load.run_until_written()
                    leader = cluster.leader()
                    self.stop(leader)
                    load.run_until_written()
                    leader.start()
                    leader.wait_ready()
            load.check(self)

    def test_followers_and_idle_nodes_stop(self):
        with Cluster().start() as cluster:
            for node in [*cluster.followers(), cluster.leader()]:
                self.stop(node)

    def test_a_node_without_a_majority_stops_all_the_same(self):
        with Cluster().start() as cluster:
            leader = cluster.leader()
            for follower in cluster.nodes:
                if follower is not leader:
                    follower.kill()
            self.stop(leader)

    def test_a_second_signal_does_not_disturb_the_first(self):
        with Cluster().start() as cluster:
            leader = cluster.leader()
            with Load(cluster) as load:
                load.run_until_written()
                leader.signal(signal.SIGTERM)
                self.stop(leader)
            load.check(self)

    def test_signals_without_end_do_not_disturb_the_first(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            until(lambda: self.ends_under_signals(node), "it ends")
            self.assertEqual(node.wait_exit(), 0)

    def ends_under_signals(self, node):
        for _ in range(1000):
            node.process.send_signal(signal.SIGTERM)
        return node.process.poll() is not None

    def test_all_at_once_stop_and_return_with_everything(self):
        with Cluster().start() as cluster:
            cluster.do("SET", "kept", "yes")
            for node in cluster.nodes:
                node.signal(signal.SIGTERM)
            for node in cluster.nodes:
                self.assertEqual(node.wait_exit(), 0)
            cluster.start()
            self.assertEqual(cluster.do("GET", "kept"), b"yes")

    def test_a_node_that_waits_for_its_birth_stops(self):
        with Cluster() as cluster:
            cluster.nodes[0].start()
            cluster.nodes[0].wait_log("Ready to accept connections")
            self.stop(cluster.nodes[0])

    def test_a_node_that_loads_stops_at_whatever_point_it_is(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            connection = node.connect()
            for _ in range(3):
                connection.pipeline([("SET", f"key{i}", "x" * 300) for i in range(30000)])
                connection.call("SAVE")
            digest = connection.call("DEBUG", "DIGEST")
            connection.close()
            self.stop(node)
            for delay in (0, 0.01, 0.03, 0.1, 0.2):
                node.start()
                until(lambda: "signals" in self.threads(node), "it takes signals")
                dwell(delay)
                self.assertEqual(node.terminate(), 0, node.log()[-1000:])
            node.start()
            node.wait_ready()
            self.assertEqual(node.call("DEBUG", "DIGEST"), digest)

    def threads(self, node):
        """The names of its threads. A mask of signals would prove nothing: the allocator sets one for a moment."""
        for path in glob.glob(f"/proc/{node.process.pid}/task/*/comm"):
            with contextlib.suppress(OSError), open(path, encoding="utf-8") as comm:
                yield comm.read().strip()

    def test_shutdown_stops_the_node_and_closes_the_connection(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            with self.assertRaises(Closed):
                node.call("SHUTDOWN")
            self.assertEqual(node.wait_exit(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
