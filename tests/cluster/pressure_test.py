"""Much of everything: connections, commands in one pipeline, bytes in one value, writes while a
follower is away, checkpoints (the fault catalogue in docs/testing.md). Memory and latency are
printed; what is demanded of them is generous, for machines that others use too."""

import os
import random
import re
import resource
import signal
import socket
import threading
import time
import unittest

from load import Load
from nodes import Cluster, until
from resp import Closed, Connection, ReplyError, encode

IS_LONG = os.environ.get("QUORATE_LONG") == "1"
MB = 1024 * 1024


def milliseconds(seconds, share):
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]


def memory_mb(node, field="VmHWM"):
    """Resident: the most there ever was, or VmRSS: now."""
    with open(f"/proc/{node.process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(field))


def log_mb(node):
    directory = os.path.join(node.directory, "log")
    return sum(entry.stat().st_blocks for entry in os.scandir(directory)) * 512 // MB


def patience():
    """Options for a machine whose processors others use up: this test moves gigabytes, and a node
    that gets no processor for a quarter of a second is late whatever it does."""
    with open("/proc/pressure/cpu") as pressure:
        waiting = float(re.search(r"avg10=([\d.]+)", pressure.readline()).group(1))
    if waiting < 60:
        return ()
    print(f"    something waited for a processor {waiting:.0f} % of the last 10 s")
    return "--raft-election-timeout", "2000"


class Small(threading.Thread):
    """Small commands, one after the other at one node: how long each took."""

    def __init__(self, node, is_writing):
        super().__init__(daemon=True)
        self.connection, self.is_writing = node.connect(120), is_writing
        self.is_over = threading.Event()
        self.took = []

    def run(self):
        for step in range(10**9):
            if self.is_over.is_set():
                break
            begun = time.monotonic()
            if self.is_writing:
                assert self.connection.call("SET", f"small{step % 100}", step) == "OK"
            else:
                self.connection.call("GET", f"small{step % 100}")
            self.took.append(time.monotonic() - begun)
            time.sleep(0.002)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()
        self.connection.close()

    def words(self):
        return (f"{len(self.took)} small {'writes' if self.is_writing else 'reads'}: median "
                f"{milliseconds(self.took, 0.5):.1f} ms, p99 {milliseconds(self.took, 0.99):.0f} ms, "
                f"longest {1000 * max(self.took):.0f} ms")


class ConnectionsTest(unittest.TestCase):
    COUNT = 10_000

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.COUNT + 500
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
        except (ValueError, OSError) as error:
            self.skipTest(f"SKIPPED: no {wanted} open files here: {error}")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_ten_thousand_connections_are_all_served(self):
        with Cluster(options=("--maxclients", str(self.COUNT + 100))).start() as cluster:
            leader, term = cluster.leader(), cluster.term()
            before = memory_mb(leader, "VmRSS")
            clients = [Connection(leader.port, 30) for _ in range(self.COUNT)]
            begun = time.monotonic()
            for number, client in enumerate(clients):
                client.send("SET", f"key{number}", number)
            for client in clients:
                self.assertEqual(client.receive(), "OK")
            for client in clients:
                client.send("GET", "key9999")
            for client in clients:
                self.assertEqual(client.receive(), b"9999")
            rounds = time.monotonic() - begun
            took = []
            for client in random.sample(clients, 500):
                begun = time.monotonic()
                client.call("SET", "one", "more")
                took.append(time.monotonic() - begun)
            self.assertGreaterEqual(int(leader.info("clients")["connected_clients"]), self.COUNT)
            print(f"    {self.COUNT} connections wrote and read in {rounds:.1f} s; with all open a write "
                  f"takes {milliseconds(took, 0.5):.1f} ms in the median, p99 "
                  f"{milliseconds(took, 0.99):.1f} ms; {memory_mb(leader) - before} MB more resident")
            for client in clients:
                client.close()
            self.assertEqual(cluster.term(), term)
            self.assertLess(memory_mb(leader) - before, 1000)
            until(lambda: int(leader.info("clients")["connected_clients"]) < 10, 10, "they are gone")


class PipelineTest(unittest.TestCase):
    COUNT = 1_000_000

    def pipeline(self, cluster, is_reading_late):
        """A million increments; that every reply is the next number says that all is in order."""
        leader, term = cluster.leader(), cluster.term()
        before = memory_mb(leader, "VmRSS")
        connection = leader.connect(120)
        data = encode(("INCR", "n")) * self.COUNT
        begun = time.monotonic()
        sender = threading.Thread(target=connection.send_raw, args=(data,))
        sender.start()
        if is_reading_late:
            sender.join()
        expected = b"".join(b":%d\r\n" % n for n in range(1, self.COUNT + 1))
        received = bytearray()
        while len(received) < len(expected):
            chunk = connection.socket.recv(MB)
            self.assertTrue(chunk, "closed by the server")
            received += chunk
        sender.join()
        took = time.monotonic() - begun
        connection.close()
        self.assertTrue(received == expected, "replies are out of order or missing")
        print(f"    {self.COUNT} commands, {'all sent before a reply is read' if is_reading_late else ''}"
              f" {took:.1f} s; {memory_mb(leader) - before} MB more resident at the most")
        self.assertLess(memory_mb(leader) - before, 600)
        self.assertEqual(cluster.term(), term)
        cluster.wait_level()
        self.assertEqual(len(set(cluster.digests())), 1)

    def test_a_million_commands_in_one_pipeline_are_answered_in_order(self):
        with Cluster().start() as cluster:
            self.pipeline(cluster, is_reading_late=False)

    def test_so_they_are_when_the_client_reads_nothing_before_it_has_sent_all(self):
        with Cluster().start() as cluster:
            self.pipeline(cluster, is_reading_late=True)


class LargeValueTest(unittest.TestCase):
    def test_a_value_of_256_mb_among_small_ones_costs_no_election(self):
        size = 256 * MB
        with Cluster(options=patience()).start() as cluster:
            leader, term = cluster.leader(), cluster.term()
            with Small(leader, is_writing=True) as writes, Small(leader, is_writing=False) as reads:
                large = leader.connect(120)
                begun = time.monotonic()
                large.send_raw(b"*3\r\n$3\r\nSET\r\n$5\r\nlarge\r\n$%d\r\n" % size)
                for _ in range(256):
                    large.send_raw(b"v" * MB)
                large.send_raw(b"\r\n")
                self.assertEqual(large.receive(), "OK")
                written = time.monotonic() - begun
                begun, left = time.monotonic(), size + len(f"${size}\r\n\r\n")
                large.send("GET", "large")
                while left > 0:
                    left -= len(large.socket.recv(MB))
                read = time.monotonic() - begun
                large.close()
                cluster.wait_level(60)
                self.assertEqual(cluster.term(), term)
            print(f"    256 MB written in {written:.1f} s, read in {read:.1f} s; {memory_mb(leader)} MB "
                  f"resident at the most\n    {writes.words()}\n    {reads.words()}")
            # A write waits for those before it in the log, so does a read that came with a write.
            self.assertLess(max(writes.took + reads.took), 60)
            cluster.wait_level(60)
            self.assertEqual(len(set(cluster.digests(60))), 1)
            for node in cluster.nodes:
                self.assertLess(memory_mb(node), 3000)


class AbsenceTest(unittest.TestCase):
    def writer(self, cluster, is_over, counts):
        """10 kB values over a thousand keys at whoever leads: much log, little state."""
        chance = random.Random(1)
        while not is_over.is_set():
            try:
                connection = cluster.leader().connect(30)
                while not is_over.is_set():
                    replies = connection.pipeline([("SET", f"key{chance.randrange(1000)}",
                                                    chance.randbytes(5000).hex()) for _ in range(50)])
                    counts.append(sum(reply == "OK" for reply in replies) * 10_000)
                    if "OK" not in replies:
                        break
                connection.close()
            except (Closed, AssertionError):
                time.sleep(0.1)

    def test_a_follower_frozen_under_load_costs_little_and_then_gets_one_checkpoint(self):
        # More than the log may keep: whatever was begun before it was heard again comes too late.
        megabytes = 3000 if IS_LONG else 500
        with Cluster(options=("--raft-catchup-log-max", "200mb")).start() as cluster:
            leader, term, away = cluster.leader(), cluster.term(), cluster.followers()[0]
            is_over, counts = threading.Event(), []
            writer = threading.Thread(target=self.writer, args=(cluster, is_over, counts))
            writer.start()
            try:
                until(lambda: sum(counts) > 50 * MB, 60, "writes")
                before = memory_mb(leader)
                away.signal(signal.SIGSTOP)
                begun, largest_log = time.monotonic(), 0
                while sum(counts) < megabytes * MB:
                    self.assertLess(time.monotonic() - begun, 500)
                    largest_log = max(largest_log, log_mb(leader))
                    time.sleep(0.1)
                frozen = time.monotonic() - begun
                grown = memory_mb(leader) - before
                away.signal(signal.SIGCONT)
                begun, thawed = time.monotonic(), sum(counts)
                until(lambda: self.is_near(leader, away), 60, "it is level under load")
                level = time.monotonic() - begun
                # And stays so: no second checkpoint follows.
                until(lambda: sum(counts) > thawed + 200 * MB, 120, "writes go on")
                sent = int(leader.info()["raft_snapshots_sent"])
            finally:
                is_over.set()
                writer.join()
            print(f"    away for {frozen:.0f} s and {megabytes} MB: the leader's log took at most "
                  f"{largest_log} MB, its memory grew by {grown} MB; level {level:.1f} s after it thawed, "
                  f"checkpoints sent: {sent}")
            if not patience():  # a new leader counts anew, and may have to send another
                self.assertEqual(cluster.term(), term)
            if cluster.term() == term:
                self.assertEqual(sent, 1)
            self.assertLess(grown, 300)
            self.assertLess(largest_log, 600)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def is_near(self, leader, away):
        ahead, behind = leader.info(), away.info()
        if "raft_applied_index" not in behind:
            return False
        return int(ahead["raft_applied_index"]) - int(behind["raft_applied_index"]) < 50


class CheckpointsTest(unittest.TestCase):
    def test_checkpoints_every_second_under_load_cost_no_election_and_no_stall(self):
        with Cluster().start() as cluster:
            with cluster.leader().connect(60) as filler:
                filler.pipeline([("SET", f"fill{i}", "x" * 1000) for i in range(50_000)])
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                term, begun = cluster.term(), time.monotonic()
                for _ in range(60 if IS_LONG else 8):
                    for node in cluster.nodes:
                        self.begin_checkpoint(node)
                    time.sleep(1)
                self.assertEqual(cluster.term(), term)
            took = [operation.ended - operation.begun for client in load.clients
                    for operation in client.operations
                    if operation.is_write and operation.begun > begun and operation.ended < 1e12]
            print(f"    {len(took)} writes: p99 {milliseconds(took, 0.99):.0f} ms, longest "
                  f"{1000 * max(took):.0f} ms")
            load.check(self)
            self.assertLess(max(took), 2)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def begin_checkpoint(self, node):
        try:
            node.call("BGSAVE")
        except ReplyError as error:
            self.assertIn("already in progress", str(error))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
