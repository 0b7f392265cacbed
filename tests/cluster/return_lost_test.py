"""A directory in which something is missing never speaks under its old id (DESIGN decision 14): the node sets what is
left aside, says what is missing, and is a new node, which the leader takes in the old one's place. What can be had from the
log is no loss."""

import os
import shutil
import unittest

from nodes import Cluster, until
from return_as_new import ReturnsAsNew, segment


class ReturnLostTest(ReturnsAsNew):
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


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
