"""What a program of this folder is run against: one Quorate node that is killed and begins again, three whose leader is
killed, or Debian's redis-server, to which nothing happens. Of three nodes a program is given what it knows: the nodes of a
Redis Cluster, the plain door of one node (which is never killed), or sentinels. One that is given the leader alone is pointed
at it by HAProxy, which asks each node for its role as it does in front of Redis, and cuts the connections to a node that has
died or leads no more."""

import csv
import os
import socket
import subprocess
import time

from compat.connection import Connection
from compat.ports import free_ports
from compat.servers import Servers, until

# Target -> the kinds of clients that it has something for; a program that knows several is called with the first of them.
TARGETS = {
    "one": ("plain", "sentinel"),
    "cluster": ("cluster", "plain"),
    "door": ("plain",),
    "sentinel": ("sentinel",),
    "redis": ("plain",),
    "redis-sentinel": ("sentinel",),
}
# Of three nodes, whose leader is started again after it was killed.
HEALING = ("door", "sentinel")
# What a client is told: one address, the nodes of a Redis Cluster, or sentinels.
CLIENTS = ("plain", "cluster", "sentinel")
KILLS = 4  # of leaders, if they are killed again and again

PROXY = """\
global
  maxconn 1000
  stats socket {socket}
defaults
  mode tcp
  timeout connect 60s
  timeout client 1h
  timeout server 1h
  timeout check 60s
listen leader
  bind 127.0.0.1:{port}
  option tcp-check
  tcp-check connect
  tcp-check send INFO\\ replication\\r\\nQUIT\\r\\n
  tcp-check expect string role:master
  default-server inter 100ms fall 1 rise 1 on-marked-down shutdown-sessions
{servers}
"""


class Stage:
    """A context manager. `arguments` are what the program is called with: the kind of client and the ports."""

    def __init__(self, target, client, kill_every_s=None):
        assert client in TARGETS[target] and (kill_every_s is None or target in HEALING)
        self.target, self.client = target, client
        self.kill_every_s = kill_every_s
        self.has_proxy = target == "cluster" and client == "plain"
        kind = {"one": "node", "cluster": "cluster", "door": "door", "sentinel": "cluster"}.get(target, "node")
        # A client that knows no cluster knows -READONLY, and not -MOVED. HAProxy looks for the one node that calls itself a master.
        options = ["--cluster-enabled", "no"] if kind == "cluster" and client != "cluster" else []
        options += ["--forward", "no"] if self.has_proxy else []
        self.servers = Servers(kind, options, has_sentinel_ports=client == "sentinel")
        self.arguments = []
        self.leader = None
        self.door_node = self.witness = self.witness_id = None

    def __enter__(self):
        self.servers.__enter__()
        self.leader = self.servers.leader()
        try:
            self.arguments = self._arguments()
        except BaseException:
            self.servers.__exit__(RuntimeError, None, None)
            raise
        return self

    def __exit__(self, kind, error, trace):
        if self.witness is not None:
            self.witness.close()
        return self.servers.__exit__(kind, error, trace)

    @property
    def directory(self):
        return self.servers.directory

    @property
    def node_ports(self):
        """Of every server, also of those behind the proxy; the plain doors, if the program is at one of them."""
        if self.target == "redis":
            return [self.servers.oracle[1]]
        if self.target == "door":
            return list(self.servers.plain_ports.values())
        return list(self.servers.target_ports)

    @property
    def is_steady(self):
        """Whether the program's connections have no reason to break."""
        return self.target == "door"

    def has_another_leader(self):
        """Than the one that all began with: a slow machine makes nodes lose their leader at any moment."""
        return self.servers.leader() != self.leader

    def disturb(self):
        """Kills the leader, or the one node, without a warning. When it returns, another leads, or the node is back."""
        if self.target == "one":
            self.servers.restart_node()
        if self.target == "cluster":
            self.servers.kill_leader()
        if self.target in HEALING:
            self._restart_leaders()
        self.leader = self.servers.follow_leader()

    def _restart_leaders(self):
        begun = time.monotonic()
        for number in range(KILLS if self.kill_every_s else 1):
            time.sleep(max(0, begun + number * (self.kill_every_s or 0) - time.monotonic()))
            self.servers.restart_leader(spared=self.door_node)

    def is_unbroken(self):
        """Whether a connection to the door that was made before the program began is there yet."""
        return self.witness is None or self.witness.call("CLIENT", "ID") == self.witness_id

    def _arguments(self):
        if self.client == "sentinel":
            ports = [self._start_sentinel()] if self.target == "redis-sentinel" else self.servers.sentinel_ports
            return ["sentinel", *map(str, ports)]
        if self.client == "cluster":
            return ["cluster", *map(str, self.servers.target_ports)]
        plain = {"one": lambda: self.servers.target[1], "cluster": self._start_proxy, "door": self._open_door,
                 "redis": lambda: self.servers.oracle[1]}
        return ["plain", str(plain[self.target]())]

    def _open_door(self):
        """Of a node that follows now, and is never killed."""
        self.door_node, port = next(one for one in self.servers.plain_ports.items() if one[0] != self.leader.port)
        self.witness = Connection(("127.0.0.1", port))
        self.witness_id = self.witness.call("CLIENT", "ID")
        return port

    def _start_sentinel(self):
        """Debian's, that watches the redis-server."""
        (port,) = free_ports(1)
        path = os.path.join(self.directory, "sentinel.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"port {port}\nsentinel monitor mymaster 127.0.0.1 {self.servers.oracle[1]} 1\n")
        with open(os.path.join(self.directory, "sentinel.log"), "wb") as log:
            self.servers.processes["sentinel"] = subprocess.Popen(["redis-server", path, "--sentinel"], stdin=subprocess.DEVNULL,
                                                                  stdout=log, stderr=log, cwd=self.directory)
        until(lambda: self.servers.dead() or is_heard(port), "the sentinel answers")
        return port

    def _start_proxy(self):
        (port,) = free_ports(1)
        path = os.path.join(self.directory, "haproxy.cfg")
        servers = "\n".join(f"  server node{one} 127.0.0.1:{one} check" for one in self.servers.target_ports)
        with open(path, "w", encoding="ascii") as file:
            file.write(PROXY.format(port=port, servers=servers, socket=path + ".socket"))
        with open(os.path.join(self.directory, "haproxy.log"), "wb") as log:
            self.servers.processes["haproxy"] = subprocess.Popen(["haproxy", "-db", "-f", path], stdin=subprocess.DEVNULL,
                                                                 stdout=log, stderr=log)
        until(lambda: self.servers.dead() or has_found_one(path + ".socket"), "HAProxy has found the leader")
        return port


def is_heard(port):
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def has_found_one(path):
    """Whether HAProxy has asked every node, and one of them leads: before its first answers it takes each for the leader."""
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(path)
            asking.sendall(b"show stat\n")
            rows = csv.DictReader(asking.makefile(encoding="ascii"))
            states = [(row["status"], row["check_status"]) for row in rows if (row["svname"] or "").startswith("node")]
        except OSError:
            return False
    return all(check.startswith("L7") for _, check in states) and [state for state, _ in states].count("UP") == 1
