"""Much of everything: connections, commands in one pipeline, bytes in one value, writes while a
follower is away, checkpoints (the fault catalogue in docs/testing.md). What is acknowledged is there, in order and on all
nodes. Memory, times and elections are printed and not judged: they depend on the machine. CI has short forms."""

import os
import random
import resource
import signal
import threading
import time
import unittest

from load import Load
from nodes import IS_LONG, Cluster, dwell, until
from resp import RETRYABLE, Closed, Connection, ReplyError, encode

MB = 1024 * 1024


def milliseconds(seconds, share):
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))] if seconds else 0


def memory_mb(node, field="VmHWM"):
    """Resident: the most there ever was, or VmRSS: now."""
    with open(f"/proc/{node.process.pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith(field))


def log_mb(node):
    """Files may go while they are looked at."""
    try:
        entries = [entry.stat().st_blocks for entry in os.scandir(os.path.join(node.directory, "log"))]
    except FileNotFoundError:
        entries = []
    return sum(entries) * 512 // MB


class Small(threading.Thread):
    """Small commands, one after the other, to whoever leads: how long each took."""

    def __init__(self, cluster, is_writing):
        super().__init__(daemon=True)
        self.cluster, self.is_writing = cluster, is_writing
        self.is_over = threading.Event()
        self.took, self.connection = [], None

    def run(self):
        step = 0
        while not self.is_over.is_set():
            step += 1
            command = ("SET", f"small{step % 100}", step) if self.is_writing else ("GET", f"small{step % 100}")
            begun = time.monotonic()
            until(lambda command=command: self.is_done(command), "a small command")
            self.took.append(time.monotonic() - begun)
            time.sleep(0.002)
        if self.connection:
            self.connection.close()

    def is_done(self, command):
        try:
            self.connection = self.connection or self.cluster.leader().connect()
            self.connection.call(*command)
            return True
        except (Closed, ReplyError):
            if self.connection:
                self.connection.close()
            self.connection = None
            return False

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()

    def words(self):
        return (f"{len(self.took)} small {'writes' if self.is_writing else 'reads'}: median "
                f"{milliseconds(self.took, 0.5):.1f} ms, p99 {milliseconds(self.took, 0.99):.0f} ms, "
                f"longest {milliseconds(self.took, 1):.0f} ms")


class ConnectionsTest(unittest.TestCase):
    COUNT = 10_000 if IS_LONG else 2_000

    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.COUNT + 500
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), max(hard, wanted)))
        except (ValueError, OSError) as error:
            self.skipTest(f"SKIPPED: no {wanted} open files here: {error}")
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_thousands_of_connections_are_all_served(self):
        with Cluster(options=("--maxclients", str(self.COUNT + 100))).start() as cluster:
            leader, term = cluster.leader(), cluster.term()
            before = memory_mb(leader, "VmRSS")
            clients = [Connection(leader.port) for _ in range(self.COUNT)]
            begun = time.monotonic()
            for number, client in enumerate(clients):
                client.send("SET", f"key{number}", number)
            refused = sum(not self.is_served(client, "OK") for client in clients)
            for client in clients:
                client.send("GET", f"key{self.COUNT - 1}")
            refused += sum(not self.is_served(client, str(self.COUNT - 1).encode(), None) for client in clients)
            rounds = time.monotonic() - begun
            took = []
            for client in random.sample(clients, 500):
                begun = time.monotonic()
                client.send("SET", "one", "more")
                self.is_served(client, "OK")
                took.append(time.monotonic() - begun)
            self.assertGreaterEqual(int(leader.info("clients")["connected_clients"]), self.COUNT)
            print(f"    {self.COUNT} connections wrote and read in {rounds:.1f} s; with all open a write "
                  f"takes {milliseconds(took, 0.5):.1f} ms in the median, p99 {milliseconds(took, 0.99):.1f} ms; "
                  f"{memory_mb(leader) - before} MB more resident; {cluster.term() - term} elections, {refused} refused")
            for client in clients:
                client.close()
            until(lambda: int(leader.info("clients")["connected_clients"]) < 10, "they are gone")

    def is_served(self, client, *expected):
        """Each gets an answer: the right one, unless leadership has moved."""
        try:
            reply = client.receive()
        except ReplyError as error:
            self.assertIn(error.code, (*RETRYABLE, "INDOUBT"))
            return False
        self.assertIn(reply, expected)
        return True


