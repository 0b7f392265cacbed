"""Keyspace events: the commands of the other families, and what two listeners are told of them, in order.

Replies are compared in those families; here the events alone. What depends on the moment is left out: a key here expires
at once, in a day, or never.
"""

import importlib

from compat import listening  # noqa: F401 (the procedure)
from compat.listening import SILENT
from compat.step import Step

TURNS = 25  # of the actor, in a scene
OTHERS = [importlib.import_module("families." + name) for name in (
    "strings", "lists", "hashes", "sets", "sorted_sets", "streams", "bitmaps", "hyperloglog", "geo", "sort", "keyspace", "expire")]
LISTENERS, ACTOR = (0, 1), SILENT + 2
CLASSES = [b"KEA", b"KEA", b"KEA", b"KEAmn", b"KEmn", b"Kg$", b"Elshz", b"KEt", b"Ex", b"KEgn", b"A", b""]
TIMES = (b"EX", b"PX", b"EXAT", b"PXAT")
EXPIRING = (b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT", b"SETEX", b"PSETEX", b"GETEX", b"HEXPIRE", b"HPEXPIRE", b"HEXPIREAT",
            b"HPEXPIREAT")
LEFT_OUT = (b"DEBUG", b"CONFIG", b"MULTI", b"EXEC", b"DISCARD", b"WATCH", b"UNWATCH", b"HELLO", b"RESET", b"QUIT", b"CLIENT", b"SWAPDB",
            b"RESTORE", b"MEMORY", b"OBJECT", b"WAIT", b"XREAD")
DAY = b"86400000"


def prelude(pool):
    """Nor does a script depend on what other families remember."""
    return [one for family in OTHERS if hasattr(family, "prelude") for one in family.prelude(pool)]


def is_of_its_moment(argv):
    words = [word.upper() for word in argv]
    return words[0] in EXPIRING or any(word in TIMES for word in words[1:]) or words[0].startswith(b"H") and b"EXPIRE" in words[0]


def may_block(argv):
    return argv[0].upper()[:2] in (b"BL", b"BR", b"BZ") or b"BLOCK" in [word.upper() for word in argv]


def expiring(pool, number):
    """Commands about time, with times that no machine is slow enough for: whether one is later than another is said by
    their place in the scene, never by the moment at which they are carried out."""
    key, later = pool.key(), b"%d" % (int(DAY) + 1000 * number)
    return pool.one_of(
        lambda: [b"SET", key, b"v", b"EX", DAY], lambda: [b"SETEX", key, DAY, b"v"], lambda: [b"PSETEX", key, DAY, b"v"],
        lambda: [b"EXPIRE", key, later, *pool.one_of([], [b"NX"], [b"XX"], [b"GT"], [b"LT"])],
        lambda: [b"PEXPIRE", key, DAY], lambda: [b"PEXPIRE", key, b"-1"], lambda: [b"EXPIREAT", key, b"1"],
        lambda: [b"EXPIRE", key, b"0"], lambda: [b"GETEX", key, *pool.one_of([b"EX", DAY], [b"PERSIST"], [b"PXAT", b"1"], [])],
        lambda: [b"PERSIST", key], lambda: [b"SET", key, b"v", b"KEEPTTL"])()


def misses_in_the_order_of_a_hash_table(argv):
    return argv[0].upper() in (b"SORT", b"SORT_RO")


def of_another_family(pool, classes):
    while True:
        made = pool.random.choice(OTHERS).command(pool)
        steps = [made] if isinstance(made, Step) else made
        words = [one.argv for one in steps if one.argv and not one.procedure and not one.crossing and one.raw is None and
                 all(isinstance(word, bytes) for word in one.argv)]
        words = [argv for argv in words if argv[0].upper() not in LEFT_OUT and not may_block(argv) and not is_of_its_moment(argv) and
                 not (b"m" in classes and misses_in_the_order_of_a_hash_table(argv))]
        if words:
            return words


def command(pool):
    classes = pool.random.choice(CLASSES)
    scene = [(ACTOR, (b"FLUSHALL",), (b"CONFIG", b"SET", b"notify-keyspace-events", classes))]
    for name in LISTENERS:
        scene.append((name, *([(b"HELLO", b"3")] if pool.chance(0.5) else []),
                      pool.one_of((b"PSUBSCRIBE", b"*"), (b"PSUBSCRIBE", b"__key*__:*"), (b"PSUBSCRIBE", b"__keyevent@0__:*"),
                                  (b"PSUBSCRIBE", b"__keyspace@*__:k*"))))
    turn = []  # what is sent together: the listeners have heard of all before the next is
    for number in range(1, TURNS + 1):
        if pool.chance(0.15):
            words = [expiring(pool, number)]
        elif pool.chance(0.05):
            words = [[b"SELECT", pool.one_of(b"0", b"1")]]
        else:
            words = of_another_family(pool, classes)
        if pool.chance(0.1):
            words = [[b"MULTI"], *words, [b"EXEC"]]
        turn += [tuple(one) for one in words]
        if pool.chance(0.2):
            scene.append((ACTOR, *turn))
            turn = []
    scene.append((ACTOR, *turn, (b"PING",)))
    return Step(argv=tuple(scene), procedure="listening")
