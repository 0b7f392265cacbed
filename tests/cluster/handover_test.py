"""Leadership is handed over under load, by CLUSTER FAILOVER and by SIGTERM: how long no write succeeds, that none is
lost or left in doubt, and that commands under way get their reply."""

import statistics
import threading
import time
import unittest

from load import Load
from nodes import Cluster, until
from resp import Closed, ReplyError

TRANSFERS = 50


class Eager(threading.Thread):
    """Writes without a pause, a pipeline at a time, to whoever leads; notes replies that are neither OK nor a
    redirection, and the times of those that are OK."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.is_over = cluster, threading.Event()
        self.written, self.counts, self.wrong, self.lost = [], {}, [], 0

    def run(self):
        connection, port, step = None, self.cluster.nodes[0].port, 0
        while not self.is_over.is_set():
            try:
                connection = connection or self.cluster.connect(port)
                step += 1
                replies = connection.pipeline([("RPUSH", "list", f"{step}.{i}") for i in range(4)])
            except Closed:
                self.lost += 1
                connection, port = None, self.cluster.nodes[step % len(self.cluster.nodes)].port
                continue
            for reply in replies:
                if isinstance(reply, int):
                    self.written.append(time.monotonic())
                elif str(reply).startswith("MOVED"):
                    port = int(str(reply).rsplit(":", 1)[1])
                elif not isinstance(reply, ReplyError) or reply.code not in ("TRYAGAIN", "CLUSTERDOWN"):
                    self.wrong.append(str(reply))
            if port != connection.port:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def stop(self):
        self.is_over.set()
        self.join()


def gaps(moments, times):
    """For each moment: the longest time between two writes around it."""
    found = []
    for moment in moments:
        near = [when for when in times if moment - 0.5 < when < moment + 2]
        found.append(max(b - a for a, b in zip(near, near[1:])))
    return found


class HandoverTest(unittest.TestCase):
    def check_gaps(self, what, found):
        print(f"    {len(found)} {what}: without a write median {1000 * statistics.median(found):.0f} ms, "
              f"maximum {1000 * max(found):.0f} ms")
        # The figure to reach is 100 ms; a machine that is busy with other tests is not held to it.
        self.assertLess(statistics.median(found), 0.5)

    def test_failover_to_a_follower_under_load(self):
        with Cluster().start() as cluster:
            eager = Eager(cluster)
            moments = []
            with Load(cluster, reads=0.3) as load:
                eager.start()
                load.run_until_written()
                for number in range(TRANSFERS):
                    target = cluster.followers()[number % 2]
                    moments.append(time.monotonic())
                    self.assertEqual(target.call("CLUSTER", "FAILOVER"), "OK")
                    self.assertEqual(target.info()["raft_role"], "leader")
                    load.run_until_written()
                    time.sleep(0.1)
                eager.stop()
            load.check(self)
            self.assertEqual(eager.wrong, [])
            self.assertEqual(eager.lost, 0, "no connection breaks")
            self.assertEqual(cluster.leader().call("LLEN", "list"), len(eager.written),
                             "each write that was not acknowledged did not happen, and the others did, once")
            unknown = sum(operation.ended == float("inf") for client in load.clients
                          for operation in client.operations)
            self.assertEqual(unknown, 0, "none is in doubt")
            self.check_gaps("transfers", gaps(moments, sorted(eager.written)))
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def test_sigterm_of_the_leader_under_load(self):
        with Cluster().start() as cluster:
            moments, in_doubt = [], []
            with Load(cluster, reads=0.2) as load:
                load.run_until_written()
                for _ in range(5):
                    leader = cluster.leader()
                    moments.append(time.monotonic())
                    code, _ = leader.terminate()
                    self.assertEqual(code, 0)
                    load.run_until_written()
                    leader.start()
                    leader.wait_ready()
                    load.run_until_written()
                in_doubt = [text for client in load.clients for text in client.unexpected]
            load.check(self)
            self.assertEqual(in_doubt, [])
            unanswered = sum(operation.ended == float("inf") for client in load.clients
                             for operation in client.operations)
            self.assertEqual(unanswered, 0, "commands under way get their reply, the others learn where to go")
            self.check_gaps("stops of the leader",
                            gaps(moments, [when for when, _ in load.acknowledged()]))

    def test_force_replaces_a_leader_that_is_gone(self):
        with Cluster().start() as cluster:
            follower = cluster.followers()[0]
            cluster.leader().kill()
            try:
                self.assertEqual(follower.call("CLUSTER", "FAILOVER", "FORCE", timeout=8), "OK")
            except ReplyError as error:  # it was faster by itself
                self.assertIn("You should send CLUSTER FAILOVER to a replica", str(error))
            self.assertEqual(follower.info()["raft_role"], "leader")
            with self.assertRaisesRegex(ReplyError, "You should send CLUSTER FAILOVER to a replica"):
                follower.call("CLUSTER", "FAILOVER")
            with self.assertRaisesRegex(ReplyError, "TAKEOVER would lead without a majority"):
                follower.call("CLUSTER", "FAILOVER", "TAKEOVER")

    def test_announced_names_are_followed_when_they_change(self):
        with Cluster().start() as cluster:
            leader, follower = cluster.leader(), cluster.followers()[0]
            leader.call("CONFIG", "SET", "cluster-announce-ip", "192.0.2.7")
            leader.call("CONFIG", "SET", "cluster-announce-hostname", "one.example")
            leader.call("CONFIG", "SET", "cluster-announce-port", "7777")
            moved = until(lambda: self.redirection(follower, "192.0.2.7:7777"), 5, "MOVED follows")
            self.assertTrue(moved.endswith("192.0.2.7:7777"), moved)
            nodes = follower.call("CLUSTER", "NODES").decode()
            self.assertIn("192.0.2.7:7777@", nodes)
            self.assertIn(",one.example", nodes)

    @staticmethod
    def redirection(node, address):
        try:
            node.call("SET", "a", "1")
        except ReplyError as error:
            return str(error) if address in str(error) else None
        return None

    def test_a_node_that_moved_is_found_again(self):
        with Cluster().start() as cluster:
            moved = cluster.followers()[0]
            moved.terminate()
            moved.raft_port = moved.raft_port + 500
            moved.start()
            moved.wait_ready()
            leader = cluster.leader()
            until(lambda: f"@{moved.raft_port}" in leader.call("CLUSTER", "NODES").decode(), 10,
                  "the new port is known")
            until(lambda: "has moved from" in leader.log(), 10, "and follows in the membership")
            leader.call("SET", "a", "1")
            cluster.wait_level()


if __name__ == "__main__":
    unittest.main(verbosity=2)
