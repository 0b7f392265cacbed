#!/usr/bin/python3
"""Client libraries connect and work unmodified, against one node and against three, and live through
the death of a leader: hiredis, redis-py (plain and RedisCluster), ioredis 5 and 6 (plain and Cluster),
redis-cli (RESP2, RESP3, -c), and a RESP3 client of our own."""

import itertools
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

from compat.connection import HANG_S, Connection  # noqa: E402
from compat.servers import Servers, until  # noqa: E402

CLIENTS = os.path.join(HERE, "clients")
NODE_MAJOR = 20  # what ioredis 6 asks for; Debian 12 has 18


def node_command():
    """Node.js that is new enough: the machine's, else npm's."""
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    if version and int(version[1:].split(".")[0]) >= NODE_MAJOR:
        return ["node"]
    return ["npm", "exec", "--yes", "--package=node@20.9.0", "--", "node"]


def run(command, text=None):
    result = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, input=text, cwd=CLIENTS)
    return result.returncode, result.stdout + result.stderr


def attempt(act):
    """What it returns; None if redis-py or the network said no."""
    try:
        return act()
    except (redis.RedisError, RedisClusterException, OSError):
        return None


def use_redis_py(test, client):
    test.assertTrue(client.set("{py}a", "1", ex=1000000))
    test.assertEqual(client.get("{py}a"), b"1")
    test.assertEqual(client.incr("{py}a", 41), 42)
    test.assertIsNone(client.set("{py}a", "x", nx=True))
    test.assertEqual(client.set("{py}a", "y", get=True), b"42")
    test.assertTrue(0 < client.ttl("{py}a") <= 1000000 or client.ttl("{py}a") == -1)
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
    """Each test has a cluster of its own: a leader dies in most. No deadline here does more than end a hang, and a leader
    that is lost by chance is one that a client follows, or a story begins again."""

    def setUp(self):
        self.servers = Servers("cluster")
        self.servers.__enter__()
        self.addCleanup(lambda: self.servers.__exit__(None, None, None))
        self.ports = self.servers.target_ports

    def follower(self):
        leader = self.servers.follow_leader().port
        return next(port for port in self.ports if port != leader)

    def under_one_leader(self, story):
        """Tells a story; again from its beginning if it failed and the cluster had another leader meanwhile."""
        deadline = time.monotonic() + HANG_S
        while True:
            leader = self.servers.follow_leader()
            try:
                return story()
            except Exception:
                if self.servers.leader() == leader or time.monotonic() > deadline:
                    raise

    def test_redis_py_cluster(self):
        def connect():
            return until(lambda: attempt(lambda: RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", port) for port in self.ports])),
                         "redis-py connects")

        def story():
            client = RedisCluster(startup_nodes=[ClusterNode("127.0.0.1", self.follower())])
            use_redis_py(self, client)
            self.assertEqual(client.mset_nonatomic({"a": 1, "b": 2, "c": 3}) and client.get("c"), b"3")
            return client

        def use(command):
            """With the client, or a new one: Debian's redis-py 4.3.4 fails to ask the nodes again when one died ("cannot pickle
            '_thread.lock'", whatever the server)."""
            nonlocal client
            try:
                return command(client)
            except RedisClusterException:
                client = connect()
            except (redis.RedisError, OSError):
                pass
            return None

        client = self.under_one_leader(story)
        written = []

        def write_until(count):
            def write():
                number = next(numbers)
                if use(lambda it: it.set(f"key{number}", number)):
                    written.append(number)
                return len(written) >= count
            until(write, f"{count} writes are answered, {len(written)} are")

        numbers = itertools.count()
        write_until(100)
        self.servers.kill_leader()
        write_until(300)
        for number in written:
            self.assertEqual(until(lambda key=f"key{number}": use(lambda it: it.get(key) or b"nothing"), "a read"), b"%d" % number)
        client.close()

    def test_ioredis_cluster(self):
        for library in ("ioredis5", "ioredis6"):
            with self.subTest(library):
                self.use_ioredis(library, kills=library == "ioredis6")

    def use_ioredis(self, library, kills):
        def begin():
            process = subprocess.Popen([*node_command(), "ioredis.js", library, "cluster", *map(str, self.ports)], cwd=CLIENTS,
                                       text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.addCleanup(process.stdout.close)
            first = process.stdout.readline()
            if first != "WRITING\n":
                rest, _ = process.communicate(timeout=HANG_S)
                raise AssertionError(first + rest)
            return process

        process = self.under_one_leader(begin)
        if kills:
            self.servers.kill_leader()
        rest, _ = process.communicate("the leader was killed, or will not be\n", timeout=HANG_S)
        self.assertEqual((rest, process.returncode), ("OK\n", 0))

    def test_redis_cli_follows_to_the_leader(self):
        def told():
            self.assertEqual(run(["redis-cli", "-c", "-p", str(self.follower()), "SET", "cli", "1"]), (0, "OK\n"))
            code, text = run(["redis-cli", "-p", str(self.follower()), "SET", "cli", "2"])
            self.assertRegex(text, r"^MOVED 12787 127\.0\.0\.1:\d+\n+$", code)

        self.under_one_leader(told)
        self.servers.kill_leader()
        for words, answer in ((("SET", "cli", "3"), "OK\n"), (("GET", "cli"), "3\n")):
            until(lambda: run(["redis-cli", "-c", "-p", str(self.ports[0]), *words]) == (0, answer), f"{words} is answered {answer!r}")


if __name__ == "__main__":
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=CLIENTS, check=True)
    logging.disable(logging.CRITICAL)  # redis-py tells of every lost connection
    unittest.main(verbosity=2, warnings="ignore")
