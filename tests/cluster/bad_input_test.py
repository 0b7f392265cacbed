"""Whatever comes in at the sockets: the server survives, says why it closes, and loses nothing."""

import os
import random
import socket
import struct
import unittest

from nodes import Cluster, until
from resp import PATIENCE_S, Closed, Connection, ReplyError, encode

MALFORMED = (
    (b"*abc\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*99999999999\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
    (b"*1\r\n+PING\r\n", b"-ERR Protocol error: expected '$', got '+'\r\n"),
    (b"*1\r\n$-5\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$abc\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*1\r\n$99999999999999999999\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870913\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
    (b"SET k \"open\r\n", b"-ERR Protocol error: unbalanced quotes in request\r\n"),
    (b"x" * 70000, b"-ERR Protocol error: too big inline request\r\n"),
    (b"*" + b"1" * 70000, b"-ERR Protocol error: too big mbulk count string\r\n"),
    (b"*1\r\n$" + b"1" * 70000, b"-ERR Protocol error: too big bulk count string\r\n"),
)


def alone(*options):
    return Cluster(1, options=options, peers=False)


def answer_to(data, port):
    """What comes back for `data` until the server closes."""
    connection = Connection(port)
    try:
        connection.send_raw(data)
    except Closed:
        pass  # it answers and closes before it has read all
    try:
        return connection.read_to_end()
    finally:
        connection.close()


class ClientPortTest(unittest.TestCase):
    def test_malformed_requests_get_redis_words_and_a_closed_connection(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            for data, answer in MALFORMED:
                with self.subTest(data=data[:40]):
                    self.assertEqual(answer_to(data, node.port), answer)
            self.assertEqual(node.call("SET", "k", "v"), "OK")

    def test_what_came_before_the_malformed_part_is_carried_out(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            answer = answer_to(encode(("SET", "k", "v")) + encode(("GET", "k")) + b"*1\r\n!\r\n", node.port)
            self.assertTrue(answer.startswith(b"+OK\r\n$1\r\nv\r\n-ERR Protocol error"), answer)
            self.assertEqual(node.call("GET", "k"), b"v")

    def test_noise_of_any_kind_ends_no_server(self):
        chance = random.Random(7)
        with alone().start() as cluster:
            node = cluster.nodes[0]
            node.call("SET", "k", "v")
            digest = node.call("DEBUG", "DIGEST")
            for size in (1, 10, 100, 1000, 10000):
                for _ in range(20):
                    noise = chance.randbytes(size).replace(b"\n", b"")
                    connection = node.connect()
                    try:
                        connection.send_raw(chance.choice((b"", b"*2\r\n$", b"*1\r\n$5\r\n")) + noise)
                    except Closed:
                        pass
                    if chance.random() < 0.5:  # a reset instead of an orderly end
                        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                     struct.pack("ii", 1, 0))
                    connection.close()
            self.assertTrue(node.is_running())
            self.assertEqual(node.call("DEBUG", "DIGEST"), digest)

    def test_strangers_are_given_little_room_before_they_authenticate(self):
        with alone("--requirepass", "sesame") as cluster:
            node = cluster.nodes[0]
            node.start()
            node.wait_log("Ready to accept connections")
            self.assertEqual(answer_to(b"*11\r\n", node.port),
                             b"-ERR Protocol error: unauthenticated multibulk length\r\n")
            self.assertEqual(answer_to(b"*2\r\n$4\r\nECHO\r\n$16385\r\n", node.port),
                             b"-ERR Protocol error: unauthenticated bulk length\r\n")

    def test_a_client_that_never_reads_is_closed_at_the_limit_and_named(self):
        limit = "normal 1048576 0 0"
        with alone("--client-output-buffer-limit", limit).start() as cluster:
            node = cluster.nodes[0]
            node.call("SET", "large", "x" * 100_000)
            greedy = node.connect()
            greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            own = "%s:%d" % greedy.socket.getsockname()
            try:
                greedy.send_raw(encode(("GET", "large")) * 2000)
            except Closed:
                pass
            node.wait_log(own)
            line = next(line for line in node.log().splitlines() if own in line)
            self.assertIn("output buffer", line)
            self.assertEqual(node.call("STRLEN", "large"), 100_000)
            self.assertLess(int(node.info("memory")["used_memory_rss"]), 500_000_000)
            greedy.close()

    def test_a_client_that_reads_late_gets_everything(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            node.call("SET", "large", "x" * 100_000)
            lazy = node.connect()
            lazy.send_raw(encode(("GET", "large")) * 300)
            self.assertEqual(node.call("PING"), "PONG")
            for _ in range(300):
                self.assertEqual(len(lazy.receive()), 100_000)
            lazy.close()

    def test_one_client_too_many_is_told_so_and_the_others_go_on(self):
        with alone("--maxclients", "5").start() as cluster:
            node = cluster.nodes[0]
            until(lambda: node.info("clients").get("connected_clients") == "1", "others have gone")
            clients = []
            while len(clients) < 5:
                client = node.connect()
                if self.answers(client):
                    clients.append(client)
            extra = node.connect()
            self.assertEqual(extra.read_to_end(), b"-ERR max number of clients reached\r\n")
            extra.close()
            for client in clients:
                self.assertEqual(client.call("PING"), "PONG")
            clients.pop().close()
            until(lambda: self.answers(node.connect()), "there is room again")

    def answers(self, client):
        try:
            return client.call("PING") == "PONG"
        except (Closed, ReplyError):
            return False

    def test_protected_mode_refuses_strangers_from_elsewhere(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # sends nothing: only asks for a route
                own = probe.getsockname()[0]
            except OSError:
                own = "127.0.0.1"
        if own.startswith("127."):
            self.skipTest("this machine has no address but loopback")
        with alone().start() as cluster:
            node = cluster.nodes[0]
            stranger = Connection(node.port, host=own)
            self.assertTrue(stranger.read_to_end().startswith(b"-DENIED "))
            stranger.close()
            self.assertEqual(node.call("CONFIG", "SET", "protected-mode", "no"), "OK")
            stranger = Connection(node.port, host=own)
            self.assertEqual(stranger.call("PING"), "PONG")
            stranger.close()


class PeerPortTest(unittest.TestCase):
    def send(self, port, data):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as link:
            try:
                link.sendall(data)
                link.shutdown(socket.SHUT_WR)
                while link.recv(65536):
                    pass
            except OSError:
                pass

    def test_noise_at_the_peer_port_is_refused_by_name_and_changes_nothing(self):
        chance = random.Random(11)
        with Cluster().start() as cluster:
            cluster.do("SET", "k", "v")
            for node in cluster.nodes:
                self.send(node.raft_port, b"GET / HTTP/1.0\r\n\r\n" + b" " * 200)
                self.send(node.raft_port, encode(("SET", "k", "w")) * 20)
                self.send(node.raft_port, b"")
                for size in (1, 30, 3000, 300_000):
                    self.send(node.raft_port, chance.randbytes(size))
                node.wait_log("peer link with 127.0.0.1:")
            self.assertEqual(cluster.do("GET", "k"), b"v")
            cluster.wait_one_state()

    def test_peers_that_say_nothing_are_closed_and_many_of_them_keep_no_member_out(self):
        with Cluster().start() as cluster:
            leader = cluster.leader()
            silent = [socket.create_connection(("127.0.0.1", leader.raft_port)) for _ in range(300)]
            member = next(node for node in cluster.nodes if node is not leader)
            member.kill()
            member.start()
            member.wait_ready()
            for link in silent:
                link.settimeout(PATIENCE_S)
                while link.recv(4096):  # its refusal
                    pass
                link.close()

    def test_a_node_of_another_cluster_at_a_members_address_is_refused_on_both_sides(self):
        with Cluster().start() as cluster, Cluster(3).start() as other:
            victim, stranger = cluster.followers()[0], other.followers()[0]
            victim.kill()
            stranger.kill()
            stranger.raft_port = victim.raft_port
            stranger.start()
            until(lambda: "this is no node of cluster" in cluster.logs(), "a member's log says who answers there")
            until(lambda: "is no peer of cluster" in other.logs(), "a log says that a stranger was refused")
            self.assertEqual(cluster.do("SET", "k", "v"), "OK")
            stranger.kill()
            victim.start()
            victim.wait_ready()
            cluster.wait_one_state()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
