#!/usr/bin/python3
"""node-redis, unmodified, at the plain doors of three nodes that are restarted by SIGTERM one after the other: it follows what it
is told (CLIENT MAINT_NOTIFICATIONS), and no request of it fails.

redis-compat/apps/rolling_restart.py     (installs what it needs of npm in build/apps, unless NODE_PATH names another place)
"""

import contextlib
import os
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)

from compat.connection import Connection  # noqa: E402
from compat.servers import Servers, is_ready, until  # noqa: E402
from packages import MODULES, install  # noqa: E402

HANG_S = 1200
# A machine that is too slow for a leader to be heard, or for clients to leave in time, excuses what fails.
EXCUSES = ("are still here, and are left", "heard nothing from leader", "a majority has not been heard", "did not take over in time",
           "no leader is known", "not everything could be answered in time")


class Nodes(Servers):
    """Three nodes, each with a plain door."""

    def __init__(self):
        super().__init__("door", ["--raft-election-timeout", "2000"])

    def _start_oracle(self):
        self.oracle = None  # nothing is compared

    def restart(self, port):
        name = f"quorate{self.numbers[port]}"
        process = self.processes.pop(name)
        process.terminate()
        assert process.wait() == 0, f"{name} did not end in good order"
        self._spawn(name, self.commands[name])
        self._await(("127.0.0.1", port), is_ready)
        committed = max(position(one)[1] for one in self.target_ports)
        until(lambda: position(port)[0] >= committed, f"{name} is level")

    def excuses(self):
        names = (f"{self.directory}/quorate{number}.log" for number in self.numbers.values())
        text = "".join(open(name, encoding="utf-8", errors="replace").read() for name in names)
        return sum(text.count(words) for words in EXCUSES)


def position(port):
    """What the node has applied, and what it knows to be committed."""
    connection = Connection(("127.0.0.1", port))
    try:
        text = connection.call("INFO", "raft")[1]
    finally:
        connection.close()
    fields = dict(line.split(b":", 1) for line in text.split(b"\r\n") if b":" in line)
    return int(fields[b"raft_applied_index"]), int(fields[b"raft_commit_index"])


def play(nodes):
    """Whether the program says that all was well."""
    environment = {"NODE_PATH": MODULES, **os.environ}
    plain = [str(nodes.plain_ports[port]) for port in nodes.target_ports]
    program = subprocess.Popen(["node", "rolling_restart.js", *plain], cwd=HERE, env=environment, text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    timer = threading.Timer(HANG_S, program.kill)
    timer.start()
    try:
        left = list(nodes.target_ports)
        for line in program.stdout:
            print("   ", line, end="", flush=True)
            if line == "READY\n":
                nodes.restart(left.pop(0))
                with contextlib.suppress(BrokenPipeError):  # it has failed, and says why
                    program.stdin.write("go on\n")
                    program.stdin.flush()
            if line == "OK\n":
                return not left
        return False
    finally:
        timer.cancel()
        program.kill()
        program.wait()


def main():
    if "NODE_PATH" not in os.environ:
        install()
    with Nodes() as nodes:
        before = nodes.excuses()
        is_well = play(nodes)
        if not is_well and nodes.excuses() == before:
            raise AssertionError("a request failed")
    print("passed" if is_well else "the machine was too slow to tell")
    return 0


if __name__ == "__main__":
    sys.exit(main())
