"""SIGTERM: hand over leadership, finish, exit 0 within 5 s."""

import signal
import time
import unittest

from load import Load
from nodes import Cluster, until
from resp import Closed


class StopTest(unittest.TestCase):
    def stop(self, node):
        code, seconds = node.terminate(5)
        self.assertEqual(code, 0, node.log()[-1000:])
        self.assertIn("bye", node.log()[-200:])
        return seconds

    def test_a_leader_under_load_hands_over_and_nothing_is_lost(self):
        with Cluster().start() as cluster:
            gaps = []
            with Load(cluster) as load:
                for _ in range(6):
                    load.run_until_written()
                    leader = cluster.leader()
                    moment = time.monotonic()
                    self.stop(leader)
                    load.run_until_written(since=moment)
                    gaps.append(load.gap_after(moment, leader.port))
                    leader.start()
                    leader.wait_ready()
            print(f"    gaps of {len(gaps)} hand-overs: "
                  + ", ".join(f"{1000 * gap:.0f}" for gap in sorted(gaps)) + " ms")
            load.check(self)
            self.assertLess(max(gaps), 1.0)

    def test_followers_and_idle_nodes_stop_at_once(self):
        with Cluster().start() as cluster:
            for node in [*cluster.followers(), cluster.leader()]:
                self.assertLess(self.stop(node), 5)

    def test_a_node_without_a_majority_stops_all_the_same(self):
        with Cluster().start() as cluster:
            leader = cluster.leader()
            for follower in cluster.followers():
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

    def test_all_at_once_stop_and_return_with_everything(self):
        with Cluster().start() as cluster:
            cluster.leader().call("SET", "kept", "yes")
            for node in cluster.nodes:
                node.signal(signal.SIGTERM)
            for node in cluster.nodes:
                self.assertEqual(node.wait_exit(5), 0)
            cluster.start()
            self.assertEqual(cluster.leader().call("GET", "kept"), b"yes")

    def test_a_node_that_waits_for_its_birth_stops(self):
        with Cluster() as cluster:
            cluster.nodes[0].start()
            while "Ready to accept connections" not in cluster.nodes[0].log():
                time.sleep(0.02)
            self.stop(cluster.nodes[0])

    def test_a_node_that_loads_stops_at_whatever_point_it_is(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            for _ in range(3):
                connection = node.connect(30)
                connection.pipeline([("SET", f"key{i}", "x" * 300) for i in range(30000)])
                connection.call("SAVE")
            digest = connection.call("DEBUG", "DIGEST")
            connection.close()
            self.stop(node)
            for delay in (0, 0.01, 0.03, 0.1, 0.2):
                node.start()
                until(lambda: self.catches_sigterm(node), 5, "it has begun")
                time.sleep(delay)
                code, _ = node.terminate(5)
                self.assertEqual(code, 0, node.log()[-1000:])
            node.start()
            node.wait_ready()
            self.assertEqual(node.call("DEBUG", "DIGEST"), digest)

    def catches_sigterm(self, node):
        with open(f"/proc/{node.process.pid}/status") as status:
            mask = next(line.split()[1] for line in status if line.startswith("SigCgt:"))
        return int(mask, 16) >> (signal.SIGTERM - 1) & 1

    def test_shutdown_stops_the_node_and_closes_the_connection(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            with self.assertRaises(Closed):
                node.call("SHUTDOWN")
            self.assertEqual(node.wait_exit(5), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
