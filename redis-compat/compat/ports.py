"""Ports that no other process of this machine takes while this one lives: a block of 40 belongs to whoever holds the lock
on its file. tests/cluster takes its ports by the same rule; both have a copy, since neither includes the other."""

import fcntl
import os
import socket

FOLDER = "/tmp/quorate-ports"
FIRST, LAST, WIDTH = 20000, 32000, 40  # below those that the kernel hands out by itself

_held = []  # blocks of this process: open files, whose locks end with it


def _is_free(port):
    """Whether nobody listens, among those who do not know the rule."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lock(path):
    """An open file whose lock this process holds, or None if another does."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def free_ports(count):
    """So many ports of a block that is this process's until it ends."""
    os.makedirs(FOLDER, exist_ok=True)
    for first in range(FIRST, LAST, WIDTH):
        block = _lock(f"{FOLDER}/{first}")
        if block is None:
            continue
        _held.append(block)
        free = [port for port in range(first, first + WIDTH) if _is_free(port)]
        if len(free) >= count:
            return free[:count]
    raise RuntimeError(f"no block of {WIDTH} ports between {FIRST} and {LAST} has {count} free ones")
