"""Carries a script out on both servers and finds the first step whose replies differ.

Steps on one connection are pipelined as far as they stand together; when the script goes to another
connection the replies are awaited first, so that both servers see one order.
"""

import time
from collections import Counter
from itertools import groupby

from . import procedures
from .connection import Connection
from .crossings import CROSSINGS, values_in
from .resp import CLOSED, encode, show
from .verdict import Judge

SEGMENT_MAX = 100

# Settings that scripts change, as each script finds them: what a script shows does not hang on those before it.
SETTINGS = (
    "maxmemory 0 maxmemory-policy noeviction timeout 0 lfu-log-factor 10 slowlog-max-len 128 latency-monitor-threshold 0 "
    "hash-max-listpack-entries 128 hash-max-listpack-value 64 list-max-listpack-size -2 list-compress-depth 0 "
    "set-max-intset-entries 512 zset-max-listpack-entries 128 zset-max-listpack-value 64 stream-node-max-bytes 4096 "
    "stream-node-max-entries 100 hll-sparse-max-bytes 3000")
PREPARATIONS = [line.encode().split() for line in (
    "FLUSHALL", "FUNCTION FLUSH", "SCRIPT FLUSH", "CONFIG SET " + SETTINGS, "CONFIG RESETSTAT", "SLOWLOG RESET", "DEBUG SET-ACTIVE-EXPIRE 1",
    "DEBUG QUICKLIST-PACKED-THRESHOLD 0")] + [[b"CONFIG", b"SET", b"latency-tracking-info-percentiles", b"50 99 99.9", b"notify-keyspace-events", b""]]


class NotServing(Exception):
    """A server does not take commands: a cluster that has just lost its leader."""


class Difference:
    def __init__(self, index, step, oracle, target):
        self.index, self.step, self.oracle, self.target = index, step, oracle, target

    def show(self):
        return "step %d: %s\n  redis-server:\n%s\n  quorate:\n%s" % (
            self.index, self.step.show(), show(self.oracle, "    "), show(self.target, "    "))


class Side:
    """One server's connections, opened when first used."""

    def __init__(self, address):
        self.address, self.connections, self.ids = address, {}, {}

    def connection(self, number):
        if number not in self.connections or self.connections[number].is_closed:
            made = self.connections[number] = Connection(self.address)
            self.ids[number] = int(made.call("CLIENT", "ID")[1])
        return self.connections[number]

    def prepare(self):
        control = Connection(self.address)
        control.send(b"".join(encode(words) for words in PREPARATIONS))
        replies = [control.read() for _ in PREPARATIONS]
        control.close()
        if any(reply != (b"+", b"OK") for reply in replies):
            raise NotServing("%s:%d: %r" % (*self.address, replies))

    def send(self, steps):
        connection = self.connection(steps[0].conn)
        connection.send(b"".join(step.encode(self.ids) for step in steps))

    def read(self, step):
        connection = self.connections[step.conn]
        replies = [connection.read() for _ in range(step.replies)]
        if step.ends_segment and (not replies or replies[-1] != CLOSED):
            replies.append(connection.read())
        if step.ends_segment:
            connection.close()
        return replies

    def close(self):
        for connection in self.connections.values():
            connection.close()


class Run:
    def __init__(self, oracle, target):
        self.sides = Side(oracle), Side(target)
        self.judges = {}
        self.begun = time.monotonic()
        self.crossed = Counter()  # crossings carried out, by name

    def carry_out(self, script):
        """The first Difference, or None."""
        try:
            for side in self.sides:
                side.prepare()
            for conn in sorted({step.conn for step in script}):
                for side in self.sides:
                    side.connection(conn)
            index = 0
            for segment in segments(script):
                difference = self._segment(segment, index)
                if difference is not None:
                    return difference
                index += len(segment)
            return None
        finally:
            for side in self.sides:
                side.close()

    def _segment(self, steps, index):
        first = steps[0]
        if first.procedure is not None:
            connections = [side.connection(first.conn) for side in self.sides]
            replies = procedures.carry_out(first.procedure, connections, first.argv)
            return self._judge(first, index, [[reply] for reply in replies])
        if first.crossing is not None:
            self.crossed[first.crossing] += values_in(first.crossing, first.argv)
            connections = [side.connection(first.conn) for side in self.sides]
            return self._judge(first, index, [[reply] for reply in CROSSINGS[first.crossing](*connections, first.argv)])
        for side in self.sides:
            side.send(steps)
        for offset, step in enumerate(steps):
            difference = self._judge(step, index + offset, [side.read(step) for side in self.sides])
            if difference is not None:
                return difference
        return None

    def _judge(self, step, index, replies):
        judge = self.judges.setdefault(step.conn, Judge(self.begun))
        if step.ends_segment:
            self.judges.pop(step.conn)
        for oracle, target in zip(*replies):
            if not judge.agrees(step, oracle, target):
                return Difference(index, step, oracle, target)
        return None


def segments(script):
    """Runs of steps that can be sent together."""
    for _, group in groupby(script, key=lambda step: step.conn):
        run = []
        for step in group:
            stands_alone = step.procedure is not None or step.crossing is not None
            if run and (stands_alone or len(run) == SEGMENT_MAX):
                yield run
                run = []
            run.append(step)
            if stands_alone or step.ends_segment:
                yield run
                run = []
        if run:
            yield run
