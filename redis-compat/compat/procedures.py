"""Steps that take several round trips of their own, on each server apart, and end in one reply to compare.

A procedure that is a generator yields between what it sends and what it awaits: the servers work on it side by side.
"""

import inspect


def scan_all(connection, argv):
    """SCAN to its end with these options; the keys as a set. Inside MULTI, or on an error, the first reply."""
    cursor, seen = b"0", set()
    for _ in range(10_000):
        reply = connection.call(b"SCAN", cursor, *argv)
        if reply[0] != b"*":
            return reply
        cursor = reply[1][0][1]
        seen.update(item[1] for item in reply[1][1][1])
        if cursor == b"0":
            return (b"~", tuple((b"$", key) for key in sorted(seen)))
    return (b"-", b"SCAN does not come to an end")


def random_key(connection, _argv):
    """RANDOMKEY is one of KEYS *, or nothing when there are none."""
    for command in (b"MULTI", b"KEYS *", b"RANDOMKEY"):
        reply = connection.call(*command.split())
        if reply not in ((b"+", b"OK"), (b"+", b"QUEUED")):
            return reply
    reply = connection.call(b"EXEC")
    if reply[0] != b"*" or reply[1] is None:
        return reply
    keys, key = reply[1]
    if not keys[1]:
        return key
    return (b"+", b"a key" if (b"$", key[1]) in keys[1] else b"not a key: %r" % (key[1],))


def carry_out(name, connections, argv):
    """What the procedure ends in on each of the connections, in their order."""
    function = PROCEDURES[name]
    if not inspect.isgeneratorfunction(function):
        return [function(connection, argv) for connection in connections]
    running, ended = {number: function(connection, argv) for number, connection in enumerate(connections)}, {}
    while running:
        for number, one in list(running.items()):
            try:
                next(one)
            except StopIteration as end:
                ended[number] = end.value
                del running[number]
    return [ended[number] for number in range(len(connections))]


PROCEDURES = {"scan_all": scan_all, "random_key": random_key}


def procedure(name):
    """Decorator for families: register a procedure of their own."""
    def register(function):
        PROCEDURES[name] = function
        return function
    return register
