"""What the Python programs of this folder share. A program is called with `plain PORT` or `sentinel PORT ...`, prints READY in
the midst of its work, goes on to its end when it reads a line (the leader is dead by then, or nothing has happened), and
prints OK. No deadline here: the caller has one that ends a hang."""

import os
import sys
import threading
import time

import redis
from redis.sentinel import Sentinel

MASTER = "mymaster"  # the name that all sentinels here know
SENTINELS = [("127.0.0.1", int(port)) for port in sys.argv[2:]] if sys.argv[1:2] == ["sentinel"] else []
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else None  # the server's; if there are SENTINELS, of the first of them
NODES = [int(port) for port in os.environ.get("APPS_NODES", "").split()]  # behind PORT, for who asks one of them itself
STEADY = bool(os.environ.get("APPS_STEADY"))  # no connection to PORT has a reason to break

# What a client is told when the node that it spoke to has died, or leads no more.
LOST_LEADER = ("INDOUBT", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "UNBLOCKED")


def connect(**options):
    """A client of its own to the server, or to whichever the sentinels call the master."""
    return Sentinel(SENTINELS).master_for(MASTER, **options) if SENTINELS else redis.Redis(port=PORT, **options)


def is_of_a_lost_leader(error, port=PORT):
    """That came by a connection to that port."""
    if isinstance(error, redis.ConnectionError):
        return not (STEADY and port == PORT)
    return isinstance(error, redis.ReadOnlyError) or str(error).startswith(LOST_LEADER)


def attempt(act):
    """What act() returns; None if a leader was lost meanwhile."""
    try:
        return act()
    except redis.RedisError as error:
        if not is_of_a_lost_leader(error):
            raise
        return None


def steadily(act):
    """Again and again while the answer is that a leader was lost: only for what may be done twice."""
    while True:
        try:
            return act()
        except redis.RedisError as error:
            if not is_of_a_lost_leader(error):
                raise
        time.sleep(0.02)


def until(claim):
    while not (value := steadily(claim)):
        time.sleep(0.02)
    return value


def lives(port):
    try:
        return redis.Redis(port=port).ping()
    except redis.ConnectionError:
        return False


class Background(threading.Thread):
    """Work beside the program's own, which goes on for a while after is_over is set."""

    def __init__(self):
        super().__init__(daemon=True)
        self.is_over = threading.Event()
        self.error = None

    def run(self):
        try:
            self.work()
        except BaseException as error:  # told to who waits for it
            self.error = error

    def work(self):
        raise NotImplementedError

    def check(self):
        if self.error is not None:
            raise self.error

    def end(self):
        """Returns when it has ended; raises what it raised."""
        self.is_over.set()
        self.join()
        self.check()


def await_all(many, has_begun):
    """Until each is in the midst of its work."""
    until(lambda: all(one.check() or has_begun(one) for one in many))


def disturbed():
    """Says that the leader may be killed, and waits until the caller has done what it wants to do."""
    print("READY", flush=True)
    sys.stdin.readline()


def finish():
    print("OK", flush=True)
