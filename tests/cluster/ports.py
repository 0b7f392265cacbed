"""Ports of a test's own: nobody else is given them before its process ends, neither another test beside it nor an outgoing
connection. A block of 40 belongs to whoever holds the lock on its file; the differential test draws its ports by the same rule
(redis-compat/compat/ports.py has its own copy, since neither includes the other)."""

import fcntl
import os
import socket

FOLDER = "/tmp/quorate-ports"
FIRST, LAST, WIDTH = 20000, 32000, 40  # below the range that the kernel hands out by itself

_locks, _holders, _free = [], [], []  # open files and sockets of this process; its ports that are not drawn yet


def _lock(path):
    """An open file whose lock this process holds, or None if another does."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _hold(port):
    """A socket that is bound and never listens, or None if anybody has the port on any address, or had it a minute ago.
    SO_REUSEADDR is set afterwards: a server may bind it as well, and no outgoing connection is given it."""
    holder = socket.socket()
    try:
        holder.bind(("", port))
    except OSError:
        holder.close()
        return None
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return holder


def _take_block():
    os.makedirs(FOLDER, exist_ok=True)
    for first in range(FIRST, LAST, WIDTH):
        lock = _lock(f"{FOLDER}/{first}")
        if lock is None:
            continue
        _locks.append(lock)
        held = [(port, _hold(port)) for port in range(first, first + WIDTH)]
        _holders.extend(holder for _, holder in held if holder)
        _free.extend(port for port, holder in held if holder)
        return
    raise OSError(f"no block of {WIDTH} ports is free from {FIRST} to {LAST}")


def free_ports(count):
    while len(_free) < count:
        _take_block()
    drawn = _free[:count]
    del _free[:count]
    return drawn
