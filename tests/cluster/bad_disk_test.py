"""What a disk may do to a node (DESIGN decision 17): errors end the process with a line and the others
go on; without space or quota it acknowledges nothing, hands over and goes on when there is room."""

import contextlib
import errno
import time
import unittest

from bad_disk import BadDisks
from load import Load
from nodes import Cluster, dwell, until
from resp import Closed, ReplyError


def begin_checkpoint(node):
    """The node may be gone before its reply is, or have begun one by itself."""
    with contextlib.suppress(Closed, ReplyError):
        node.call("BGSAVE")


class BadDiskTest(unittest.TestCase):
    def setUp(self):
        self.disks = self.enterContext(BadDisks())
        self.cluster = self.enterContext(Cluster())
        self.disks.start_all(self.cluster)

    def load(self, **options):
        """Clients on an empty cluster: they know all that may be in it."""
        until(self.is_emptied, "somebody empties it")
        return Load(self.cluster, **options)

    def is_emptied(self):
        with contextlib.suppress(Closed, ReplyError):  # also MISCONF, of one that does not know yet that it has room
            return self.cluster.leader().call("FLUSHALL") == "OK"
        return False

    def check_end(self, load):
        for client in load.clients:  # what Redis says of a disk that it cannot write to
            client.unexpected = [text for text in client.unexpected if not text.startswith("MISCONF")]
        load.check(self)
        self.cluster.wait_ready()
        self.cluster.wait_one_state()

    def die_of(self, node, provoke, *commands):
        """The node ends with a line that names the file; the others go on; it comes back."""
        with self.load() as load:
            load.run_until_written()
            self.disks.fail(node, *commands)
            provoke(node)
            self.assertEqual(node.wait_exit(), 1)
            line = node.log().splitlines()[-1]
            self.assertIn("the disk failed: ", line)
            self.assertIn("This node stops: what is on the disk is not known any more.", line)
            self.assertIn(commands[0][2].strip("/"), line)
            load.run_until_written(count=100)
            self.disks.heal(node)
            self.disks.start(node)
            node.wait_ready()
        self.check_end(load)

    def test_an_error_of_the_log_ends_the_process_and_the_others_go_on(self):
        for what in ("write", "sync"):
            for choose in (self.cluster.leader, lambda: self.cluster.followers()[0]):
                with self.subTest(what=what):
                    self.die_of(choose(), lambda node: None, (what, errno.EIO, "/log/"))

    def test_an_error_of_the_state_store_ends_the_process_and_the_others_go_on(self):
        for what in ("write", "sync"):
            with self.subTest(what=what):
                self.die_of(self.cluster.leader(), begin_checkpoint, (what, errno.EIO, "/state.db"))

    def test_a_leader_without_space_or_quota_hands_over_and_comes_back(self):
        for code in (errno.ENOSPC, errno.EDQUOT):
            with self.subTest(code=errno.errorcode[code]), self.load() as load:
                load.run_until_written()
                full = self.cluster.leader()
                self.disks.fail(full, ("write", code, "/log/"))
                until(lambda: self.cluster.find_leader() not in (None, full), "another leader")
                load.run_until_written(count=100)
                self.assertTrue(full.is_running())
                full.wait_log("the disk of the log is full, this node acknowledges nothing")
                self.disks.heal(full)
                full.wait_log("the disk of the log has room again")
                self.cluster.wait_level()
            self.check_end(load)

    def test_nothing_is_acknowledged_while_every_disk_is_full(self):
        with self.load(timeout=20) as load:
            load.run_until_written()
            for node in self.cluster.nodes:
                self.disks.fail(node, ("write", errno.ENOSPC, "/log/"))
            full = time.monotonic()
            dwell(1)
            load.demand_no_write(self, full)
            for node in self.cluster.nodes:
                self.disks.heal(node)
            load.run_until_written(count=100)
        self.check_end(load)

    def test_a_checkpoint_without_space_or_quota_is_tried_again(self):
        leader = self.cluster.leader()
        for code in (errno.ENOSPC, errno.EDQUOT):
            with self.subTest(code=errno.errorcode[code]):
                failures = leader.log().count("checkpoint failed")
                self.cluster.do("SET", f"key{code}", "x" * 100_000)
                self.disks.fail(leader, ("write", code, "/state.db"))
                begin_checkpoint(leader)
                until(lambda: leader.log().count("checkpoint failed") > failures, "it fails")
                self.assertEqual(self.cluster.do("SET", "goes", "on"), "OK")
                self.disks.heal(leader)
                leader.save()
                self.assertTrue(leader.is_running())

    # A running node has its files open: it goes on until it needs a new one, which may be soon.
    def test_a_read_only_directory_is_named_at_the_start_and_a_running_node_goes_on(self):
        node = self.cluster.followers()[0]
        with self.load() as load:
            self.disks.fail(node, ("name", errno.EROFS, node.directory))
            load.run_until_written(count=200)
            if node.is_running():
                node.kill()
            else:
                self.demand_words(node)
            self.disks.start(node)
            self.assertEqual(node.wait_exit(), 1)
            self.demand_words(node)
            self.disks.heal(node)
            self.disks.start(node)
            node.wait_ready()
        self.check_end(load)

    def demand_words(self, node):
        line = node.log().splitlines()[-1]
        self.assertIn(node.directory, line)
        self.assertIn("Read-only file system", line)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
