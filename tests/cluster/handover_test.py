"""Leadership is handed over under load, by CLUSTER FAILOVER and by SIGTERM: no write is lost or carried out twice, and where
no other election comes between none is left in doubt. How long no write succeeds is measured by ./dev bench failover."""

import math
import threading
import unittest

from load import Load
from nodes import IS_LONG, Cluster, until
from ports import free_ports
from resp import PATIENCE_S, RETRYABLE, Closed, ReplyError

TRANSFERS = 50 if IS_LONG else 10
STOPS = 5 if IS_LONG else 2


class Eager(threading.Thread):
    """Writes without a pause, a pipeline at a time, to whoever leads; counts the writes that were acknowledged and those
    whose outcome is unknown, and notes replies that may not come."""

    PIPELINE = 4

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.is_over = cluster, threading.Event()
        self.written, self.unknown, self.wrong = 0, 0, []

    def run(self):
        connection, port, step = None, self.cluster.nodes[0].port, 0
        while not self.is_over.is_set():
            step += 1
            try:
                connection = connection or self.cluster.connect(port)
            except Closed:
                port = self.cluster.nodes[step % len(self.cluster.nodes)].port
                continue
            try:
                replies = connection.pipeline([("RPUSH", "list", f"{step}.{i}") for i in range(self.PIPELINE)])
            except Closed:
                self.unknown += self.PIPELINE
                connection.close()
                connection = None
                continue
            for reply in replies:
                port = self.take(reply, port)
            if port != connection.port:
                connection.close()
                connection = None
        if connection:
            connection.close()

    def take(self, reply, port):
        """Where to go on."""
        if isinstance(reply, int):
            self.written += 1
        elif not isinstance(reply, ReplyError) or reply.code not in (*RETRYABLE, "INDOUBT"):
            self.wrong.append(str(reply))
        elif reply.code == "INDOUBT":
            self.unknown += 1
        elif reply.code == "MOVED":
            return int(str(reply).rsplit(":", 1)[1])
        return port

    def stop(self):
        self.is_over.set()
        self.join()


def takes_over(heir):
    try:
        return heir.call("CLUSTER", "FAILOVER", "FORCE") == "OK"
    except ReplyError as error:  # it was faster by itself, or not fast enough
        return "You should send CLUSTER FAILOVER to a replica" in str(error)


def count_disturbances(cluster):
    """Words of nodes that heard too little: then leadership may be lost with writes under way."""
    text = cluster.logs()
    return sum(text.count(words) for words in ("heard nothing from leader", "no leader is known", "a majority has not been heard"))


class HandoverTest(unittest.TestCase):
    def test_failover_to_a_follower_under_load(self):
        # Patient ones, so that leadership moves by order only, on most machines.
        with Cluster(options=["--raft-election-timeout", "2000"]).start() as cluster:
            eager = Eager(cluster)
            with Load(cluster, reads=0.3, timeout=PATIENCE_S) as load:
                load.run_until_written()
                term, before = cluster.term(), count_disturbances(cluster)
                eager.start()
                for number in range(TRANSFERS):
                    cluster.hand_over(cluster.followers()[number % 2])
                    load.run_until_written()
                eager.stop()
            elections, disturbances = cluster.term() - term, count_disturbances(cluster) - before
            load.check(self)
            self.assertEqual(eager.wrong, [])
            length = cluster.do("LLEN", "list")
            self.assertGreaterEqual(length, eager.written, "what was acknowledged happened")
            self.assertLessEqual(length, eager.written + eager.unknown, "and what was refused did not")
            unknown = self.count_unknown(load)
            print(f"    {TRANSFERS} transfers, {elections} elections, {disturbances} without an order; {eager.written} writes of the list and "
                  f"{eager.unknown} in doubt, {unknown} of the others in doubt")
            if disturbances == 0:
                self.assertEqual((eager.unknown, unknown), (0, 0), "none is in doubt")
            cluster.wait_one_state()

    def test_sigterm_of_the_leader_under_load(self):
        with Cluster().start() as cluster:
            with Load(cluster, reads=0.2) as load:
                load.run_until_written()
                term = cluster.term()
                for _ in range(STOPS):
                    leader = cluster.leader()
                    self.assertEqual(leader.terminate(), 0)
                    load.run_until_written()
                    leader.start()
                    leader.wait_ready()
                    load.run_until_written()
                elections = cluster.term() - term
            load.check(self)
            unknown = self.count_unknown(load)
            # A client that says nothing while its node stops finds the connection closed, and its next write in doubt.
            print(f"    {STOPS} stops of the leader, {elections} elections, {unknown} writes in doubt")
            cluster.wait_one_state()

    def count_unknown(self, load):
        return sum(operation.ended == math.inf for client in load.clients for operation in client.operations)

    def test_force_replaces_a_leader_that_is_gone(self):
        with Cluster().start() as cluster:
            gone = cluster.leader()
            heir = next(node for node in cluster.nodes if node is not gone)
            gone.kill()
            until(lambda: takes_over(heir), "it takes over")
            with self.assertRaisesRegex(ReplyError, "TAKEOVER would lead without a majority"):
                heir.call("CLUSTER", "FAILOVER", "TAKEOVER")

    def test_announced_names_are_followed_when_they_change(self):
        with Cluster().start() as cluster:
            for node in cluster.nodes:  # whoever leads
                node.call("CONFIG", "SET", "cluster-announce-ip", "192.0.2.7")
                node.call("CONFIG", "SET", "cluster-announce-hostname", "one.example")
                node.call("CONFIG", "SET", "cluster-announce-port", "7777")
            until(lambda: any(self.redirects(node, "192.0.2.7:7777") for node in cluster.nodes), "MOVED follows")
            until(lambda: self.shows(cluster.nodes[0], "192.0.2.7:7777@", ",one.example"), "CLUSTER NODES follows")

    @staticmethod
    def shows(node, *words):
        text = node.call("CLUSTER", "NODES").decode()
        return all(word in text for word in words)

    @staticmethod
    def redirects(node, address):
        try:
            node.call("SET", "a", "1")
        except ReplyError as error:
            return str(error).startswith("MOVED ") and str(error).endswith(" " + address)
        return False

    def test_a_node_that_moved_is_found_again(self):
        with Cluster().start() as cluster:
            moved = cluster.followers()[0]
            moved.terminate()
            (moved.raft_port,) = free_ports(1)
            moved.start()
            moved.wait_ready()
            until(lambda: f"@{moved.raft_port}" in cluster.do("CLUSTER", "NODES").decode(), "the new port is known")
            until(lambda: "has moved from" in cluster.logs(), "and follows in the membership")
            cluster.do("SET", "a", "1")
            cluster.wait_one_state()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
