"""Quorate processes of the tests' own: each with a directory and ports of its own on loopback,
ended by pid."""

import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from resp import Closed, Connection, ReplyError

SERVER = os.environ.get("QUORATE_SERVER") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/release/quorate-server")


def free_ports(count):
    """Ports that nobody listens on, below the range that the kernel hands out by itself."""
    ports, port = [], 22000 + os.getpid() * 40 % 10000
    while len(ports) < count:
        port += 1
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                ports.append(port)
            except OSError:
                pass
    return ports


def until(claim, seconds, what):
    """Polls until claim() is true (its value is returned); fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Node:
    def __init__(self, directory, port, raft_port, options=()):
        self.directory, self.port, self.raft_port = directory, port, raft_port
        self.options = list(options)
        self.launcher = []  # before the server's name: what it runs under
        self.arguments = []  # before the options: a configuration file
        self.process = None
        self.log_path = directory + ".log"
        os.makedirs(directory, exist_ok=True)

    def start(self, *options, environment=None):
        assert self.process is None or self.process.poll() is not None
        command = [*self.launcher, SERVER, *self.arguments, "--port", str(self.port), "--raft-port",
                   str(self.raft_port), "--dir", self.directory, "--enable-debug-command", "yes",
                   *self.options, *options]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **(environment or {})})

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        """SIGSTOP: returns when each of its threads has stopped, which may do something yet before."""
        self.process.send_signal(number)
        if number == signal.SIGSTOP:
            until(lambda: set(self.thread_states()) == {"T"}, 10, "the process has stopped")

    def thread_states(self):
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/stat"):
            with open(path, encoding="latin-1") as file:
                yield file.read().rpartition(")")[2].split()[0]

    def kill(self):
        if self.is_running():
            self.signal(signal.SIGKILL)
            self.signal(signal.SIGCONT)
        if self.process:
            self.process.wait()

    def terminate(self, seconds=5):
        """SIGTERM; returns (exit code, seconds it took)."""
        begun = time.monotonic()
        self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"node {self.port} did not end in {seconds} s") from None
        return code, time.monotonic() - begun

    def wait_exit(self, seconds):
        return self.process.wait(seconds)

    def log(self):
        if self.process is None:
            return ""
        with open(self.log_path, "r", errors="replace") as log:
            return log.read()

    def connect(self, timeout=5.0):
        return Connection(self.port, timeout)

    def call(self, *arguments, timeout=5.0):
        connection = self.connect(timeout)
        try:
            return connection.call(*arguments)
        finally:
            connection.close()

    def info(self, section="raft"):
        """Field -> text, or {} if it does not answer."""
        try:
            text = self.call("INFO", section, timeout=1.0).decode()
        except (Closed, ReplyError):
            return {}
        return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

    def is_ready(self):
        try:
            connection = self.connect(1.0)
            try:
                return (connection.call("PING") == "PONG"
                        and b"cluster_state:ok" in connection.call("CLUSTER", "INFO"))
            finally:
                connection.close()
        except (Closed, ReplyError):
            return False

    def wait_ready(self, seconds=20):
        until(self.is_ready, seconds, f"node {self.port} is ready; its log ends\n{self.log()[-1500:]}")


class Cluster:
    """`count` nodes in a temporary directory; a context manager that ends them and, unless
    something failed, removes it."""

    def __init__(self, count=3, options=(), peers=True):
        self.directory = tempfile.mkdtemp(prefix="quorate-cluster-")
        ports = free_ports(2 * count)
        self.peers = ",".join(f"127.0.0.1:{port}" for port in ports[count:])
        listed = ["--raft-peers", self.peers] if peers else []
        self.nodes = [Node(os.path.join(self.directory, f"node{i + 1}"), ports[i], ports[count + i],
                           [*listed, *options]) for i in range(count)]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for node in self.nodes:
            node.kill()
        if kind is None:
            shutil.rmtree(self.directory)
        else:
            print(f"the nodes' directories and logs stay in {self.directory}")

    def start(self, seconds=30):
        try:
            for node in self.nodes:
                node.start()
            self.wait_ready(seconds)
        except BaseException:
            # `with Cluster().start()` has not entered yet: nobody else would end them.
            for node in self.nodes:
                node.kill()
            raise
        return self

    def wait_ready(self, seconds=30):
        for node in self.nodes:
            node.wait_ready(seconds)

    def connect(self, port, timeout=5.0):
        """To the node of that port."""
        return next(node for node in self.nodes if node.port == port).connect(timeout)

    def running(self):
        return [node for node in self.nodes if node.is_running()]

    def find_leader(self):
        """The node that calls itself leader in the highest term, or None."""
        best, best_term = None, -1
        for node in self.running():
            facts = node.info()
            if facts.get("raft_role") == "leader" and int(facts["raft_term"]) > best_term:
                best, best_term = node, int(facts["raft_term"])
        return best

    def leader(self, seconds=15):
        return until(self.find_leader, seconds, "a leader")

    def followers(self):
        leader = self.leader()
        return [node for node in self.running() if node is not leader]

    def term(self):
        return max(int(node.info().get("raft_term", 0)) for node in self.running())

    def wait_level(self, seconds=20):
        """Until every running node has applied what the leader has committed, and what it had in its log when it was
        seen first: a leader that is new does not know yet how much of that was committed."""
        wanted = {}

        def is_level():
            facts = [node.info() for node in self.running()]
            if any("raft_applied_index" not in fact for fact in facts):
                return False
            leaders = [fact for fact in facts if fact["raft_role"] == "leader"]
            if not leaders:
                return False
            leader = max(leaders, key=lambda fact: int(fact["raft_term"]))
            begun = wanted.setdefault(leader["raft_term"], int(leader["raft_last_log_index"]))
            least = max(begun, *(int(fact["raft_commit_index"]) for fact in facts))
            return all(int(fact["raft_applied_index"]) >= least for fact in facts)
        until(is_level, seconds, "all nodes level")

    def digests(self, timeout=5.0):
        return [node.call("DEBUG", "DIGEST", timeout=timeout) for node in self.running()]
