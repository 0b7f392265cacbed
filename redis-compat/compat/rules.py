"""How two replies that are not byte for byte equal may still agree.

A rule is a function (oracle's reply, target's reply) -> bool. It is asked only about two replies that differ and of
which neither is an error: errors must always be equal. Each rule belongs to a reply that no two servers can answer
alike, or of which the order is not promised.
"""

from .resp import AGGREGATES, is_null

SECONDS_TOLERANCE = 3
MILLISECONDS_TOLERANCE = 4000


def exact(_oracle, _target):
    return False


def _near(tolerance):
    def near(oracle, target):
        if oracle[0] != b":" or target[0] != b":":
            return False
        left, right = int(oracle[1]), int(target[1])
        return left > 0 and right > 0 and abs(left - right) <= tolerance
    return near


def sort_deep(reply):
    """The same reply with the elements of every aggregate in one order."""
    kind, value = reply
    if kind not in AGGREGATES or value is None:
        return reply
    items = [sort_deep(item) for item in value]
    if kind == b"%":
        pairs = sorted(zip(items[::2], items[1::2]), key=repr)
        return kind, tuple(item for pair in pairs for item in pair)
    return kind, tuple(sorted(items, key=repr))


def unordered(oracle, target):
    return sort_deep(oracle) == sort_deep(target)


def pairs(oracle, target):
    """A flat array of names and values (RESP2), or a map (RESP3), in any order."""
    if oracle[0] != target[0] or oracle[0] not in (b"*", b"%") or is_null(oracle) or is_null(target):
        return False
    return (sorted(zip(oracle[1][::2], oracle[1][1::2]), key=repr)
            == sorted(zip(target[1][::2], target[1][1::2]), key=repr))


def same_kind(oracle, target):
    """Only the type of the reply is promised."""
    return oracle[0] == target[0] and is_null(oracle) == is_null(target)


def shape(oracle, target):
    """The same tree of types; the values of the leaves are each server's own."""
    if not same_kind(oracle, target):
        return False
    if oracle[0] not in AGGREGATES or is_null(oracle):
        return True
    return len(oracle[1]) == len(target[1]) and all(map(shape, oracle[1], target[1]))


def hex_digests(oracle, target):
    """One or more SHA-1 sized digests: each server has its own function of the data."""
    if oracle[0] in AGGREGATES:
        return shape(oracle, target) and all(map(hex_digests, oracle[1], target[1]))
    return same_kind(oracle, target) and _is_digest(oracle[1]) and _is_digest(target[1])


def _is_digest(value):
    return len(value) == 40 and all(byte in b"0123456789abcdef" for byte in value)


def simple_lines(oracle, target):
    """HELP: the words are each server's own, the form is not."""
    return all(reply[0] == b"*" and reply[1] and all(line[0] == b"+" for line in reply[1])
               for reply in (oracle, target))


RULES = {
    "exact": exact,
    "near_seconds": _near(SECONDS_TOLERANCE),
    "near_milliseconds": _near(MILLISECONDS_TOLERANCE),
    "unordered": unordered,
    "pairs": pairs,
    "same_kind": same_kind,
    "shape": shape,
    "hex_digests": hex_digests,
    "simple_lines": simple_lines,
}


def rule(name):
    """Decorator for families: register a rule of their own."""
    def register(function):
        RULES[name] = function
        return function
    return register


@rule("hello")
def hello(oracle, target):
    """Alike but for the id of the connection, and the mode when the target is a cluster."""
    if oracle[0] != target[0] or oracle[1] is None or target[1] is None or len(oracle[1]) != len(target[1]):
        return False
    pairs_of = [list(zip(reply[1][::2], reply[1][1::2])) for reply in (oracle, target)]
    return all(left == right or left[0] == right[0] and left[0][1] in (b"id", b"mode") for left, right in zip(*pairs_of))


def _leaves_but(reply, forgiven):
    """The reply without what stands behind a name of `forgiven` in maps and flat arrays of names and values."""
    kind, value = reply
    if kind not in AGGREGATES or value is None:
        return reply
    items, kept, skip = list(value), [], False
    for item in items:
        kept.append((b"?", b"") if skip else _leaves_but(item, forgiven))
        skip = item[0] == b"$" and item[1] in forgiven
    return kind, tuple(kept)


@rule("stream_info")
def stream_info(oracle, target):
    """XINFO: times are each server's own, and the nodes of Redis's radix tree."""
    forgiven = (b"radix-tree-nodes", b"seen-time", b"idle")

    def times_out(reply):
        kind, value = reply
        if kind not in AGGREGATES or value is None:
            return (kind, b"time") if kind == b":" and len(value) > 12 else reply
        return kind, tuple(times_out(item) for item in value)
    return times_out(_leaves_but(oracle, forgiven)) == times_out(_leaves_but(target, forgiven))


@rule("idle_times")
def idle_times(oracle, target):
    """XPENDING: [id, consumer, idle, deliveries]; idle within a few seconds, unless it was set."""
    def settle(reply):
        kind, value = reply
        if kind == b"*" and value is not None and len(value) == 4 and value[2][0] == b":":
            return kind, (value[0], value[1], (b":", b"%d" % (int(value[2][1]) // 100000)), value[3])
        return (kind, tuple(settle(item) for item in value)) if kind in AGGREGATES and value is not None else reply
    return settle(oracle) == settle(target)
