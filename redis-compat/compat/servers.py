"""The two servers of a run, started on ports of their own and ended by pid: Debian's redis-server, the
oracle, and Quorate, the target: one node, the leader of three, or the plain door of a follower of three."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import namedtuple

from .connection import HANG_S, Connection, Silence
from .ports import free_ports

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BINARY = os.environ.get("QUORATE_SERVER", os.path.join(ROOT, "build/release/quorate-server"))
DISK_BYTES = 4 << 30  # as much as a run leaves behind, with room to spare
STARTS_MAX = 5  # as often as somebody else may take a port at that moment

# For both servers. A command that was slow by chance stands in one server's slow log and not in the other's.
OPTIONS = ["--enable-debug-command", "yes", "--slowlog-log-slower-than", "-1"]

Leader = namedtuple("Leader", ("port", "term"))


def until(claim, what):
    """Polls until claim() is true, and returns its value. Its only deadline ends a hang."""
    deadline = time.monotonic() + HANG_S
    while not (value := claim()):
        if time.monotonic() > deadline:
            raise Silence(f"not within {HANG_S} s: {what}")
        time.sleep(0.01)
    return value


def new_directory():
    """In memory if there is room: no reply depends on how long a disk takes to sync."""
    memory = "/dev/shm"
    has_room = os.path.isdir(memory) and os.statvfs(memory).f_bavail * os.statvfs(memory).f_frsize > DISK_BYTES
    return tempfile.mkdtemp(prefix="quorate-compat-", dir=memory if has_room else None)


class Servers:
    """A context manager; `oracle` and `target` are addresses to connect to."""

    def __init__(self, target="node", target_options=(), has_sentinel_ports=False):
        assert target in ("node", "cluster", "door")
        self.directory = new_directory()
        self.processes, self.commands = {}, {}
        self.target_kind = target
        self.target_options = list(target_options)
        self.oracle = self.target = None
        self.target_ports, self.sentinel_ports, self.plain_ports = [], [], {}
        self.has_sentinel_ports = has_sentinel_ports
        self.numbers = {}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__(RuntimeError, None, None)
            raise
        return self

    def __exit__(self, kind, _error, _trace):
        self._end()
        if kind is None:
            shutil.rmtree(self.directory)
        else:
            print("logs and data stay in", self.directory)

    def dead(self):
        """Names of servers that ended by themselves, with their exit codes."""
        return [f"{name} ended with {process.poll()}, log {self.directory}/{name}.log"
                for name, process in self.processes.items() if process.poll() is not None]

    def _start(self):
        for _ in range(STARTS_MAX):
            self._start_oracle()
            self._start_target()
            if not self.dead():
                break
            print("start again:", "; ".join(self.dead()), flush=True)
            self._end()
            self.directory = new_directory()
        else:
            raise RuntimeError("the servers end by themselves")
        self.follow_leader()

    def _end(self):
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()

    def _spawn(self, name, command):
        folder = os.path.join(self.directory, name)
        os.makedirs(folder, exist_ok=True)
        self.commands[name] = command
        with open(folder + ".log", "ab") as log:
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
        self.sentinel_ports = free_ports(count) if self.has_sentinel_ports else []
        for number in range(count):
            command = [BINARY, "--port", str(ports[number]), "--raft-port", str(ports[count + number])] + OPTIONS + self.target_options
            if self.target_kind == "door":
                (plain,) = free_ports(1)
                self.plain_ports[ports[number]] = plain
                command += ["--plain-port", str(plain)]
            if self.has_sentinel_ports:
                command += ["--sentinel-port", str(self.sentinel_ports[number])]
            self._spawn("quorate%d" % (number + 1), command + (["--raft-peers", peers] if count > 1 else []))
        self.target_ports = ports[:count]
        self.numbers = {port: number + 1 for number, port in enumerate(self.target_ports)}
        for port in self.target_ports:
            self._await(("127.0.0.1", port), is_ready)

    def _await(self, address, is_ready_now):
        """Returns also when a server has ended."""
        until(lambda: self.dead() or asked(address, is_ready_now), "%s:%d is ready" % address)

    def leader(self):
        """Who leads the target now, None if nobody says so."""
        leads = [Leader(port, term) for port in self.target_ports for term in [term_led_by(port)] if term is not None]
        return max(leads, key=lambda one: one.term, default=None)

    def follow_leader(self):
        """`target` is the leader, or the plain door of one that it leads; the leader is returned."""
        found = until(lambda: self.dead() or self.leader(), "the target has a leader")
        if not isinstance(found, Leader):
            raise RuntimeError("; ".join(found))
        follower = next((port for port in self.target_ports if port != found.port), None)
        self.target = ("127.0.0.1", self.plain_ports[follower] if self.target_kind == "door" else found.port)
        return found

    def restart_node(self):
        """The one node is killed and begins again with what it has on disk."""
        assert self.target_kind == "node"
        process = self.processes["quorate1"]
        process.kill()
        process.wait()
        self._spawn("quorate1", self.commands["quorate1"])
        self._await(self.target, is_ready)

    def kill_leader(self, spared=None):
        """Whoever leads at this moment is dead when it returns, and no more of the target's; the port is returned. The node
        at the port `spared` lives on: if it leads, it hands over before."""
        port = until(lambda: self._leader_but(spared), "another node leads")
        process = self.processes.pop(self._name_of(port))
        process.kill()
        process.wait()
        self.target_ports.remove(port)
        return port

    def _leader_but(self, spared):
        """The port of the leader; None if that is the spared one, which is then asked to hand over."""
        port = self.follow_leader().port
        if port != spared:
            return port
        heir = next(other for other in self.target_ports if other != spared)
        asked(("127.0.0.1", heir), lambda connection: connection.call("CLUSTER", "FAILOVER"))
        return None

    def restart_leader(self, spared=None):
        """As kill_leader(), but when it returns another leads and the killed node is back, with what it has on disk."""
        port = self.kill_leader(spared)
        self.follow_leader()
        self._spawn(self._name_of(port), self.commands[self._name_of(port)])
        self._await(("127.0.0.1", port), is_ready)
        self.target_ports.append(port)

    def _name_of(self, port):
        return f"quorate{self.numbers[port]}"


def asked(address, question):
    """What question(connection) says; None if nobody listens, or hangs up."""
    try:
        connection = Connection(address)
    except OSError:
        return None
    try:
        return question(connection)
    finally:
        connection.close()


def is_ready(connection):
    kind, text = connection.call("CLUSTER", "INFO")
    return kind == b"$" and b"cluster_state:ok" in text


def term_led_by(port):
    """The term that the node at this port leads; None if it does not lead, or does not live."""
    text = asked(("127.0.0.1", port), lambda connection: connection.call("INFO", "raft")[1]) or b""
    term = re.search(rb"raft_role:leader\r\nraft_term:([0-9]+)", text)
    return int(term[1]) if term else None


def is_leader(port):
    return term_led_by(port) is not None
