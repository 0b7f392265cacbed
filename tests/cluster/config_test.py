"""Configuration as a person meets it: files, arguments, CONFIG, the log file, --help."""

import os
import re
import socket
import subprocess
import unittest

from nodes import SERVER, Cluster, until
from resp import PATIENCE_S, Closed, ReplyError


def run(*arguments):
    """Runs the server to its end: (exit code, output, errors)."""
    done = subprocess.run([SERVER, *arguments], capture_output=True, text=True, timeout=PATIENCE_S)
    return done.returncode, done.stdout, done.stderr


class ConfigTest(unittest.TestCase):
    def alone(self, text=""):
        """One node whose file is `text`, not yet started."""
        cluster = Cluster(1, peers=False)
        self.addCleanup(cluster.__exit__, None, None, None)
        node = cluster.nodes[0]
        self.path = os.path.join(cluster.directory, "node.conf")
        self.write(text)
        node.arguments = [self.path]
        return node

    def write(self, text):
        with open(self.path, "w") as file:
            file.write(text)

    def read(self):
        with open(self.path) as file:
            return file.read()

    def refused(self, node, *words):
        node.start()
        self.assertNotEqual(node.wait_exit(), 0)
        for word in words:
            self.assertIn(word, node.log())

    def test_help_and_version_say_what_this_is(self):
        code, text, _ = run("--help")
        self.assertEqual(code, 0)
        self.assertIn("usage: quorate-server", text)
        self.assertIn("--raft-peers", text)
        code, text, _ = run("--version")
        self.assertEqual(code, 0)
        self.assertRegex(text, r"quorate-server \d+\.\d+\.\d+ .*7\.0\.15")

    def test_a_misspelt_directive_is_refused_with_file_and_line(self):
        self.refused(self.alone("maxclients 100\n\n# a remark\nmaxclient 100\n"), "maxclient",
                     "node.conf:4")

    def test_a_value_that_cannot_be_is_refused_with_file_and_line(self):
        self.refused(self.alone("loglevel chatty\n"), "loglevel", "node.conf:1")

    def test_a_file_that_is_not_there_is_named(self):
        code, _, errors = run("/nowhere/node.conf")
        self.assertNotEqual(code, 0)
        self.assertIn("/nowhere/node.conf", errors)

    def test_a_misspelt_argument_is_named(self):
        code, _, errors = run("--prot", "7000")
        self.assertNotEqual(code, 0)
        self.assertIn("prot", errors)

    def test_a_directive_without_meaning_here_is_accepted_with_a_warning(self):
        node = self.alone("activerehashing yes\nrdbcompression yes\n")
        node.start()
        node.wait_ready()
        self.assertRegex(node.log(), r"rdbcompression|activerehashing")

    def test_an_included_file_counts_at_its_place_and_its_errors_name_it(self):
        node = self.alone()
        other = self.path.replace("node.conf", "other.conf")
        self.write(f"maxclients 50\ninclude {other}\ntimeout 7\n")
        with open(other, "w") as file:
            file.write("maxclients 60\ntimeout 9\n")
        node.start()
        node.wait_ready()
        self.assertEqual(node.call("CONFIG", "GET", "maxclients"), [b"maxclients", b"60"])
        self.assertEqual(node.call("CONFIG", "GET", "timeout"), [b"timeout", b"7"])
        node.kill()
        with open(other, "w") as file:
            file.write("\nnonsense 1\n")
        self.refused(node, "other.conf:2")

    def test_what_config_rewrite_wrote_rules_after_a_restart(self):
        node = self.alone("# kept\nmaxclients 50\n")
        node.start()
        node.wait_ready()
        self.assertEqual(node.call("CONFIG", "SET", "maxclients", "77", "timeout", "30"), "OK")
        self.assertEqual(node.call("CONFIG", "REWRITE"), "OK")
        text = self.read()
        self.assertIn("# kept", text)
        self.assertIn("maxclients 77", text)
        self.assertNotIn("maxclients 50", text)
        node.kill()
        node.start()
        node.wait_ready()
        self.assertEqual(node.call("CONFIG", "GET", "maxclients"), [b"maxclients", b"77"])
        self.assertEqual(node.call("CONFIG", "GET", "timeout"), [b"timeout", b"30"])

    def test_config_rewrite_without_a_file_or_a_place_to_write_says_so(self):
        with Cluster(1, peers=False).start() as cluster:
            with self.assertRaises(ReplyError) as caught:
                cluster.nodes[0].call("CONFIG", "REWRITE")
            self.assertIn("without a config file", str(caught.exception))
        node = self.alone("maxclients 50\n")
        node.start()
        node.wait_ready()
        os.mkdir(self.path + ".new")  # where the new text would be written
        with self.assertRaises(ReplyError) as caught:
            node.call("CONFIG", "REWRITE")
        self.assertIn("Rewriting config file", str(caught.exception))
        self.assertEqual(self.read(), "maxclients 50\n")
        os.rmdir(self.path + ".new")

    def test_a_password_guards_everything_and_a_wrong_one_opens_nothing(self):
        node = self.alone("requirepass sesame\n")
        node.start()
        node.wait_log("Ready to accept connections")
        connection = node.connect()
        for command in (("GET", "k"), ("SET", "k", "v"), ("INFO",), ("CONFIG", "GET", "*"),
                        ("CLUSTER", "INFO"), ("SHUTDOWN",), ("DEBUG", "SLEEP", "1")):
            with self.assertRaises(ReplyError) as caught:
                connection.call(*command)
            self.assertEqual(str(caught.exception), "NOAUTH Authentication required.")
        with self.assertRaises(ReplyError) as caught:
            connection.call("AUTH", "wrong")
        self.assertEqual(caught.exception.code, "WRONGPASS")
        self.assertEqual(connection.call("AUTH", "sesame"), "OK")
        self.assertEqual(connection.call("SET", "k", "v"), "OK")
        self.assertNotIn("sesame", node.log())

    def test_the_log_goes_to_the_file_and_the_level_counts_at_once(self):
        node = self.alone()
        path = os.path.join(os.path.dirname(self.path), "quorate.log")
        self.write(f"logfile {path}\nloglevel warning\n")
        node.start()
        node.wait_ready()

        def own_log():
            with open(path) as file:
                return file.read()
        self.assertNotIn("is starting", own_log())
        self.assertEqual(node.call("CONFIG", "SET", "loglevel", "notice"), "OK")
        self.assertEqual(node.call("SET", "k", "v"), "OK")  # a state without an entry has nothing to save
        self.assertEqual(node.call("SAVE"), "OK")
        line = until(lambda: next((line for line in own_log().splitlines() if "checkpoint" in line), None), "its line")
        self.assertRegex(line, r"^\d+:M \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} \* ")

    def test_bind_opens_only_the_addresses_named(self):
        node = self.alone("bind 127.0.0.2\nprotected-mode no\n")
        node.start()
        node.wait_log("Ready to accept connections")
        with self.assertRaises(Closed):
            node.connect()
        with socket.create_connection(("127.0.0.2", node.port), timeout=PATIENCE_S) as door:
            door.sendall(b"PING\r\n")
            self.assertEqual(door.recv(100), b"+PONG\r\n")

    def test_an_address_or_a_port_that_cannot_be_had_is_named(self):
        self.refused(self.alone("bind 203.0.113.7\n"), "203.0.113.7")
        node = self.alone()
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", node.port))
            other.listen()
            self.refused(node, f"{node.port}", "address already in use")

    def test_a_data_directory_that_cannot_be_made_is_named(self):
        node = self.alone()
        node.directory = "/proc/nowhere"
        node.start()
        self.assertNotEqual(node.wait_exit(), 0)
        self.assertIn("/proc/nowhere", node.log())


class ShownTest(unittest.TestCase):
    def test_info_tells_of_build_allocator_and_log(self):
        with Cluster(1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            connection = node.connect()
            connection.pipeline([("SET", f"key{i}", "x" * 1000) for i in range(2000)])
            facts = node.info("everything")
            self.assertTrue(re.fullmatch(r"(?!0+$)[0-9a-f]{16}", facts["redis_build_id"]))
            until(lambda: int(node.info()["raft_log_bytes"]) > 2_000_000, "the log's size is seen")
            facts = node.info("everything")
            self.assertEqual(facts["aof_current_size"], facts["raft_log_bytes"])
            until(lambda: int(node.info("memory")["used_memory"]) > 2_000_000, "memory is seen")
            self.assertRegex(node.info("memory")["mem_allocator"], r"^(jemalloc-\d+\.\d+|libc)")
            facts = node.info()
            self.assertLessEqual(int(facts["raft_applied_index"]), int(facts["raft_commit_index"]))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
