"""One process without peers takes the place of a single Redis: at once ready, durable, standalone."""

import os
import socket
import unittest

from nodes import Cluster, Node, until
from ports import free_ports
from resp import ReplyError


def alone(*options):
    return Cluster(1, options=options, peers=False)


class AloneTest(unittest.TestCase):
    def test_it_is_ready_and_presents_itself_as_a_standalone_redis(self):
        with alone() as cluster:
            node = cluster.nodes[0]
            node.start()
            node.wait_log("Ready to accept connections")
            node.wait_ready()
            self.assertEqual(node.call("SET", "k", "v"), "OK")
            self.assertEqual(node.call("GET", "k"), b"v")
            facts = node.info("everything")
            self.assertEqual(facts["redis_mode"], "standalone")
            self.assertEqual(facts["cluster_enabled"], "0")
            self.assertEqual(facts["role"], "master")
            self.assertEqual(facts["redis_version"], "7.0.15")
            hello = node.call("HELLO")
            self.assertEqual(hello[hello.index(b"mode") + 1], b"standalone")

    def test_every_acknowledged_write_survives_a_kill(self):
        with alone().start() as cluster:
            node, written = cluster.nodes[0], 0
            for _ in range(5):
                connection = node.connect()
                for _ in range(200):
                    self.assertEqual(connection.call("INCR", "counter"), written + 1)
                    written += 1
                connection.close()
                node.kill()
                node.start()
                node.wait_ready()
                self.assertEqual(node.call("GET", "counter"), str(written).encode())

    def test_a_checkpoint_and_the_log_behind_it_come_back_together(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            connection = node.connect()
            replies = connection.pipeline([("SET", f"key{i}", "x" * 100) for i in range(20000)])
            self.assertEqual(set(replies), {"OK"})
            self.assertEqual(connection.call("SAVE"), "OK")
            connection.call("SET", "later", "1")
            digest = connection.call("DEBUG", "DIGEST")
            checkpoint = int(node.info()["raft_checkpoint_index"])
            self.assertGreater(checkpoint, 0)
            node.kill()
            node.start()
            node.wait_ready()
            self.assertEqual(node.call("DEBUG", "DIGEST"), digest)
            self.assertEqual(node.call("DBSIZE"), 20001)

    def test_a_unix_socket_is_a_door_too(self):
        with alone() as cluster:
            node = cluster.nodes[0]
            path = os.path.join(cluster.directory, "quorate.sock")
            node.start("--unixsocket", path, "--unixsocketperm", "700")
            node.wait_ready()
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o700)
            with socket.socket(socket.AF_UNIX) as door:
                door.connect(path)
                door.sendall(b"SET k v\r\nGET k\r\n")
                answer = b""
                while len(answer) < 12:
                    answer += door.recv(100)
                self.assertEqual(answer, b"+OK\r\n$1\r\nv\r\n")

    def test_a_second_process_on_the_same_directory_is_refused_by_name(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            port, raft_port = free_ports(2)
            second = Node(node.directory, port, raft_port)
            second.start()
            self.assertNotEqual(second.wait_exit(), 0)
            self.assertIn(node.directory, second.log())
            self.assertRegex(second.log(), "in use|another process|locked")
            self.assertEqual(node.call("PING"), "PONG")

    def test_a_damaged_log_is_named_and_never_served(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            connection = node.connect()
            for number in range(100):
                connection.call("SET", f"key{number}", "value" * 10)
            node.kill()
            folder = os.path.join(node.directory, "log")
            segment = os.path.join(folder, sorted(os.listdir(folder))[0])
            with open(segment, "r+b") as file:
                content = file.read()
                place = content.index(b"key50")
                file.seek(place)
                file.write(b"kEy50")
            node.start()
            self.assertNotEqual(node.wait_exit(), 0)
            self.assertIn(os.path.basename(segment), node.log())
            self.assertRegex(node.log(), r"damage|checksum|corrupt")

    def test_a_damaged_checkpoint_is_named_and_never_served(self):
        with alone().start() as cluster:
            node = cluster.nodes[0]
            connection = node.connect()
            for number in range(100):
                connection.call("SET", f"key{number}", f"value{number}" * 20)
            self.assertEqual(connection.call("SAVE"), "OK")
            node.terminate()
            path = os.path.join(node.directory, "state.db")
            with open(path, "r+b") as file:
                content = file.read()
                file.seek(content.index(b"value50value50"))
                file.write(b"vAlue50")
            node.start()
            self.assertNotEqual(node.wait_exit(), 0)
            self.assertIn(path, node.log())
            self.assertRegex(node.log(), r"damage")


class PlainFollowerTest(unittest.TestCase):
    def test_a_follower_that_forwards_nothing_refuses_writes_as_a_replica_does(self):
        with Cluster(options=("--cluster-enabled", "no", "--forward", "no")).start() as cluster:
            follower = cluster.followers()[0]
            self.assertEqual(cluster.do("SET", "k", "v"), "OK")
            self.assertEqual(follower.info("server")["redis_mode"], "standalone")
            until(lambda: self.refuses_writes(cluster), "a follower knows its leader and says so")

    def refuses_writes(self, cluster):
        try:
            cluster.followers()[0].call("SET", "k", "w")
        except ReplyError as error:
            return str(error) == "READONLY You can't write against a read only replica."
        return False  # it has become the leader


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
