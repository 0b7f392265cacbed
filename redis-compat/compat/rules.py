"""How two replies that are not byte for byte equal may still agree.

A rule is a function (oracle's reply, target's reply) -> bool. It is asked only about two replies that differ and of
which neither is an error: errors must always be equal. Each rule belongs to a reply that no two servers can answer
alike, or of which the order is not promised.

What depends on the moment depends on how long the script has been running, and on nothing else: both servers did what they
did since it began. A rule of time is a function (oracle's reply, target's reply, seconds since then).
"""

from .resp import AGGREGATES, is_null

CLOCK_RATE = 1.25  # Quorate's clock runs at nine tenths, or jumps ahead, when it was wrong
CLOCK_STEP_S = 1   # rounding, and clocks that are read ten times a second


def tolerance_s(passed_s):
    """By how much two spans may differ that each server measured by its own clock."""
    return CLOCK_STEP_S + passed_s * CLOCK_RATE


def exact(_oracle, _target):
    return False


def _near(units_per_s):
    def near(oracle, target, passed_s):
        if oracle[0] != b":" or target[0] != b":":
            return False
        left, right = int(oracle[1]), int(target[1])
        return left > 0 and right > 0 and abs(left - right) <= tolerance_s(passed_s) * units_per_s
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
    "unordered": unordered,
    "pairs": pairs,
    "same_kind": same_kind,
    "shape": shape,
    "hex_digests": hex_digests,
    "simple_lines": simple_lines,
}
RULES_OF_TIME = {
    "near_seconds": _near(1),
    "near_milliseconds": _near(1000),
}


def rule(name):
    """Decorator for families: register a rule of their own."""
    def register(function):
        RULES[name] = function
        return function
    return register


def rule_of_time(name):
    def register(function):
        RULES_OF_TIME[name] = function
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


@rule_of_time("idle_seconds")
def idle_seconds(oracle, target, passed_s):
    """OBJECT IDLETIME that was set."""
    return oracle[0] == target[0] == b":" and abs(int(oracle[1]) - int(target[1])) <= tolerance_s(2 * passed_s) + CLOCK_STEP_S


@rule_of_time("idle_times")
def idle_times(oracle, target, passed_s):
    """XPENDING's [id, consumer, idle, deliveries], or an array of those."""
    if oracle == target:
        return True
    if oracle[0] != b"*" or target[0] != b"*" or is_null(oracle) or is_null(target) or len(oracle[1]) != len(target[1]):
        return False
    left, right = oracle[1], target[1]
    if len(left) == 4 and left[2][0] == right[2][0] == b":":
        return (left[:2], left[3]) == (right[:2], right[3]) and \
            abs(int(left[2][1]) - int(right[2][1])) <= tolerance_s(passed_s) * 1000
    return all(idle_times(*pair, passed_s) for pair in zip(left, right))