class PipelineTest(unittest.TestCase):
    COUNT = 1_000_000 if IS_LONG else 200_000

    def pipeline(self, cluster, is_reading_late):
        """Very many increments; that every reply is the next number says that all is in order. Where leadership moves
        meanwhile, the rest is refused."""
        leader, term = cluster.leader(), cluster.term()
        before = memory_mb(leader, "VmRSS")
        connection = leader.connect()
        begun = time.monotonic()
        sender = threading.Thread(target=self.send, args=(connection, encode(("INCR", "n")) * self.COUNT))
        sender.start()
        if is_reading_late:
            sender.join()
        done = self.receive_in_order(connection)
        took = time.monotonic() - begun
        connection.close()
        sender.join()
        counted = int(cluster.do("GET", "n") or 0)  # somebody leads, in a later term if it was lost meanwhile
        print(f"    {done} of {self.COUNT} commands{', all sent before a reply is read' if is_reading_late else ''}: "
              f"{took:.1f} s; {memory_mb(leader) - before} MB more resident at the most; {cluster.term() - term} elections")
        if cluster.term() == term:
            self.assertEqual(done, self.COUNT)
        self.assertGreaterEqual(counted, done)
        cluster.wait_one_state()

    def send(self, connection, data):
        try:
            connection.send_raw(data)
        except Closed:
            pass  # the reader has seen a refusal and gone

    def receive_in_order(self, connection):
        """How many replies came before the first that is no number; fails if one is not the next number."""
        expected = b"".join(b":%d\r\n" % n for n in range(1, self.COUNT + 1))
        received, minus = bytearray(), -1
        while len(received) < len(expected):
            chunk = connection.socket.recv(MB)
            self.assertTrue(chunk, "closed by the server")
            received += chunk
            if minus < 0:
                minus = received.find(b"-", len(received) - len(chunk))
            if minus >= 0 and received.find(b"\n", minus) >= 0:
                break
        numbers, _, refusal = bytes(received).partition(b"-")
        self.assertTrue(expected.startswith(numbers), "replies are out of order or missing")
        if refusal:
            self.assertIn(refusal.split(b" ")[0].decode(), (*RETRYABLE, "INDOUBT"))
        return numbers.count(b"\n")

    def test_very_many_commands_in_one_pipeline_are_answered_in_order(self):
        with Cluster().start() as cluster:
            self.pipeline(cluster, is_reading_late=False)

    def test_so_they_are_when_the_client_reads_nothing_before_it_has_sent_all(self):
        with Cluster().start() as cluster:
            self.pipeline(cluster, is_reading_late=True)


class LargeValueTest(unittest.TestCase):
    def test_a_large_value_among_small_ones_comes_to_all_nodes(self):
        size = (256 if IS_LONG else 32) * MB
        with Cluster().start() as cluster:
            term = cluster.term()
            with Small(cluster, is_writing=True) as writes, Small(cluster, is_writing=False) as reads:
                begun = time.monotonic()
                self.assertEqual(cluster.do("SET", "large", b"v" * size), "OK")
                written = time.monotonic() - begun
                begun = time.monotonic()
                self.assertEqual(len(cluster.do("GET", "large")), size)
                read = time.monotonic() - begun
            print(f"    {size // MB} MB written in {written:.1f} s, read in {read:.1f} s; {cluster.term() - term} elections; "
                  f"{memory_mb(cluster.leader())} MB resident at the most\n    {writes.words()}\n    {reads.words()}")
            cluster.wait_one_state()


