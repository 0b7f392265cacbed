"""A network of the tests' own: each node in a network namespace, a router namespace in the middle.
Packets from node i to node j pass through the router, which drops them (a blackhole route), or
leads them through packet_forwarder, which loses, delays, doubles and holds them. Clients sit in
their node's own namespace: what happens to the network happens between nodes only. Nodes are
numbered from 1; a link (i, j) is one direction."""

import atexit
import contextlib
import ctypes
import os
import re
import signal
import socket
import subprocess

FORWARDER = os.environ.get("QUORATE_PACKET_FORWARDER") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/release/tests/cluster/packet_forwarder")
CLONE_NEWNET = 0x40000000
PREFIX = "quorate-"


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def why_impossible():
    """Words if this process may not make network namespaces or TUN devices, else None."""
    name = f"{PREFIX}{os.getpid()}-probe"
    try:
        ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no network namespaces here: {getattr(error, 'stderr', error) or error}".strip()
    try:
        ip("-n", name, "tuntap", "add", "dev", "tun0", "mode", "tun")
    except subprocess.CalledProcessError as error:
        return f"no TUN devices here: {error.stderr}".strip()
    finally:
        ip("netns", "delete", name)
    return None


def remove_leftovers():
    """Namespaces of test processes that were killed."""
    names = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
    for name in names:
        owner = re.fullmatch(PREFIX + r"(\d+)-.*", name)
        if owner and not os.path.exists(f"/proc/{owner.group(1)}"):
            inside_it = subprocess.run(["ip", "netns", "pids", name], check=False, capture_output=True,
                                       text=True).stdout
            for pid in inside_it.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@contextlib.contextmanager
def inside(namespace):
    """The calling thread, and no other, opens its sockets there."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(file):
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        enter(there)
        try:
            yield
        finally:
            enter(home)


class Network:
    made = 0

    def __init__(self, count, seed=1):
        Network.made += 1
        self.numbers = range(1, count + 1)
        self.name = f"{PREFIX}{os.getpid()}-{Network.made}"
        self.router = self.name + "-router"
        self.forwarder = None
        atexit.register(self.close)
        remove_leftovers()
        try:
            self._make()
            self._start_forwarder(seed)
        except BaseException:
            self.close()
            raise

    def namespace(self, number):
        return f"{self.name}-node{number}"

    @staticmethod
    def address(number):
        return f"10.77.{number}.1"

    def connect(self, number, port, timeout):
        """A socket of a client that runs beside the node."""
        with inside(self.namespace(number)):
            return socket.create_connection(("127.0.0.1", port), timeout=timeout)

    def close(self):
        atexit.unregister(self.close)
        if self.forwarder:
            self.forwarder.stdin.close()
            self.forwarder.stdout.close()
            self.forwarder.wait()
            self.forwarder = None
        for name in [self.router, *map(self.namespace, self.numbers)]:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)

    # -- what happens to links

    def pairs(self, some, others):
        return [(i, j) for i in some for j in others if i != j]

    def cut_one_way(self, some, others):
        """Nothing from `some` reaches `others`."""
        self._lead(self.pairs(some, others), lambda j: f"blackhole 10.77.{j}.0/24")

    def cut(self, some, others):
        self.cut_one_way(some, others)
        self.cut_one_way(others, some)

    def heal(self):
        """All links stand and nothing happens to packets."""
        every = self.pairs(self.numbers, self.numbers)
        self._order(every)  # what was held leaves
        self._lead(every, lambda j: f"10.77.{j}.0/24 dev v{j}")

    def weather(self, links=None, loss=0.0, duplication=0.0, delay_ms=0.0, jitter_ms=0.0,
                clogged=False):
        """From now on, on the links given or on all."""
        links = links or self.pairs(self.numbers, self.numbers)
        self._order(links, loss, duplication, delay_ms, jitter_ms, clogged)
        self._lead(links, lambda j: f"10.77.{j}.0/24 dev tun0")

    def _lead(self, links, route):
        self._route("".join(f"route replace {route(j)} table {100 + i}\n" for i, j in links))

    def _route(self, lines):
        subprocess.run(["ip", "-n", self.router, "-batch", "-"], input=lines, text=True, check=True,
                       capture_output=True)

    def _order(self, links, loss=0.0, duplication=0.0, delay_ms=0.0, jitter_ms=0.0, clogged=False):
        for i, j in links:
            self.forwarder.stdin.write(f"{i} {j} {loss} {duplication} {int(delay_ms * 1000)} "
                                       f"{int(jitter_ms * 1000)} {int(clogged)}\n")
        self.forwarder.stdin.flush()
        for _ in links:
            assert self.forwarder.stdout.readline() == "ok\n", "the forwarder has ended"

    # -- making it

    def _make(self):
        ip("netns", "add", self.router)
        self._route("link set lo up\ntuntap add dev tun0 mode tun\nlink set tun0 up\n"
                    "rule add iif tun0 lookup 99\n")
        subprocess.run(["ip", "netns", "exec", self.router, "sh", "-c",
                        "echo 1 >/proc/sys/net/ipv4/ip_forward"], check=True)
        for i in self.numbers:
            self._make_node(i)
        self._route("".join(f"route add 10.77.{j}.0/24 dev v{j} table {table}\n"
                            for table in [99, *(100 + i for i in self.numbers)]
                            for j in self.numbers if table != 100 + j))

    def _make_node(self, i):
        own = self.namespace(i)
        ip("netns", "add", own)
        ip("link", "add", f"v{i}", "netns", self.router, "type", "veth", "peer", "name", "eth0",
           "netns", own)
        subprocess.run(["ip", "-n", own, "-batch", "-"], check=True, capture_output=True, text=True,
                       input=f"link set lo up\naddress add {self.address(i)}/24 dev eth0\n"
                             f"link set eth0 up\nroute add default via 10.77.{i}.254\n")
        self._route(f"address add 10.77.{i}.254/24 dev v{i}\nlink set v{i} up\n"
                    f"rule add iif v{i} lookup {100 + i}\n")

    def _start_forwarder(self, seed):
        self.forwarder = subprocess.Popen(
            ["ip", "netns", "exec", self.router, FORWARDER, "tun0", str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
