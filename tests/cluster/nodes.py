"""Quorate processes of the tests' own: each with a directory and ports of its own on loopback,
ended by pid. What is said here of a cluster holds whenever its leader changes: on a slow machine that may be
at any moment, and no test may count on the opposite."""

import contextlib
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from ports import free_ports
from resp import PATIENCE_S, RETRYABLE, Closed, Connection, ReplyError

SERVER = os.environ.get("QUORATE_SERVER") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/release/quorate-server")
# Longer variants, and those that CI has no time for: ./dev soak sets it.
IS_LONG = os.environ.get("QUORATE_LONG") == "1"


def until(claim, what):
    """Polls until claim() is true (its value is returned). A node that is gone, or refuses because of a change of
    leaders, is asked again. `what` (or what it returns) tells of a hang."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            value = claim()
        except Closed:
            value = None
        except ReplyError as error:
            if error.code not in RETRYABLE:
                raise
            value = None
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE_S} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def dwell(seconds):
    """Leaves what is wrong some time to show itself. What is claimed afterwards must be true however long this was."""
    time.sleep(seconds)


class Node:
    def __init__(self, directory, port, raft_port, options=()):
        self.directory, self.port, self.raft_port = directory, port, raft_port
        self.options = list(options)
        self.launcher = []  # before the server's name: what it runs under
        self.arguments = []  # before the options: a configuration file
        self.process, self.is_frozen = None, False
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
            self.is_frozen = True
            until(lambda: set(self.thread_states()) == {"T"}, "the process has stopped")
        if number == signal.SIGCONT:
            self.is_frozen = False

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

    def terminate(self):
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_exit()

    def wait_exit(self):
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"node {self.port} does not end; its log ends\n{self.log()[-1500:]}") from None

    def log(self):
        if self.process is None:
            return ""
        with open(self.log_path, "r", errors="replace") as log:
            return log.read()

    def connect(self, timeout=PATIENCE_S):
        return Connection(self.port, timeout)

    def call(self, *arguments, timeout=PATIENCE_S):
        connection = self.connect(timeout)
        try:
            return connection.call(*arguments)
        finally:
            connection.close()

    def info(self, section="raft"):
        """Field -> text, or {} if it does not answer."""
        if self.is_frozen:
            return {}
        try:
            text = self.call("INFO", section).decode()
        except (Closed, ReplyError):
            return {}
        return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

    def is_ready(self):
        if self.is_frozen:
            return False
        try:
            connection = self.connect()
            try:
                return (connection.call("PING") == "PONG"
                        and b"cluster_state:ok" in connection.call("CLUSTER", "INFO"))
            finally:
                connection.close()
        except (Closed, ReplyError):
            return False

    def save(self):
        """A checkpoint; one that is under way by itself is waited for, and one that something came between is repeated."""
        def is_saved():
            with contextlib.suppress(ReplyError):
                return self.call("SAVE") == "OK"
            return False
        until(is_saved, lambda: f"node {self.port} makes a checkpoint; its log ends\n{self.log()[-1500:]}")

    def cut_log_beyond(self, index):
        """Checkpoints, until what the log holds begins behind `index`. One that was heard a moment ago is still waited for
        with the log."""
        def is_cut():
            self.save()
            found = re.findall(r"the log up to index (\d+) is no longer needed", self.log())
            return found and int(found[-1]) > index
        until(is_cut, f"node {self.port} cuts its log behind {index}")

    def wait_ready(self):
        until(self.is_ready, lambda: f"node {self.port} is ready; its log ends\n{self.log()[-1500:]}")

    def wait_log(self, text):
        until(lambda: text in self.log(), lambda: f"node {self.port} says {text!r}; its log ends\n{self.log()[-1500:]}")


class Cluster:
    """`count` nodes in a temporary directory; a context manager that ends them and, unless
    something failed, removes it."""

    def __init__(self, count=3, options=(), peers=True, plain=False):
        """`plain`: every node has a plain door as well, at its `plain_port`."""
        self.directory = tempfile.mkdtemp(prefix="quorate-cluster-")
        ports = free_ports(2 * count)
        self.peers = ",".join(f"127.0.0.1:{port}" for port in ports[count:])
        listed = ["--raft-peers", self.peers] if peers else []
        self.nodes = [Node(os.path.join(self.directory, f"node{i + 1}"), ports[i], ports[count + i],
                           [*listed, *options]) for i in range(count)]
        for node, port in zip(self.nodes, free_ports(count) if plain else ()):
            node.plain_port = port
            node.options += ["--plain-port", str(port)]

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for node in self.nodes:
            node.kill()
        if kind is None:
            shutil.rmtree(self.directory)
        else:
            print(f"the nodes' directories and logs stay in {self.directory}")

    def start(self):
        try:
            for node in self.nodes:
                node.start()
            self.wait_ready()
        except BaseException:
            # `with Cluster().start()` has not entered yet: nobody else would end them.
            for node in self.nodes:
                node.kill()
            raise
        return self

    def wait_ready(self):
        for node in self.nodes:
            node.wait_ready()

    def connect(self, port, timeout=PATIENCE_S):
        """To the node of that port, which may be none of these nodes."""
        node = next((node for node in self.nodes if node.port == port), None)
        return node.connect(timeout) if node else Connection(port, timeout)

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

    def leader(self):
        """Who led a moment ago."""
        return until(self.find_leader, "a leader")

    def followers(self):
        leader = self.leader()
        return [node for node in self.running() if node is not leader]

    def term(self):
        return max(int(node.info().get("raft_term", 0)) for node in self.running())

    def logs(self):
        return "".join(node.log() for node in self.nodes)

    # -- commands, whoever leads

    def do(self, *arguments):
        """The reply of whoever leads. For commands that may be carried out twice: one whose outcome is not known is sent
        again, like one that was refused because leadership moved."""
        def attempt():
            try:
                return [self.leader().call(*arguments)]
            except ReplyError as error:
                if error.code != "INDOUBT":
                    raise
                return None
        return until(attempt, f"somebody carries out {arguments[0]}")[0]

    def do_all(self, commands):
        """Many of the same kind, fifty in a pipeline, each until it is carried out; the replies."""
        replies, left = {}, list(enumerate(commands))

        def attempt():
            with contextlib.closing(self.leader().connect()) as connection:
                while left:
                    part = left[:50]
                    answers = connection.pipeline([command for _, command in part])
                    refused = []
                    for (number, command), answer in zip(part, answers):
                        if not isinstance(answer, ReplyError):
                            replies[number] = answer
                        elif answer.code in (*RETRYABLE, "INDOUBT"):
                            refused.append((number, command))
                        else:
                            raise answer
                    left[:50] = refused
                    if refused:
                        return False
            return True
        until(attempt, "somebody carries out all commands")
        return [replies[number] for number in sorted(replies)]

    def hand_over(self, to):
        """Until that node has become the leader; True if it was told so with OK, and had not been it before."""
        def attempt():
            try:
                return "told" if to.call("CLUSTER", "FAILOVER") == "OK" else None
            except ReplyError as error:
                return "led" if "You should send CLUSTER FAILOVER to a replica" in str(error) else None
        return until(attempt, f"node {to.port} leads; its log ends\n{to.log()[-1000:]}") == "told"

    # -- what all have in common

    def is_level(self, wanted):
        """Every running node has applied what the leader has committed, and what it had in its log when it was seen first
        (`wanted`: by term): a leader that is new does not know yet how much of that was committed."""
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

    def wait_level(self):
        wanted = {}
        until(lambda: self.is_level(wanted), "all nodes level")

    def digests(self):
        return [node.call("DEBUG", "DIGEST") for node in self.running()]

    def wait_one_state(self):
        """Until all running nodes are level and hold the same; what differs once stays different. The digest."""
        seen = []

        def is_one():
            self.wait_level()
            seen[:] = self.digests()
            return len(set(seen)) == 1
        until(is_one, lambda: f"all nodes hold the same state: {seen}")
        return seen[0]
