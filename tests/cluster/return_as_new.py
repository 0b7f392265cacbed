"""A node whose directory is not what it left there returns as a new one (DESIGN decision 14)."""

import os
import unittest

from load import Load
from nodes import Cluster, until


def identity(node):
    with open(os.path.join(node.directory, "identity"), "rb") as file:
        return file.read()[8:16]


def voters(cluster):
    """Lines of INFO about the peers of the leader that vote, and the leader."""
    leader = cluster.find_leader()
    said = leader.call("INFO", "raft").decode() if leader else ""
    return [leader] + [line for line in said.splitlines() if line.startswith("raft_peer") and ",voter=1," in line]


def segment(node):
    return os.path.join(node.directory, "log", "0000000001.seg")


class ReturnsAsNew(unittest.TestCase):
    def returns_as_new(self, damage, named, restarts=0, prepare=None, options=()):
        """`damage(node)` is done to a stopped follower's directory."""
        with Cluster(options=options).start() as cluster:
            with Load(cluster, clients=3) as load:
                load.run_until_written(count=100)
                node = cluster.followers()[0]
                if prepare:
                    prepare(cluster, node)
                node.save()
                load.run_until_written(count=20)
                node.terminate()
                old = identity(node)
                damage(node)
                node.start()
                for _ in range(restarts):  # damage that shows only when the state is loaded
                    self.assertEqual(node.wait_exit(), 1)
                    node.start()
                node.wait_log("added to cluster")
                self.assertNotEqual(identity(node), old)
                if named:
                    self.assertIn(named, node.log())
                    self.assertIn("it returns as a new node", node.log())
                    aside = os.path.join(node.directory, "set-aside-1")
                    self.assertIn(aside, node.log())
                    self.assertIn("log", os.listdir(aside))
                load.run_until_written(count=100)
                until(lambda: len(voters(cluster)) == 3, "it is a voter")
                node.kill()
                node.start()
                node.wait_ready()
                self.assertEqual(node.log().count("it returns as a new node"), 1 if named else 0)
            load.check(self)
            cluster.wait_one_state()
