#!/usr/bin/python3
"""Client libraries connect and work unmodified, against one node and against three, and live through
the death of a leader: hiredis, redis-py (plain and RedisCluster), ioredis 5 and 6 (plain and Cluster),
redis-cli (RESP2, RESP3, -c), and a RESP3 client of our own."""

import logging
import os
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import redis  # noqa: E402
from redis.cluster import ClusterNode, RedisCluster  # noqa: E402
from redis.exceptions import RedisClusterException  # noqa: E402

from compat.connection import Connection  # noqa: E402
from compat.servers import Servers, is_leader  # noqa: E402

CLIENTS = os.path.join(HERE, "clients")
NODE_MAJOR = 20  # what ioredis 6 asks for; Debian 12 has 18


def node_command():
    """Node.js that is new enough: the machine's, else npm's."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    if version and int(version[1:].split(".")[0]) >= NODE_MAJOR:
        return ["node"]
    return ["npm", "exec", "--yes", "--package=node@20.9.0", "--", "node"]


def run(command, seconds=60, text=None):
    result = subprocess.run(command, capture_output=True, text=True, timeout=seconds, input=text, cwd=CLIENTS)
    return result.returncode, result.stdout + result.stderr


def use_redis_py(test, client):
    test.assertTrue(client.set("{py}a", "1", ex=1000))
    test.assertEqual(client.get("{py}a"), b"1")
    test.assertEqual(client.incr("{py}a", 41), 42)
    test.assertIsNone(client.set("{py}a", "x", nx=True))
    test.assertEqual(client.set("{py}a", "y", get=True), b"42")
    test.assertTrue(0 < client.ttl("{py}a") <= 1000 or client.ttl("{py}a") == -1)
    with test.assertRaises(redis.ResponseError):
        client.incr("{py}a")
    pipeline = client.pipeline()
    for number in range(100):
        pipeline.set(f"{{py}}{number}", number).get(f"{{py}}{number}")
    test.assertEqual(pipeline.execute()[1::2], [b"%d" % number for number in range(100)])


class SingleNodeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.servers = Servers("node").__enter__()
        cls.port = cls.servers.target[1]

    @classmethod
    def tearDownClass(cls):
        cls.servers.__exit__(None, None, None)

    def test_hiredis(self):
        program = os.path.join(self.servers.directory, "hiredis")
        subprocess.run(["gcc", "-o", program, os.path.join(CLIENTS, "hiredis.c"), "-lhiredis"], check=True)
        self.assertEqual(run([program, str(self.port)]), (0, "OK\n"))

    def test_redis_py(self):
        client = redis.Redis(port=self.port)
        use_redis_py(self, client)
        transaction = client.pipeline(transaction=True)
        transaction.watch("{py}w")
        client.set("{py}w", "changed")
        transaction.multi()
        transaction.set("{py}w", "mine")
        with self.assertRaises(redis.WatchError):
            transaction.execute()
        self.assertEqual(client.transaction(lambda p: p.multi() or p.incr("{py}n"), "{py}n"), [1])
        self.assertEqual(sorted(client.scan_iter("{py}?")), sorted(client.keys("{py}?")))
        self.assertEqual(client.info()["redis_version"], "7.0.15")
        client.close()

    def test_ioredis(self):
        for library in ("ioredis5", "ioredis6"):
            self.assertEqual(run([*node_command(), "ioredis.js", library, "plain", str(self.port)]), (0, "OK\n"))

    def test_redis_cli(self):
        code, text = run(["redis-cli", "-p", str(self.port)], text="SET cli 1\nINCR cli\nGET cli\nOBJECT HELP\nNOSUCH\n")
        self.assertEqual(code, 0)
        self.assertTrue(text.startswith("OK\n2\n2\nOBJECT <subcommand>"), text)
        self.assertIn("ERR unknown command 'NOSUCH'", text)

    def test_redis_cli_in_resp3(self):
        code, text = run(["redis-cli", "-3", "-p", str(self.port), "--no-raw", "CONFIG", "GET", "timeout"])
        self.assertEqual((code, text), (0, '1# "timeout" => "0"\n'))
        self.assertEqual(run(["redis-cli", "-3", "-p", str(self.port), "--no-raw", "GET", "none"]), (0, "(nil)\n"))

    def test_a_resp3_client_of_our_own(self):
        connection = Connection(("127.0.0.1", self.port))
        kind, fields = connection.call("HELLO", "3")
        self.assertEqual((kind, len(fields)), (b"%", 14))
        self.assertEqual(connection.call("GET", "none"), (b"_", b""))
        self.assertEqual(connection.call("CONFIG", "GET", "timeout"), (b"%", ((b"$", b"timeout"), (b"$", b"0"))))
        self.assertEqual(connection.call("COMMAND", "INFO", "get")[1][0][1][2][0], b"~")
        connection.close()


class ClusterTest(unittest.TestCase):
    """Each test has a cluster of its own: a leader dies in most."""

    def setUp(self):
        self.servers = Servers("cluster")
        self.servers.__enter__()
        self.addCleanup(lambda: self.servers.__exit__(None, None, None))
        self.ports = self.servers.target_ports

    def follower(self):
        return next(port for port in self.ports if not is_leader(port))

    def kill_leader(self):
        port = next(port for port in self.ports if is_leader(port))
        process = self.servers.processes[f"quorate{self.ports.index(port) + 1}"]
        process.kill()
        process.wait()

    def test_redis_py_cluster(self):
        def connect():
            return RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port) for port in self.ports])

        client = RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", self.follower())])
        use_redis_py(self, client)
        self.assertEqual(client.mset_nonatomic({"a": 1, "b": 2, "c": 3}) and client.get("c"), b"3")
        written = []
        for number in range(300):
            if number == 100:
                self.kill_leader()
            try:
                if client.set(f"key{number}", number):
                    written.append(number)
            except (redis.RedisError, OSError):
                time.sleep(0.05)
            except RedisClusterException:
                # Debian's redis-py 4.3.4 fails to ask the nodes again when one died ("cannot pickle
                # '_thread.lock'", whatever the server): a new client object does.
                client = connect()
        self.assertGreater(len(written), 200)
        for number in written:
            self.assertEqual(client.get(f"key{number}"), b"%d" % number)
        client.close()

    def test_ioredis_cluster(self):
        for library in ("ioredis5", "ioredis6"):
            with self.subTest(library):
                process = subprocess.Popen([*node_command(), "ioredis.js", library, "cluster",
                                            *map(str, self.ports)], cwd=CLIENTS, text=True,
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                first = process.stdout.readline()
                if first == "WRITING\n" and library == "ioredis6":
                    time.sleep(0.5)
                    self.kill_leader()
                rest, _ = process.communicate(timeout=60)
                self.assertEqual((first, rest, process.returncode), ("WRITING\n", "OK\n", 0))

    def test_redis_cli_follows_to_the_leader(self):
        port = str(self.follower())
        self.assertEqual(run(["redis-cli", "-c", "-p", port, "SET", "cli", "1"]), (0, "OK\n"))
        code, text = run(["redis-cli", "-p", port, "SET", "cli", "2"])
        self.assertRegex(text, r"^MOVED 12787 127\.0\.0\.1:\d+\n+$", code)
        self.kill_leader()
        deadline = time.monotonic() + 10
        alive = next(p for p in self.ports if self.servers.processes[f"quorate{self.ports.index(p) + 1}"].poll() is None)
        while run(["redis-cli", "-c", "-p", str(alive), "SET", "cli", "3"]) != (0, "OK\n"):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(run(["redis-cli", "-c", "-p", str(alive), "GET", "cli"]), (0, "3\n"))


if __name__ == "__main__":
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=CLIENTS, check=True)
    logging.disable(logging.CRITICAL)  # redis-py tells of every lost connection
    unittest.main(verbosity=2, warnings="ignore")
