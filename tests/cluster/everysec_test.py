"""appendfsync everysec and no (DESIGN decision 20). The power of a test's machine cannot fail: what a
start would find after that, another boot id, is written into the note of the log."""

import os
import struct
import unittest

from load import Load
from nodes import Cluster, dwell, until

FORGOT = "the power failed before acknowledged entries were synced"


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def note_of(node):
    with open(os.path.join(node.directory, "log", "note"), "rb") as file:
        return file.read()


def is_level_on_disk(node):
    return not note_of(node)[24] & 2


def pretend_another_boot(node):
    """The note's boot id lies between its flags and its checksum."""
    note = bytearray(note_of(node)[:-4])
    assert note.startswith(b"QRTNOTE1") and len(note) > 30
    note[-1] ^= 1
    with open(os.path.join(node.directory, "log", "note"), "wb") as file:
        file.write(note + struct.pack("<I", crc32c(note)))


class EverysecTest(unittest.TestCase):
    def test_a_node_whose_power_failed_is_brought_level_before_it_counts(self):
        with Cluster(options=["--appendfsync", "everysec"]).start() as cluster:
            with Load(cluster) as load:
                load.run_until_written(count=300)
                follower = cluster.followers()[0]
                follower.kill()
                pretend_another_boot(follower)
                follower.start()
                follower.wait_ready()
                follower.wait_log("has brought back what the power failure")
                load.run_until_written(count=100)
            self.assertIn(FORGOT, follower.log())
            self.assertIn("may have lost the end of its log", cluster.logs())
            load.check(self)
            until(lambda: is_level_on_disk(follower), "what was brought back is synced and noted")
            follower.kill()
            follower.start()
            follower.wait_ready()
            self.assertEqual(follower.log().count(FORGOT), 1, "it is over for good")
            cluster.wait_one_state()

    def test_after_a_power_failure_of_all_the_longest_log_leads_when_all_are_there(self):
        with Cluster(options=["--appendfsync", "no"]).start() as cluster:
            cluster.do_all([("SET", f"key{i}", i) for i in range(200)])
            cluster.wait_level()
            for node in cluster.nodes:
                node.kill()
                pretend_another_boot(node)
            for node in cluster.nodes[1:]:
                node.start()
            dwell(2)
            self.assertIsNone(cluster.find_leader(), "two of three cannot know what the third has")
            cluster.nodes[0].start()
            cluster.wait_ready()
            self.assertEqual(cluster.do("GET", "key199"), b"199")
            cluster.wait_one_state()

    def test_kill_of_all_loses_nothing_in_any_mode(self):
        for mode in ("everysec", "no"):
            with Cluster(options=["--appendfsync", mode]).start() as cluster:
                with Load(cluster) as load:
                    load.run_until_written(count=300)
                for node in cluster.nodes:
                    node.kill()
                for node in cluster.nodes:
                    node.start()
                cluster.wait_ready()
                load.check(self)
                self.assertNotIn(FORGOT, "".join(node.log() for node in cluster.nodes))

    def test_a_stop_or_a_change_to_always_leaves_nothing_to_forget(self):
        with Cluster(count=1, options=["--appendfsync", "everysec"], peers=False).start() as cluster:
            node = cluster.nodes[0]
            node.call("SET", "key", "1")
            node.terminate()
            pretend_another_boot(node)
            node.start()
            node.wait_ready()
            self.assertNotIn(FORGOT, node.log())
            node.call("SET", "key", "2")
            self.assertEqual(node.call("CONFIG", "SET", "appendfsync", "always"), "OK")
            self.assertEqual(node.call("CONFIG", "GET", "appendfsync"), [b"appendfsync", b"always"])
            node.call("SET", "key", "3")
            node.kill()
            pretend_another_boot(node)
            node.start()
            node.wait_ready()
            self.assertNotIn(FORGOT, node.log())
            self.assertEqual(node.call("GET", "key"), b"3")
            self.assertEqual(node.call("CONFIG", "SET", "appendfsync", "no"), "OK")
            node.call("SET", "key", "4")
            node.kill()
            pretend_another_boot(node)
            node.start()
            node.wait_ready()
            self.assertIn("the only voter goes on with what it has", node.log())
            self.assertEqual(node.call("GET", "key"), b"4")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
