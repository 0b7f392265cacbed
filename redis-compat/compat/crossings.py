"""Steps that carry bytes from one server to the other. A crossing gets a connection to each and the step's argv, and returns
a reply of each to compare."""

from . import resp
from .payloads import contents
from .rules import sort_deep

CROSSINGS = {}
REFUSED = (b"-", b"ERR Bad data format")
OK = (b"+", b"OK")


def crossing(function):
    CROSSINGS[function.__name__] = function
    return function


def shown(payload, has_same_nodes):
    """What a payload holds, as a reply."""
    try:
        return b"$", repr(contents(payload, has_same_nodes)).encode()
    except (ValueError, IndexError) as error:
        return b"$", b"no payload (%r): %r" % (error, payload)


def dumps(oracle, target, key, has_same_nodes=True):
    """DUMP on both: two payloads, or None and two replies to compare."""
    replies = [side.call(b"DUMP", key) for side in (oracle, target)]
    if any(reply[0] != b"$" or reply[1] is None for reply in replies):
        return None, replies
    held = [shown(reply[1], has_same_nodes) for reply in replies]
    if held[0] != held[1]:
        return None, held
    return [reply[1] for reply in replies], None


@crossing
def swap(oracle, target, argv):
    """Both dump a key; the payloads hold the same; each restores the other's."""
    key, *options = argv
    payloads, different = dumps(oracle, target, key, not key.startswith(b"set in the middle"))
    if payloads is None:
        return different
    return (oracle.call(b"RESTORE", key, options[0], payloads[1], *options[1:]),
            target.call(b"RESTORE", key, options[0], payloads[0], *options[1:]))


def pipelined(side, commands):
    side.send(b"".join(resp.encode(list(words)) for words in commands))
    return tuple(side.read() for _ in commands)


def all_dumped(sides, keys):
    """Payloads of both, and a pair of replies to compare if they do not hold the same."""
    dumped = [pipelined(side, [(b"DUMP", key) for key in keys]) for side in sides]
    for left, right in zip(*dumped):
        if b"-" in (left[0], right[0]) or (left[1] is None) != (right[1] is None):
            return None, (left, right)
        if left[1] is not None and left[1] != right[1]:
            held = shown(left[1], True), shown(right[1], True)
            if held[0] != held[1]:
                return None, held
    return dumped, None


def values_in(name, argv):
    """How many values cross."""
    return len(argv[1]) if name == "swap_many" else 1


@crossing
def swap_many(oracle, target, argv):
    """Both carry the commands out, dump the keys, restore the other's payloads and dump them again."""
    commands, keys = argv
    sides = oracle, target
    replies = [pipelined(side, commands) for side in sides]
    if replies[0] != replies[1]:
        return next(pair for pair in zip(*replies) if pair[0] != pair[1])
    dumped, different = all_dumped(sides, keys)
    if different:
        return different
    crossed = []
    for side, payloads in zip(sides, reversed(dumped)):
        there = [(key, payload[1]) for key, payload in zip(keys, payloads) if payload[1] is not None]
        crossed.append(pipelined(side, [(b"RESTORE", key, b"0", payload, b"REPLACE") for key, payload in there]))
    if any(reply != OK for side in crossed for reply in side):
        return next(pair for pair in zip(*crossed) if pair != (OK, OK))
    return all_dumped(sides, keys)[1] or (OK, OK)


@crossing
def restore_damaged(oracle, target, argv):
    """Both restore the same damaged payload. Quorate may refuse what Redis takes, never the other way round; what both
    take is the same."""
    replies = [side.call(b"RESTORE", b"damaged", b"0", argv[0], b"REPLACE") for side in (oracle, target)]
    if replies == [OK, OK]:
        payloads, different = dumps(oracle, target, b"damaged")
        if payloads is None:
            return different
    elif replies == [OK, REFUSED]:
        replies = [OK, OK]
    for side in (oracle, target):
        side.call(b"DEL", b"damaged")
    return replies


@crossing
def swap_functions(oracle, target, argv):
    """Each restores the other's functions; then both list the same."""
    sides = oracle, target
    dumped = [side.call(b"FUNCTION", b"DUMP") for side in sides]
    replies = [side.call(b"FUNCTION", b"RESTORE", other[1], *argv) for side, other in zip(sides, reversed(dumped))]
    # Which of several libraries is named first follows from the order of each server's own table.
    if replies[0][0] != replies[1][0]:
        return replies
    return [sort_deep(side.call(b"FUNCTION", b"LIST", b"WITHCODE")) for side in sides]
