"""Publishers and subscribers on every node, through kills of the leader: no subscriber hears anything twice, out of its
publisher's order, or that nobody said, also not after it has come back. How much is missed is printed; within the life of
a publisher's and a subscriber's connection that should be nothing."""

import threading
import unittest

from nodes import IS_LONG, Cluster, until
from resp import Closed, ReplyError

KILLS = 20 if IS_LONG else 3
SUBSCRIBERS_PER_NODE = 3


class Visitor(threading.Thread):
    """One who connects to its node again and again."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.is_over, self.lives, self.failure = node, threading.Event(), 0, None

    def run(self):
        while not self.is_over.is_set():
            try:
                with self.node.connect(timeout=5) as connection:
                    self.lives += 1
                    self.live(connection)
            except (Closed, ReplyError, OSError):
                self.is_over.wait(0.02)
            except AssertionError as failure:
                self.failure = failure
                return


class Publisher(Visitor):
    """Says its name, its life's number, and how often it has spoken in it."""

    def __init__(self, name, node):
        super().__init__(node)
        self.name, self.spoken = name, {}

    def live(self, connection):
        life = self.lives
        while not self.is_over.is_set():
            number = self.spoken[life] = self.spoken.get(life, 0) + 1
            connection.call("PUBLISH", "news", f"{self.name} {life} {number}")


class Subscriber(Visitor):
    def __init__(self, node, publishers):
        super().__init__(node)
        self.publishers = {publisher.name: publisher for publisher in publishers}
        self.last, self.heard, self.missed = {}, 0, 0

    def live(self, connection):
        here = {}  # what this life has heard last
        connection.call("SUBSCRIBE", "news")
        while not self.is_over.is_set():
            name, life, number = connection.receive()[2].decode().split()
            life, number = int(life), int(number)
            assert number <= self.publishers[name].spoken.get(life, 0), f"nobody said {name} {life} {number}"
            last = self.last.get((name, life), 0)
            assert number > last, f"{name} {life} {number} comes behind {last}"
            self.last[name, life] = number
            self.missed += number - here.get((name, life), number - 1) - 1
            here[name, life] = number
            self.heard += 1

    def has_heard_all(self, since):
        """Of each publisher, in a life that had not begun or not gone so far then."""
        return self.failure is not None or all(
            any(who == name and number > since.get((who, life), 0) for (who, life), number in list(self.last.items()))
            for name in self.publishers)


class MessagesTest(unittest.TestCase):
    def test_a_killed_leader_repeats_nothing_and_is_heard_again(self):
        with Cluster().start() as cluster:
            publishers = [Publisher(f"publisher{i}", node) for i, node in enumerate(cluster.nodes)]
            subscribers = [Subscriber(node, publishers) for node in cluster.nodes for _ in range(SUBSCRIBERS_PER_NODE)]
            for visitor in publishers + subscribers:
                visitor.start()
            self.wait_heard(publishers, subscribers)
            for _ in range(KILLS):
                leader = cluster.leader()
                leader.kill()
                leader.start()
                cluster.wait_ready()
                self.wait_heard(publishers, subscribers)
            for visitor in publishers + subscribers:
                visitor.is_over.set()
            spoken = sum(sum(publisher.spoken.values()) for publisher in publishers)
            heard, missed = (sum(getattr(one, what) for one in subscribers) for what in ("heard", "missed"))
            print(f"{KILLS} kills: {spoken} messages, heard {heard} times by {len(subscribers)} subscribers, {missed} missed "
                  "between two that one connection heard of another")

    def wait_heard(self, publishers, subscribers):
        """Everybody is heard everywhere."""
        marks = [dict(subscriber.last) for subscriber in subscribers]
        until(lambda: all(one.has_heard_all(mark) for one, mark in zip(subscribers, marks)), "all are heard everywhere")
        for visitor in publishers + subscribers:
            self.assertIsNone(visitor.failure)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
