"""Consumers wait in a queue while leaders stop in good order: every acknowledged element is found, with the one
consumer that was told so or where it was. An election may come at any time; it can make takes of unknown outcome, and
each of those excuses one element of its own."""

import itertools
import threading
import time
import unittest

from nodes import Cluster, until
from resp import Closed, ReplyError

CONSUMERS, PRODUCERS, STOPS = 30, 6, 6


class Party(threading.Thread):
    """A client that follows MOVED and goes on elsewhere when a node is silent."""

    def __init__(self, cluster, number):
        super().__init__(daemon=True)
        self.cluster, self.number, self.is_over = cluster, number, threading.Event()
        self.connection, self.unexpected = None, []

    def run(self):
        ports = itertools.cycle(node.port for node in self.cluster.nodes)
        port = next(ports)
        while not self.is_over.is_set():
            try:
                if self.connection is None:
                    self.connection = self.cluster.connect(port)
            except Closed:
                port = next(ports)
                time.sleep(0.02)
                continue
            try:
                self.act()
                continue
            except Closed:
                self.on_unknown()
                port = next(ports)
            except ReplyError as error:
                port = self.on_error(error, ports)
                time.sleep(0.01)
            self.connection.close()
            self.connection = None

    def on_error(self, error, ports):
        if error.code == "INDOUBT":
            self.on_unknown()
        elif error.code not in ("MOVED", "TRYAGAIN", "CLUSTERDOWN", "UNBLOCKED", "LOADING"):
            self.unexpected.append(str(error))
        return int(str(error).rsplit(":", 1)[1]) if error.code == "MOVED" else next(ports)


class Producer(Party):
    def __init__(self, cluster, number):
        super().__init__(cluster, number)
        self.step, self.acknowledged, self.unknown = 0, [], set()

    def act(self):
        self.step += 1
        self.connection.call("RPUSH", "queue", self.element())
        self.acknowledged.append(self.element())

    def element(self):
        return b"%d.%d" % (self.number, self.step)

    def on_unknown(self):
        self.unknown.add(self.element())


class Consumer(Party):
    """Every other one moves what it takes into an inbox of its own: a witness of what it took."""

    def __init__(self, cluster, number):
        super().__init__(cluster, number)
        self.taken, self.unknown = [], 0
        self.inbox = f"inbox{number}" if number % 2 else None

    def act(self):
        if self.inbox:
            element = self.connection.call("BLMOVE", "queue", self.inbox, "LEFT", "RIGHT", 1)
        else:
            reply = self.connection.call("BLPOP", "queue", 1)
            element = reply[1] if reply else None
        if element is not None:
            self.taken.append(element)

    def on_unknown(self):
        self.unknown += 1


class WaitingTest(unittest.TestCase):
    def test_planned_stops_lose_no_acknowledged_element(self):
        with Cluster().start() as cluster:
            consumers = [Consumer(cluster, number) for number in range(CONSUMERS)]
            producers = [Producer(cluster, number) for number in range(PRODUCERS)]
            for party in consumers + producers:
                party.start()
            for _ in range(STOPS):
                self.run_until_taken(consumers)
                leader = cluster.leader()
                self.assertEqual(leader.terminate(), 0, leader.log()[-1000:])
                self.run_until_taken(consumers)
                leader.start()
                leader.wait_ready()
            for parties in (producers, consumers):
                for party in parties:
                    party.is_over.set()
                for party in parties:
                    party.join()
            self.judge(cluster, consumers, producers)

    def run_until_taken(self, consumers):
        before = sum(len(consumer.taken) for consumer in consumers)
        until(lambda: sum(len(consumer.taken) for consumer in consumers) >= before + 500,
              "consumers get on")

    def judge(self, cluster, consumers, producers):
        def read(name):
            return cluster.do("LRANGE", name, 0, -1)

        found, blind = list(read("queue")), 0
        for consumer in consumers:
            self.assertEqual(consumer.unexpected, [])
            if not consumer.inbox:
                found += consumer.taken
                blind += consumer.unknown
                continue
            inbox = read(consumer.inbox)
            found += inbox
            self.assertLessEqual(set(consumer.taken), set(inbox))
            self.assertLessEqual(len(inbox) - len(consumer.taken), consumer.unknown,
                                 "only a take of unknown outcome may have taken what it was not told")
        pushed = [element for producer in producers for element in producer.acknowledged]
        maybe = set().union(*(producer.unknown for producer in producers))
        missing = set(pushed) - set(found)
        unknown = sum(consumer.unknown for consumer in consumers)
        print(f"    {len(pushed)} acknowledged elements, {len(missing)} gone; takes of unknown outcome: {unknown}, "
              f"{blind} of them without a witness")
        self.assertEqual(len(found), len(set(found)), "nothing is given twice")
        self.assertLessEqual(set(found), set(pushed) | maybe)
        self.assertLessEqual(len(missing), blind, sorted(missing)[:20])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
