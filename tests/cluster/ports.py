"""Ports of a test's own: held from the moment they are drawn until the process ends, so that nobody else is given them,
neither another test beside it nor an outgoing connection. The differential test draws its ports here too."""

import os
import socket

FIRST, COUNT = 20000, 12000  # below the range that the kernel hands out by itself

_held = []


def free_ports(count):
    """A port is held by a socket that is bound and never listens. It was bound without SO_REUSEADDR, which fails if anybody
    has the port on any address, or had it a minute ago; with the option set afterwards a server may bind it as well."""
    drawn, start = [], os.getpid() * 37
    for step in range(COUNT):
        if len(drawn) == count:
            return drawn
        holder, port = socket.socket(), FIRST + (start + step) % COUNT
        try:
            holder.bind(("", port))
        except OSError:
            holder.close()
            continue
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _held.append(holder)
        drawn.append(port)
    raise OSError(f"no {count} free ports from {FIRST} on")
