"""Clients that write and read under load as a cluster client does (follow MOVED, go to another node
when one is silent) and note down what they saw."""

import bisect
import collections
import itertools
import math
import random
import threading
import time

from history import Operation, violations
from nodes import IS_LONG, until
from resp import RETRYABLE, Closed, ReplyError

# However slow the machine is: a client that waited in vain waits twice as long the next time, up to this.
CLIENT_PATIENCE_S = 30
# Between two commands of a client. In CI the processors are for what happens to the nodes, not for as many commands as go
# through: the simulator judges millions.
PAUSE_S = 0.002 if IS_LONG else 0.02


class Client(threading.Thread):
    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number, self.reads = load, number, load.reads
        self.random = random.Random(number)
        self.connection, self.port = None, None
        self.operations, self.acknowledged = [], []  # (time, port) of each acknowledged write
        self.longest_answer = 0.0  # seconds that a command waited for its answer
        self.troubles = collections.Counter()  # the code of an error, or "closed" -> how often
        self.unexpected = []
        self.patience = load.timeout
        self.failed_at = -math.inf  # when the last command was begun that was refused, or not answered

    def run(self):
        for step in itertools.count():
            if self.load.is_over.is_set():
                break
            key = f"{self.load.prefix}{self.random.randrange(self.load.keys)}"
            if self.random.random() < self.reads:
                self._read(key)
            else:
                self._write(key, f"{self.number}.{step}")
            if self.load.pause:
                time.sleep(self.load.pause)
        if self.connection:
            self.connection.close()

    def _write(self, key, value):
        begun = time.monotonic()
        outcome = self._attempt("SET", key, value)
        if outcome == "OK":
            ended = time.monotonic()
            self.operations.append(Operation(key, True, value, begun, ended))
            self.acknowledged.append((ended, self.port))
        elif outcome is Closed:
            self.operations.append(Operation(key, True, value, begun, math.inf))

    def _read(self, key):
        begun = time.monotonic()
        outcome = self._attempt("GET", key)
        if outcome is None or isinstance(outcome, bytes):
            value = outcome.decode() if outcome else None
            self.operations.append(Operation(key, False, value, begun, time.monotonic()))

    # The reply; Closed: unknown; ReplyError: certainly not done.
    def _attempt(self, *command):
        begun = time.monotonic()
        outcome = self._outcome(*command)
        if outcome in (Closed, ReplyError):
            self.failed_at = begun
        else:
            self.patience = max(self.load.timeout, 0.9 * self.patience)
        return outcome

    def _outcome(self, *command):
        try:
            if self.connection is None:
                self._connect(self.random.choice(self.load.ports))
        except Closed:
            time.sleep(0.01)
            return ReplyError
        begun = time.monotonic()
        try:
            answer = self.connection.call(*command)
            self.longest_answer = max(self.longest_answer, time.monotonic() - begun)
            return answer
        except Closed:
            self.troubles["closed"] += 1
            self.patience = max(self.load.timeout, min(2 * self.patience, CLIENT_PATIENCE_S))
            self._drop()
            return Closed
        except ReplyError as error:
            return self._refused(error)

    def _refused(self, error):
        self.troubles[error.code] += 1
        if error.code == "INDOUBT":
            return Closed
        if error.code not in RETRYABLE:
            self.unexpected.append(str(error))
        self._drop()
        if error.code == "MOVED":
            try:
                self._connect(int(str(error).rsplit(":", 1)[1]))
                return ReplyError
            except Closed:
                pass
        time.sleep(0.01)
        return ReplyError

    def _connect(self, port):
        self.connection = self.load.cluster.connect(port, self.patience)
        self.port = port

    def _drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class PinnedClient(Client):
    """Talks to one node, whatever that says; only reads or only writes."""

    def __init__(self, load, number, port, is_reader):
        super().__init__(load, number)
        self.pinned_port, self.reads = port, float(is_reader)

    def _connect(self, _):
        super()._connect(self.pinned_port)


