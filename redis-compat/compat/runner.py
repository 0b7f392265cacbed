"""Carries a script out on both servers and finds the first step whose replies differ.

Steps on one connection are pipelined as far as they stand together; when the script goes to another
connection the replies are awaited first, so that both servers see one order.
"""

import time
from collections import Counter
from itertools import groupby

from .connection import Connection
from .crossings import CROSSINGS, values_in
from .procedures import PROCEDURES
from .resp import CLOSED, show
from .verdict import Judge

SEGMENT_MAX = 100


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
            self.connections[number] = Connection(self.address)
            self.ids[number] = int(self.connections[number].call("CLIENT", "ID")[1])
        return self.connections[number]

    def prepare(self):
        control = Connection(self.address)
        for command in (b"FLUSHALL", b"CONFIG RESETSTAT"):
            control.call(*command.split())
        control.close()

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
        if first.pause_ms:
            time.sleep(first.pause_ms / 1000)
            return None
        if first.procedure is not None:
            replies = [PROCEDURES[first.procedure](side.connection(first.conn), first.argv)
                       for side in self.sides]
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
        judge = self.judges.setdefault(step.conn, Judge())
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
            stands_alone = step.pause_ms or step.procedure is not None or step.crossing is not None
            if run and (stands_alone or len(run) == SEGMENT_MAX):
                yield run
                run = []
            run.append(step)
            if stands_alone or step.ends_segment:
                yield run
                run = []
        if run:
            yield run
