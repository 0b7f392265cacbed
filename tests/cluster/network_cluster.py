"""A cluster whose nodes each sit in a network namespace of their own (namespaces.py), and what tests
of its network say about it."""

import os
import time
import unittest

from namespaces import Network, why_impossible
from nodes import Cluster, Node, until
from resp import PATIENCE_S, Connection


class NamespacedNode(Node):
    def __init__(self, network, number, directory, options):
        super().__init__(directory, 7000 + number, 17000 + number, options)
        self.network, self.number = network, number
        self.launcher = ["ip", "netns", "exec", network.namespace(number)]

    def connect(self, timeout=PATIENCE_S):
        dial = lambda: self.network.connect(self.number, self.port, timeout)
        return Connection(self.port, timeout, dial=dial)

    def has_stepped_down(self):
        return self.info().get("raft_role", "leader") != "leader"


class NetworkCluster(Cluster):
    def __init__(self, count=3, options=(), seed=1):
        super().__init__(0)
        self.network = Network(count, seed)
        peers = ",".join(f"{Network.address(i)}:{17000 + i}" for i in self.network.numbers)
        self.nodes = [NamespacedNode(self.network, i, os.path.join(self.directory, f"node{i}"),
                                     ["--raft-peers", peers, *options])
                      for i in self.network.numbers]

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        self.network.close()

    def cut(self, some, others):
        self.network.cut(numbers(some), numbers(others))

    def cut_one_way(self, some, others):
        self.network.cut_one_way(numbers(some), numbers(others))

    def heal(self):
        self.network.heal()

    def all_but(self, nodes):
        return [node for node in self.nodes if node not in nodes]


def numbers(nodes):
    return [node.number for node in nodes]


@unittest.skipIf(why_impossible(), f"SKIPPED: {why_impossible()}")
class NetworkTestCase(unittest.TestCase):
    def step_down_seconds(self, leader, moment):
        """To be printed, not judged. Seen by asking, whose answer is up to 100 ms old."""
        until(leader.has_stepped_down, "the leader has stepped down")
        return time.monotonic() - moment
