"""Hashes: every command and option of Redis 7.0's group."""

from compat import collections  # noqa: F401  registers procedures
from compat.pools import step

FIELDS = [b"f1", b"f2", b"f3", b"f4", b"f5", b"7", b"-1", b"", b"\x00\xff", b"field with blanks", b"x" * 64, b"x" * 65]


def field(pool):
    if pool.chance(0.01):
        return b"long" * 16384
    if pool.chance(0.25):
        return b"n%d" % pool.random.randint(0, 40)
    return pool.random.choice(FIELDS[:5]) if pool.chance(0.7) else pool.random.choice(FIELDS)


def hset(pool):
    words = [pool.one_of(b"HSET", b"HSET", b"HMSET"), pool.key()]
    for _ in range(pool.random.randint(1, 4)):
        words += [field(pool), pool.value()]
    if pool.chance(0.04):
        words.append(field(pool))
    return step(*words)


def grow(pool):
    """Many fields at once: over the limit of the packed form, now and then."""
    words = [b"HSET", pool.key()]
    for i in range(pool.random.choice((30, 100, 300, 520))):
        words += [b"g%d" % i, b"%d" % (i * 7)]
    return step(*words)


def hrandfield(pool):
    words = [b"HRANDFIELD", pool.key()]
    if pool.chance(0.8):
        words.append(pool.small(-12, 12) if pool.chance(0.95) else pool.one_of(
            b"9223372036854775807", b"-9223372036854775808", b"1000000"))
        if words[-1] in (b"9223372036854775807", b"-9223372036854775808"):
            return step(*words, b"WITHVALUES") if words[-1][:1] == b"9" else step(*words)
        if pool.chance(0.5):
            words.append(pool.case(b"WITHVALUES") if pool.chance(0.95) else b"junk")
        if pool.chance(0.02):
            words.append(b"more")
    # A transaction around it would not queue what has too many words.
    return step(*words, procedure="random_elements") if len(words) <= 4 and b"junk" not in words else step(*words)


def hscan(pool):
    options = []
    if pool.chance(0.4):
        options += [pool.case(b"MATCH"), pool.one_of(b"*", b"f*", b"g1*", b"nothing", b"[fn]1")]
    if pool.chance(0.4):
        options += [b"COUNT", pool.one_of(b"1", b"5", b"100", b"0", b"-1", b"x")]
    if pool.chance(0.03):
        options.append(pool.one_of(b"COUNT", b"junk", b"TYPE"))
    if pool.chance(0.1):
        return step(b"HSCAN", pool.key(), pool.one_of(b"x", b"-", b"99999999999999999999", b"1.5"), *options)
    return step(b"HSCAN", pool.key(), *options, procedure="scan_elements")


def command(pool):
    key, name = pool.key, lambda: field(pool)
    simple = {
        "HGET": lambda: step(b"HGET", key(), name()),
        "HMGET": lambda: step(b"HMGET", key(), *[name() for _ in range(pool.random.randint(1, 4))]),
        "HSETNX": lambda: step(b"HSETNX", key(), name(), pool.value()),
        "HDEL": lambda: step(b"HDEL", key(), *[name() for _ in range(pool.random.randint(1, 4))]),
        "HDEL many": lambda: step(b"HDEL", key(), *[b"g%d" % i for i in range(pool.random.randint(1, 600))]),
        "HLEN": lambda: step(b"HLEN", key()),
        "HSTRLEN": lambda: step(b"HSTRLEN", key(), name()),
        "HEXISTS": lambda: step(b"HEXISTS", key(), name()),
        "HGETALL": lambda: step(b"HGETALL", key(), rule="pairs"),
        "HKEYS": lambda: step(pool.one_of(b"HKEYS", b"HVALS"), key(), rule="unordered"),
        "HINCRBY": lambda: step(b"HINCRBY", key(), name(), pool.integer()),
        "HINCRBYFLOAT": lambda: step(b"HINCRBYFLOAT", key(), name(), pool.number()),
        "ENCODING": lambda: step(b"OBJECT", b"ENCODING", key()),
        "DEL": lambda: step(b"DEL", *pool.keys(1, 2)),
        "SET": lambda: step(b"SET", key(), pool.value()),
        "EXPIRE": lambda: step(b"EXPIRE", key(), pool.one_of(b"100000", b"100000", b"-1")),
        "RENAME": lambda: step(b"RENAME", key(), key()),
        "COPY": lambda: step(b"COPY", key(), key(), b"REPLACE"),
        "TYPE": lambda: step(b"TYPE", key()),
    }
    special = [hset, hset, hset, hset, grow, hrandfield, hscan]
    if pool.chance(0.05):
        inside = [one for one in (command(pool) for _ in range(3)) if not isinstance(one, list) and not one.procedure]
        return [step(b"MULTI"), *inside, step(b"EXEC", rule="unordered")]
    choice = pool.random.randrange(len(simple) + len(special))
    return special[choice](pool) if choice < len(special) else pool.one_of(*simple.values())()
