"""A damaged, emptied or outdated directory never speaks under its old id (DESIGN decision 14): the node sets
its files aside, says which file and where, and is a new node, which the leader takes in the old one's place. A
node alone stops."""

import os
import shutil
import signal
import tempfile
import unittest

from damage import flip
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


class ReturnDamagedTest(unittest.TestCase):
    def returns_as_new(self, damage, named, restarts=0, prepare=None, options=()):
        """`damage(node)` is done to a stopped follower's directory."""
        with Cluster(options=options).start() as cluster:
            with Load(cluster) as load:
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

    def test_each_file_missing(self):
        for name in ("identity", "log/note", "log/0000000001.seg"):
            with self.subTest(name):
                self.returns_as_new(lambda node: os.remove(os.path.join(node.directory, name)), name)

    def test_an_emptied_directory(self):
        def damage(node):
            shutil.rmtree(node.directory)
            os.mkdir(node.directory)
        self.returns_as_new(damage, None)

    def test_the_state_missing_when_the_log_begins_behind_it(self):
        def fill(cluster, node):
            for number in range(6):
                cluster.do("SET", f"large{number}", "x" * (16 << 20))
            cluster.wait_level()
            until(lambda: node.save() or not os.path.exists(segment(node)), "the beginning of the log is gone")
        def damage(node):
            for name in os.listdir(node.directory):
                if name.startswith("state.db"):
                    os.remove(os.path.join(node.directory, name))
        self.returns_as_new(damage, "there is no checkpoint of what lies before it", prepare=fill,
                            options=["--raft-catchup-log-max", "1kb"])

    def test_the_state_missing_when_the_log_has_all_of_it(self):
        with Cluster().start() as cluster:
            node = cluster.followers()[0]
            cluster.do("SET", "key", "value")
            cluster.wait_level()
            node.save()
            node.terminate()
            os.remove(os.path.join(node.directory, "state.db"))
            node.start()
            node.wait_ready()
            cluster.wait_one_state()

    def test_an_emptied_log(self):
        def damage(node):
            shutil.rmtree(os.path.join(node.directory, "log"))
        self.returns_as_new(damage, "log/note at 0: it is missing")

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