class AbsenceTest(unittest.TestCase):
    def writer(self, cluster, is_over, counts):
        """10 kB values over a thousand keys at whoever leads: much log, little state. A node that is silent may be the one
        that is frozen."""
        chance, patience = random.Random(1), 5
        while not is_over.is_set():
            try:
                connection = cluster.leader().connect(patience)
                while not is_over.is_set():
                    replies = connection.pipeline([("SET", f"key{chance.randrange(1000)}",
                                                    chance.randbytes(5000).hex()) for _ in range(50)])
                    counts.append(sum(reply == "OK" for reply in replies) * 10_000)
                    if "OK" not in replies:
                        break
                connection.close()
            except (Closed, AssertionError):
                patience = min(2 * patience, 40)
                dwell(0.1)

    def test_a_follower_frozen_under_load_is_level_again_when_it_thaws(self):
        # More than the log may keep: whatever was begun before it was heard again comes too late.
        megabytes, log_max = (3000, 200) if IS_LONG else (60, 20)
        with Cluster(options=("--raft-catchup-log-max", f"{log_max}mb")).start() as cluster:
            leader, term, away = cluster.leader(), cluster.term(), cluster.followers()[0]
            is_over, counts = threading.Event(), []
            writer = threading.Thread(target=self.writer, args=(cluster, is_over, counts))
            writer.start()
            try:
                until(lambda: sum(counts) > 5 * MB, "writes")
                before = memory_mb(leader)
                away.signal(signal.SIGSTOP)
                begun, largest_log, last, had = time.monotonic(), 0, 0, None
                while sum(counts) < megabytes * MB:
                    until(lambda: sum(counts) > last, "writes go on")
                    last, largest_log = sum(counts), max(largest_log, log_mb(leader))
                    # Far beyond what was on its way when it froze, though it may have led by then.
                    if had is None and sum(counts) > megabytes * MB / 2:
                        had = int(until(cluster.leader().info, "a leader tells of its log")["raft_last_log_index"])
                    dwell(0.1)
                frozen = time.monotonic() - begun
                grown = memory_mb(leader) - before
                for node in cluster.nodes:
                    if node is not away:
                        node.cut_log_beyond(had)
                away.signal(signal.SIGCONT)
                begun, thawed = time.monotonic(), sum(counts)
                until(lambda: sum(counts) > thawed + log_max * MB, "writes go on")
            finally:
                is_over.set()
                writer.join()
            cluster.wait_level()
            level = time.monotonic() - begun
            self.assertGreaterEqual(int(away.info()["raft_snapshots_installed"]), 1)
            print(f"    away for {frozen:.0f} s and {megabytes} MB: the leader's log took at most "
                  f"{largest_log} MB, its memory grew by {grown} MB; level {level:.1f} s after it thawed, "
                  f"checkpoints sent: {leader.info()['raft_snapshots_sent']}; {cluster.term() - term} elections")
            cluster.wait_one_state()


class CheckpointsTest(unittest.TestCase):
    def test_checkpoints_every_second_under_load_lose_nothing(self):
        with Cluster().start() as cluster:
            cluster.do_all([("SET", f"fill{i}", "x" * 1000) for i in range(50_000 if IS_LONG else 10_000)])
            with Load(cluster, timeout=5.0) as load:
                load.run_until_written(count=100)
                term, begun = cluster.term(), time.monotonic()
                for _ in range(60 if IS_LONG else 3):
                    for node in cluster.nodes:
                        self.begin_checkpoint(node)
                    dwell(1)
                load.run_until_written(count=100)
            took = [operation.ended - operation.begun for client in load.clients
                    for operation in client.operations
                    if operation.is_write and operation.begun > begun and operation.ended < 1e12]
            print(f"    {len(took)} writes: p99 {milliseconds(took, 0.99):.0f} ms, longest "
                  f"{milliseconds(took, 1):.0f} ms; {cluster.term() - term} elections")
            load.check(self)
            cluster.wait_one_state()

    def begin_checkpoint(self, node):
        try:
            node.call("BGSAVE")
        except ReplyError as error:
            self.assertIn("already in progress", str(error))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
