"""Keys of any type and the 16 databases: the group "generic", SELECT, SWAPDB, FLUSHDB, FLUSHALL, DBSIZE."""

from compat.pools import step
from families.strings import set_

PATTERNS = [b"*", b"k*", b"k?", b"k[12]", b"k[^1]", b"k[3-5]", b"\\k1", b"[", b"k[", b"*1*", b"", b"K*", b"k[5-3]"]


def database(pool):
    return pool.one_of(b"0", b"1", b"2", b"3", b"15") if pool.chance(0.92) else pool.one_of(
        b"16", b"-1", b"x", b"", b"99999999999")


def copy(pool):
    words = [b"COPY", pool.key(), pool.key()]
    if pool.chance(0.4):
        words += [b"DB", database(pool)]
    if pool.chance(0.4):
        words.append(pool.case(b"REPLACE"))
    if pool.chance(0.04):
        words.append(b"junk")
    return step(*words)


def scan(pool):
    if pool.chance(0.1):
        return step(b"SCAN", pool.one_of(b"x", b"-1", b"0 ", b"99999999999999999999"), rule="same_kind")
    words = []
    if pool.chance(0.5):
        words += [b"COUNT", pool.one_of(b"1", b"2", b"10", b"1000", b"0", b"-1", b"x")]
    if pool.chance(0.5):
        words += [b"MATCH", pool.one_of(*PATTERNS)]
    if pool.chance(0.3):
        words += [b"TYPE", pool.one_of(b"string", b"hash", b"STRING", b"nothing")]
    if pool.chance(0.05):
        words.append(b"junk")
    return step(*words, procedure="scan_all")


def object_(pool):
    what = pool.one_of(b"ENCODING", b"REFCOUNT", b"IDLETIME", b"FREQ", b"encoding", b"HELP", b"junk")
    if what == b"HELP":
        return step(b"OBJECT", b"HELP", rule="simple_lines")
    rule = "same_kind" if what in (b"REFCOUNT", b"IDLETIME") else "exact"
    return step(b"OBJECT", what, pool.key(), rule=rule)


def command(pool):
    key = pool.key
    choices = [
        lambda: step(b"SET", key(), pool.value()), lambda: step(b"SET", key(), pool.value()),
        lambda: set_(pool),
        lambda: step(b"MSET", *[word for one in pool.keys() for word in (one, pool.value())]),
        lambda: step(b"GET", key()),
        lambda: step(pool.one_of(b"DEL", b"UNLINK"), *pool.keys()),
        lambda: step(pool.one_of(b"EXISTS", b"TOUCH"), *pool.keys()),
        lambda: step(b"TYPE", key()),
        lambda: step(b"KEYS", pool.one_of(*PATTERNS), rule="unordered"),
        lambda: scan(pool),
        lambda: step(b"RANDOMKEY", procedure="random_key"),
        lambda: step(pool.one_of(b"RENAME", b"RENAMENX"), key(), key()),
        lambda: copy(pool),
        lambda: step(b"MOVE", key(), database(pool)),
        lambda: step(b"SELECT", database(pool)),
        lambda: step(b"DBSIZE"),
        lambda: object_(pool),
        lambda: step(b"TTL", key(), rule="near_seconds"),
    ]
    if pool.chance(0.03):
        choices = [lambda: step(b"SWAPDB", database(pool), database(pool)),
                   lambda: step(b"FLUSHDB", *([] if pool.chance(0.5) else [pool.one_of(b"SYNC", b"ASYNC", b"junk")])),
                   lambda: step(b"FLUSHALL", *([] if pool.chance(0.5) else [pool.one_of(b"SYNC", b"ASYNC", b"x")]))]
    return pool.one_of(*choices)()