class Load:
    """A context manager: clients run inside it; after it `check` says what was wrong."""

    def __init__(self, cluster, clients=8, keys=10, reads=0.3, pause=PAUSE_S, timeout=2.0, ports=None,
                 prefix="key"):
        """`ports`: of the nodes that clients go to by themselves; all, if not given. `prefix`: of the keys, which
        nobody has written before."""
        self.cluster = cluster
        self.ports = ports or [node.port for node in cluster.nodes]
        self.keys, self.reads, self.pause, self.timeout = keys, reads, pause, timeout
        self.prefix = prefix
        self.is_over = threading.Event()
        self.pinned = []
        self.clients = [Client(self, number) for number in range(clients)]

    def pin(self, nodes, reads_and_writes=(True, False)):
        """Two more clients for each of them, that go nowhere else: one only reads, one writes."""
        pairs = [(node.port, is_reader) for node in nodes for is_reader in reads_and_writes]
        self.pinned = [PinnedClient(self, len(self.clients) + i, *pair)
                       for i, pair in enumerate(pairs)]
        self.clients += self.pinned
        for client in self.pinned:
            client.start()

    def demand_silence(self, test, since):
        """Whatever the pinned clients asked for after `since`: none is told OK or a value, until each was refused once, or
        waited in vain."""
        until(lambda: all(client.failed_at > since for client in self.pinned), "each pinned client asked")
        now = time.monotonic()
        told = [operation for client in self.pinned for operation in client.operations
                if operation.begun > since and operation.ended < now]
        test.assertEqual(told, [])

    def demand_no_write(self, test, since):
        """No write that was begun after `since` has been acknowledged by now."""
        now = time.monotonic()
        told = [operation for client in self.clients for operation in client.operations
                if operation.is_write and operation.begun > since and operation.ended < now]
        test.assertEqual(told, [])

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for client in self.clients:
            client.join()

    def acknowledged(self):
        return sorted(write for client in self.clients for write in client.acknowledged)

    def count_written(self, since):
        return sum(len(client.acknowledged) - bisect.bisect_right(client.acknowledged, since, key=lambda write: write[0])
                   for client in self.clients)

    def run_until_written(self, since=None, count=20):
        """Until `count` more writes are acknowledged."""
        since = since or time.monotonic()
        until(lambda: self.count_written(since) >= count, f"{count} writes are acknowledged")

    def gap_after(self, moment, dead_port):
        """Seconds from `moment` to the first write that another node than `dead_port` acknowledged; to be printed, not
        judged."""
        later = [when for when, port in self.acknowledged() if when > moment and port != dead_port]
        return (later[0] if later else math.inf) - moment

    def troubles(self):
        """The code of an error, or "closed" -> how often a client had it."""
        return sum((client.troubles for client in self.clients), collections.Counter())

    def longest_gap(self):
        """Of the time without an acknowledged write; to be printed, not judged."""
        times = [when for when, _ in self.acknowledged()]
        return max((b - a for a, b in zip(times, times[1:])), default=0)

    def check(self, test):
        """Reads every key once more and fails `test` on whatever was not possible."""
        operations = [operation for client in self.clients for operation in client.operations]
        for number in range(self.keys):
            begun = time.monotonic()
            key = f"{self.prefix}{number}"
            value = self.cluster.do("GET", key)
            operations.append(Operation(key, False, value and value.decode(), begun, time.monotonic()))
        test.assertEqual(violations(operations), [])
        test.assertEqual([text for client in self.clients for text in client.unexpected], [])
        writes = sum(len(client.acknowledged) for client in self.clients)
        unknown = sum(operation.ended == math.inf for operation in operations)
        print(f"    {len(operations)} operations checked, {writes} writes acknowledged, "
              f"{unknown} of unknown outcome")
        test.assertGreater(writes, 0)
