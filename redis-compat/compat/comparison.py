"""Scripts carried out on both servers of a run.

The target may be the leader of a cluster, and on a slow machine leadership moves by chance. A node that leads the same term
before and after a script has led it throughout: what differs then is a difference. Otherwise nothing can be said, and the
script begins again on the new leader.
"""

import time
from collections import Counter

from .connection import HANG_S, Silence
from .runner import NotServing, Run

AGAIN_MAX = 50  # times in HANG_S at least: only a cluster that never has a leader is given up


class Comparison:
    """`servers` has oracle, target, follow_leader(), leader() and dead(), as compat/servers.py."""

    def __init__(self, servers):
        self.servers = servers
        self.crossed = Counter()  # crossings carried out, by name
        self.begun_again = 0

    def carry_out(self, script):
        """The first Difference, or None."""
        again, deadline = 0, time.monotonic() + HANG_S
        while True:
            leader = self.servers.follow_leader()
            run = Run(self.servers.oracle, self.servers.target)
            try:
                difference = refused = run.carry_out(script)
                if difference is None or self.servers.leader() == leader:
                    self.crossed += run.crossed
                    return difference
            except NotServing as error:
                refused = error
            again += 1
            self.begun_again += 1
            if again > AGAIN_MAX and time.monotonic() > deadline:
                raise Silence(f"no leader has led for as long as a script takes: {refused}")
