"""The two servers of a run, started on ports of their own and ended by pid: Debian's redis-server, the
oracle, and Quorate, the target, as one node or as three."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from .connection import Connection

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BINARY = os.environ.get("QUORATE_SERVER", os.path.join(ROOT, "build/release/quorate-server"))
READY_S = 30

# For both servers. A command that was slow by chance stands in one server's slow log and not in the other's.
OPTIONS = ["--enable-debug-command", "yes", "--slowlog-log-slower-than", "-1"]


def free_ports(count):
    """Ports below the kernel's own range on which nobody listens."""
    found, port = [], 20000 + os.getpid() % 50 * 18
    while len(found) < count:
        port += 1
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found.append(port)
    return found


class Servers:
    """A context manager; `oracle` and `target` are addresses to connect to."""

    def __init__(self, target="node"):
        assert target in ("node", "cluster")
        self.directory = tempfile.mkdtemp(prefix="quorate-compat-")
        self.processes = {}
        self.target_kind = target
        self.oracle = self.target = None
        self.target_ports = []

    def __enter__(self):
        try:
            self._start_oracle()
            self._start_target()
        except BaseException:
            self.__exit__(RuntimeError, None, None)
            raise
        return self

    def __exit__(self, kind, _error, _trace):
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()
        if kind is None:
            shutil.rmtree(self.directory)
        else:
            print("logs and data stay in", self.directory)

    def dead(self):
        """Names of servers that ended by themselves, with their exit codes."""
        return [f"{name} ended with {process.poll()}, log {self.directory}/{name}.log"
                for name, process in self.processes.items() if process.poll() is not None]

    def _spawn(self, name, command):
        folder = os.path.join(self.directory, name)
        os.mkdir(folder)
        with open(folder + ".log", "wb") as log:
            self.processes[name] = subprocess.Popen(command + ["--dir", folder], stdout=log, stderr=log,
                                                    stdin=subprocess.DEVNULL, cwd=folder)

    def _start_oracle(self):
        (port,) = free_ports(1)
        self._spawn("redis", ["redis-server", "--port", str(port), "--save", "", "--sanitize-dump-payload", "yes"] + OPTIONS)
        self.oracle = ("127.0.0.1", port)
        self._await(self.oracle, lambda connection: connection.call("PING") == (b"+", b"PONG"))

    def _start_target(self):
        count = 1 if self.target_kind == "node" else 3
        ports = free_ports(2 * count)
        peers = ",".join("127.0.0.1:%d" % port for port in ports[count:])
        for number in range(count):
            command = [BINARY, "--port", str(ports[number]), "--raft-port", str(ports[count + number])] + OPTIONS
            self._spawn("quorate%d" % (number + 1), command + (["--raft-peers", peers] if count > 1 else []))
        self.target_ports = ports[:count]
        for port in self.target_ports:
            self._await(("127.0.0.1", port), is_ready)
        leaders = [port for port in self.target_ports if is_leader(port)]
        self.target = ("127.0.0.1", leaders[0])

    def _await(self, address, is_ready_now):
        deadline = time.monotonic() + READY_S
        while True:
            try:
                connection = Connection(address, 2)
                ready = is_ready_now(connection)
                connection.close()
                if ready:
                    return
            except OSError:
                pass
            if self.dead() or time.monotonic() > deadline:
                raise RuntimeError("%s is not ready: %s" % (address, self.dead() or self.directory))
            time.sleep(0.03)


def is_ready(connection):
    kind, text = connection.call("CLUSTER", "INFO")
    return kind == b"$" and b"cluster_state:ok" in text


def is_leader(port):
    connection = Connection(("127.0.0.1", port), 5)
    text = connection.call("INFO", "raft")[1]
    connection.close()
    return b"raft_role:leader" in text
