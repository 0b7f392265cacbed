"""A damaged or outdated directory never speaks under its old id (DESIGN decision 14): the node sets its files aside,
says which file and where, and is a new node, which the leader takes in the old one's place. A node alone stops."""

import os
import shutil
import signal
import tempfile
import unittest

from damage import flip
from load import Load
from nodes import Cluster, until
from return_as_new import ReturnsAsNew, identity, segment, voters


class ReturnDamagedTest(ReturnsAsNew):
    def test_a_flipped_bit_in_the_log(self):
        self.returns_as_new(lambda node: flip(segment(node), 200), "0000000001.seg at ")

    def test_a_flipped_bit_in_the_identity(self):
        self.returns_as_new(lambda node: flip(os.path.join(node.directory, "identity"), 10), "/identity")

    def test_a_damaged_state_shows_when_it_is_loaded(self):
        def damage(node):
            path = os.path.join(node.directory, "state.db")
            with open(path, "rb") as file:
                at = file.read().rindex(b"key")
            flip(path, at)
        self.returns_as_new(damage, "/state.db", restarts=1)

    def test_an_old_copy_of_the_directory(self):
        """Taken while the node was stopped; it has voted and acknowledged since."""
        with Cluster().start() as cluster, tempfile.TemporaryDirectory() as kept:
            with Load(cluster) as load:
                load.run_until_written(count=100)
                node = cluster.followers()[0]
                node.terminate()
                old, copy = identity(node), os.path.join(kept, "copy")
                shutil.copytree(node.directory, copy)
                node.start()
                node.wait_ready()
                cluster.wait_level()
                load.run_until_written(count=100)
                node.kill()
                shutil.rmtree(node.directory)
                shutil.copytree(copy, node.directory)
                node.start()
                node.wait_log("it returns as a new node")
                self.assertIn("is an older copy: it holds term ", node.log())
                self.assertTrue(any("has come back with an older copy of its directory" in other.log()
                                    for other in cluster.nodes if other is not node))
                node.wait_log("added to cluster")
                self.assertNotEqual(identity(node), old)
                load.run_until_written(count=100)
                until(lambda: len(voters(cluster)) == 3, "it is a voter")
            load.check(self)
            cluster.wait_one_state()

    def test_another_members_directory(self):
        with Cluster().start() as cluster:
            with Load(cluster) as load:
                load.run_until_written(count=100)
                node, other = cluster.followers()
                node.terminate()
                shutil.rmtree(node.directory)
                other.signal(signal.SIGSTOP)  # what it writes while it is copied might look like damage
                shutil.copytree(other.directory, node.directory)
                other.signal(signal.SIGCONT)
                cluster.leader()
                other.wait_ready()
                node.start()
                until(lambda: "claims the id of this node" in other.log() or
                      "another live process speaks as" in cluster.logs(), "it is refused by name")
                load.run_until_written(count=100)
                node.kill()
                load.ports = [each.port for each in cluster.nodes if each is not node]
            load.check(self)

    def test_a_node_alone_stops_and_touches_nothing(self):
        with Cluster(count=1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            node.call("SET", "key", "value")
            node.terminate()
            before = sorted(os.listdir(node.directory))
            flip(segment(node), 200)
            node.start()
            self.assertEqual(node.wait_exit(), 1)
            self.assertIn("0000000001.seg at ", node.log().splitlines()[-1])
            self.assertEqual(sorted(os.listdir(node.directory)), before)
            flip(segment(node), 200)
            node.start()
            node.wait_ready()
            self.assertEqual(node.call("GET", "key"), b"value")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
