"""Reads by a lease, and linearizable reads of followers, with real processes and frozen leaders."""

import os
import signal
import time
import unittest

from nodes import Cluster, until
from resp import Closed, ReplyError

LEASE = ("--read-mode", "lease")
ROUNDS = int(os.environ.get("QUORATE_ROUNDS", "6"))


def receive_at_last(connection):
    """A reply or an error reply as text; None: the connection broke."""
    try:
        return connection.receive()
    except ReplyError as error:
        return error.code
    except Closed:
        return None


class LeaseTest(unittest.TestCase):
    def test_a_frozen_leader_that_thaws_serves_nothing_old(self):
        """What was asked of it while it slept, after its successor had taken a write, must not be
        answered from before that write."""
        with Cluster(options=LEASE).start() as cluster:
            answers = {}
            for turn in range(ROUNDS):
                old = cluster.leader()
                self.assertEqual(old.call("SET", "register", f"old {turn}"), "OK")
                readers = [old.connect(10) for _ in range(4)]
                for reader in readers:
                    self.assertEqual(reader.call("GET", "register"), f"old {turn}".encode())
                # Longer than any lease, then shorter and shorter: the thaw falls into the election.
                old.signal(signal.SIGSTOP)
                time.sleep(0.05)
                others = [node for node in cluster.nodes if node is not old]
                new = until(lambda: next((node for node in others
                                          if node.info().get("raft_role") == "leader"), None),
                            10, "another leader")
                def is_written():
                    try:
                        return new.call("SET", "register", f"new {turn}") == "OK"
                    except (Closed, ReplyError):
                        return False
                until(is_written, 10, "the new leader takes writes")
                for reader in readers:
                    reader.send("GET", "register")
                old.signal(signal.SIGCONT)
                for reader in readers:
                    answer = receive_at_last(reader)
                    self.assertNotEqual(answer, f"old {turn}".encode(), "a stale read")
                    answers[str(answer)[:8]] = answers.get(str(answer)[:8], 0) + 1
                    reader.close()
                until(lambda: old.info().get("raft_role") == "follower", 10, "the old leader follows")
                cluster.wait_level()
            print(f"    {ROUNDS} leaders frozen in lease mode; their answers after the thaw: {answers}")

    def test_reads_need_no_round(self):
        with Cluster(options=LEASE).start() as cluster:
            leader = cluster.leader()
            leader.call("SET", "a", "1")
            time.sleep(0.3)
            with leader.connect() as connection:
                begun = time.monotonic()
                for _ in range(2000):
                    self.assertEqual(connection.call("GET", "a"), b"1")
                print(f"    2000 reads by lease one after the other: "
                      f"{1e6 * (time.monotonic() - begun) / 2000:.0f} us each")


class FollowerTest(unittest.TestCase):
    def run_with(self, options):
        with Cluster(options=options).start() as cluster:
            leader, followers = cluster.leader(), cluster.followers()
            writer = leader.connect()
            readers = [node.connect() for node in followers]
            for reader in readers:
                self.assertEqual(reader.call("CLIENT", "LINEARIZABLE", "ON"), "OK")
            begun = time.monotonic()
            for i in range(300):
                writer.call("SET", "a", str(i))
                for reader in readers:
                    self.assertEqual(reader.call("GET", "a"), str(i).encode())
            took = time.monotonic() - begun
            for reader in readers:
                replies = reader.pipeline([("MULTI",), ("GET", "a"), ("DBSIZE",), ("EXEC",)])
                self.assertEqual(replies[-1], [b"299", 1])
                with self.assertRaises(ReplyError) as refused:
                    reader.call("SET", "a", "x")
                self.assertEqual(refused.exception.code, "MOVED")
                self.assertEqual(reader.call("CLIENT", "LINEARIZABLE", "OFF"), "OK")
                with self.assertRaises(ReplyError) as refused:
                    reader.call("GET", "a")
                self.assertEqual(refused.exception.code, "MOVED")
            print(f"    {' '.join(options) or 'tickets'}: a write and a read of each follower "
                  f"{1e6 * took / 300:.0f} us")
            for connection in (writer, *readers):
                connection.close()

    def test_followers_see_the_last_acknowledged_write_at_once(self):
        self.run_with(())

    def test_and_of_a_leader_with_a_lease(self):
        self.run_with(LEASE)

    def test_without_a_leader_a_retryable_answer_comes_in_time(self):
        with Cluster().start() as cluster:
            leader, followers = cluster.leader(), cluster.followers()
            leader.call("SET", "a", "1")
            reader = followers[0].connect(15)
            reader.call("CLIENT", "LINEARIZABLE", "ON")
            self.assertEqual(reader.call("GET", "a"), b"1")
            leader.signal(signal.SIGSTOP)
            followers[1].signal(signal.SIGSTOP)
            begun = time.monotonic()
            with self.assertRaises(ReplyError) as refused:
                reader.call("GET", "a")
            took = time.monotonic() - begun
            self.assertIn(refused.exception.code, ("CLUSTERDOWN", "MOVED", "TRYAGAIN"))
            self.assertLess(took, 6)
            leader.signal(signal.SIGCONT)
            followers[1].signal(signal.SIGCONT)
            until(lambda: self.reads_again(followers[0]), 15, "reads of the follower again")
            reader.close()
            print(f"    without a leader: {refused.exception.code} after {took:.1f} s")

    def reads_again(self, node):
        try:
            with node.connect() as connection:
                connection.call("CLIENT", "LINEARIZABLE", "ON")
                return connection.call("GET", "a") == b"1"
        except (Closed, ReplyError):
            return False


if __name__ == "__main__":
    unittest.main()
