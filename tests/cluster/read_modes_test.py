"""Reads by a lease, and linearizable reads of followers, with real processes and frozen leaders."""

import os
import signal
import time
import unittest

from nodes import IS_LONG, Cluster, until
from resp import RETRYABLE, Closed, ReplyError

LEASE = ("--read-mode", "lease")
ROUNDS = int(os.environ.get("QUORATE_ROUNDS", "20" if IS_LONG else "4"))
WRITES = 300


def receive_at_last(connection):
    """A reply or an error reply as text; None: the connection broke."""
    try:
        return connection.receive()
    except ReplyError as error:
        return error.code
    except Closed:
        return None


class Reader:
    """A connection to one node whose reads are of that mode there."""

    def __init__(self, node, *mode):
        self.node, self.connection, self.mode = node, None, mode or ("LINEARIZABLE",)

    def pipeline(self, *commands):
        """The replies to the commands, when none was refused."""
        def attempt():
            if self.connection is None:
                self.connection = self.node.connect()
                self.connection.call("CLIENT", "READS", *self.mode)
            try:
                replies = self.connection.pipeline(commands)
            except Closed:
                self.close()
                return None
            # Whoever has just begun or ceased to lead, or knows no leader, says so.
            is_refused = any(isinstance(reply, ReplyError) and reply.code in (*RETRYABLE, "EXECABORT")
                             for reply in replies)
            return None if is_refused else replies
        return until(attempt, f"node {self.node.port} answers")

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class LeaseTest(unittest.TestCase):
    def test_a_frozen_leader_that_thaws_serves_nothing_old(self):
        """What was asked of it while it slept, after its successor had taken a write, must not be
        answered from before that write."""
        with Cluster(options=LEASE).start() as cluster:
            answers = {}
            for turn in range(ROUNDS):
                self.assertEqual(cluster.do("SET", "register", f"old {turn}"), "OK")
                old, readers = until(lambda: self.with_readers(cluster), "somebody leads")
                old.signal(signal.SIGSTOP)
                until(lambda: cluster.find_leader() not in (None, old), "another leader")
                self.assertEqual(cluster.do("SET", "register", f"new {turn}"), "OK")
                for reader in readers:
                    reader.send("GET", "register")
                old.signal(signal.SIGCONT)
                for reader in readers:
                    answer = receive_at_last(reader)
                    self.assertNotEqual(answer, f"old {turn}".encode(), "a stale read")
                    answers[str(answer)[:8]] = answers.get(str(answer)[:8], 0) + 1
                    reader.close()
                old.wait_ready()
                cluster.wait_level()
            print(f"    {ROUNDS} leaders frozen in lease mode; their answers after the thaw: {answers}")

    def with_readers(self, cluster):
        leader = cluster.leader()
        readers = [leader.connect() for _ in range(4)]
        for reader in readers:
            reader.call("GET", "register")
        return leader, readers


class FollowerTest(unittest.TestCase):
    def run_with(self, options):
        with Cluster(options=options).start() as cluster:
            readers = [Reader(node, mode) for node in cluster.nodes for mode in ("LINEARIZABLE", "LEASE")]
            begun = time.monotonic()
            for i in range(WRITES):
                cluster.do("SET", "a", str(i))
                for reader in readers:
                    self.assertEqual(reader.pipeline(("GET", "a")), [str(i).encode()])
            took = time.monotonic() - begun
            for reader in readers:
                replies = reader.pipeline(("MULTI",), ("GET", "a"), ("DBSIZE",), ("EXEC",))
                self.assertEqual(replies[-1], [str(WRITES - 1).encode(), 1])
                reader.close()
            until(lambda: self.redirects(cluster.followers()[0], "LINEARIZABLE", ("SET", "b", "x")), "a follower takes no write")
            until(lambda: self.redirects(cluster.followers()[0], "DEFAULT", ("GET", "a")), "nor a read by default")
            print(f"    {' '.join(options) or 'tickets'}: a write and a read of each node "
                  f"{1e6 * took / WRITES:.0f} us")

    @staticmethod
    def redirects(node, mode, command):
        with node.connect() as connection:
            connection.call("CLIENT", "READS", mode)
            try:
                connection.call(*command)
            except ReplyError as error:
                return error.code == "MOVED"
        return False  # it has become the leader

    def test_followers_see_the_last_acknowledged_write_at_once(self):
        self.run_with(())

    def test_and_of_a_leader_with_a_lease(self):
        self.run_with(LEASE)

    def test_without_a_leader_own_state_answers_as_long_as_it_was_said_to(self):
        with Cluster().start() as cluster:
            cluster.do("SET", "a", "1")
            leader = cluster.leader()
            asked, other = (node for node in cluster.nodes if node is not leader)
            readers = {mode: Reader(asked, *mode) for mode in
                       (("BOUNDED", "50"), ("BOUNDED", "86400000"), ("LOCAL",))}
            for reader in readers.values():
                until(lambda reader=reader: reader.pipeline(("GET", "a")) == [b"1"], "the write has come")
            for node in (leader, other):
                node.signal(signal.SIGSTOP)
            # Its evidence grows old, and nobody can give it another.
            young = readers["BOUNDED", "50"].connection
            refused = until(lambda: self.refusal(young), "a state older than 50 ms answers no more")
            self.assertIn(refused, ("CLUSTERDOWN", "MOVED", "TRYAGAIN"))
            for mode in (("BOUNDED", "86400000"), ("LOCAL",)):
                self.assertEqual(readers[mode].pipeline(("GET", "a")), [b"1"])
            for node in (leader, other):
                node.signal(signal.SIGCONT)
            self.assertEqual(readers["BOUNDED", "50"].pipeline(("GET", "a")), [b"1"])
            for reader in readers.values():
                reader.close()

    @staticmethod
    def refusal(connection):
        try:
            connection.call("GET", "a")
        except ReplyError as error:
            return error.code
        return None

    def test_without_a_leader_a_retryable_answer_comes(self):
        with Cluster().start() as cluster:
            cluster.do("SET", "a", "1")
            leader = cluster.leader()
            asked, other = (node for node in cluster.nodes if node is not leader)
            for node in (leader, other):
                node.signal(signal.SIGSTOP)
            reader = asked.connect()
            reader.call("CLIENT", "READS", "LINEARIZABLE")
            begun = time.monotonic()
            with self.assertRaises(ReplyError) as refused:
                reader.call("GET", "a")
            took = time.monotonic() - begun
            self.assertIn(refused.exception.code, ("CLUSTERDOWN", "MOVED", "TRYAGAIN"))
            for node in (leader, other):
                node.signal(signal.SIGCONT)
            reader.close()
            self.assertEqual(Reader(asked).pipeline(("GET", "a")), [b"1"])
            print(f"    without a leader: {refused.exception.code} after {took:.1f} s")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
