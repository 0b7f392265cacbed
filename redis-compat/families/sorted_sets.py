"""Sorted sets: every command and option of Redis 7.0's group that does not block."""

from compat import collections  # noqa: F401  registers procedures
from compat.pools import step

MEMBERS = [b"a", b"b", b"c", b"d", b"e", b"f", b"1", b"2", b"-3", b"", b"\x00\xff", b"two words", b"x" * 64, b"x" * 65]
SCORES = [b"0", b"-0", b"1", b"2", b"3", b"1.5", b"-1.5", b"0.1", b"1e308", b"-1e308", b"inf", b"-inf", b"+inf",
          b"1e-320", b"3.0", b"17179869184", b"9007199254740993", b"9223372036854775807", b"0x10", b"nan", b"", b" 1",
          b"1 ", b"abc", b"1e400", b"infinity", b"3.141592653589793"]


def member(pool):
    if pool.chance(0.004):
        return b"long" * 16384
    return pool.random.choice(MEMBERS[:6]) if pool.chance(0.75) else pool.random.choice(MEMBERS)


def score(pool):
    if pool.chance(0.6):
        return b"%d" % pool.random.randint(-5, 10)
    return b"%.3g" % pool.random.uniform(-9, 9) if pool.chance(0.4) else pool.random.choice(SCORES)


def zadd(pool):
    words = [b"ZADD", pool.key()]
    for option in (b"NX", b"XX", b"GT", b"LT"):
        if pool.chance(0.12):
            words.append(pool.case(option))
    if pool.chance(0.3):
        words.append(b"CH")
    if pool.chance(0.12):
        words.append(b"INCR")
    for _ in range(1 if pool.chance(0.5) else pool.random.randint(1, 4)):
        words += [score(pool), member(pool)]
    if pool.chance(0.03):
        words.append(member(pool))
    return step(*words)


def grow(pool):
    words = [b"ZADD", pool.key()]
    same = pool.chance(0.5)
    for i in range(pool.random.choice((20, 100, 127, 128, 129, 300))):
        words += [b"0" if same else b"%d" % (i * 7 % 50), b"m%d" % i]
    return step(*words)


def bound(pool):
    if pool.chance(0.7):
        return pool.one_of(b"", b"(") + b"%d" % pool.random.randint(-6, 11)
    return pool.one_of(b"-inf", b"+inf", b"(1.5", b"(-inf", b"inf", b"(", b"", b"x", b"nan", b"(nan", b" 1", b"0x1", b"1e3", b"1 ")


def lex(pool):
    if pool.chance(0.3):
        return pool.one_of(b"-", b"+")
    if pool.chance(0.06):
        return pool.one_of(b"", b"a", b"--", b"+x", b"1")
    return pool.one_of(b"[", b"(") + pool.one_of(b"a", b"b", b"d", b"m1", b"m10", b"", b"z", b"\x00")


def lex_key(pool):
    """By name a range is only defined when all scores are equal."""
    return b"names" if pool.chance(0.9) else pool.one_of(b"nothing here", b"strings")


def fill_names(pool):
    key = b"names"
    if pool.chance(0.1):
        return step(b"DEL", key)
    if pool.chance(0.1):
        return step(b"SET", b"strings", b"x")
    names = [b"m%d" % i for i in range(pool.one_of(5, 50, 200))] if pool.chance(0.2) else [member(pool) for _ in range(4)]
    return step(b"ZADD", key, *[word for name in names for word in (b"0", name)])


def limit(pool):
    return [pool.case(b"LIMIT"), pool.small(-2, 6), pool.small(-2, 6)] if pool.chance(0.3) else []


def by_index(pool):
    return [pool.small(-9, 9), pool.small(-9, 9)]


def zrange(pool):
    store = pool.chance(0.25)
    kind = pool.one_of(None, b"BYSCORE", b"BYLEX")
    source = lex_key(pool) if kind == b"BYLEX" else pool.key()
    words = [b"ZRANGESTORE", pool.key(), source] if store else [b"ZRANGE", source]
    words += by_index(pool) if kind is None else [bound(pool), bound(pool)] if kind == b"BYSCORE" else [lex(pool), lex(pool)]
    options = [] if kind is None else [[pool.case(kind)]]
    if pool.chance(0.3):
        options.append([b"REV"])
    if pool.chance(0.3) and (kind != b"BYLEX" or pool.chance(0.1)):
        options.append([b"WITHSCORES"])
    options.append(limit(pool) if kind is not None or pool.chance(0.1) else [])
    if pool.chance(0.02):
        options.append([b"junk"])
    pool.random.shuffle(options)
    return step(*words, *[word for option in options for word in option])


def old_range(pool):
    kind = pool.random.randrange(3)
    scores = [b"WITHSCORES"] if pool.chance(0.4) else []
    if kind == 0:
        return step(b"ZREVRANGE", pool.key(), *by_index(pool), *scores)
    if kind == 1:
        return step(pool.one_of(b"ZRANGEBYSCORE", b"ZREVRANGEBYSCORE"), pool.key(), bound(pool), bound(pool), *scores, *limit(pool))
    return step(pool.one_of(b"ZRANGEBYLEX", b"ZREVRANGEBYLEX"), lex_key(pool), lex(pool), lex(pool), *limit(pool),
                *(scores if pool.chance(0.1) else []))


def remove_range(pool):
    if pool.chance(0.4):
        return step(b"ZREMRANGEBYRANK", pool.key(), *by_index(pool))
    if pool.chance(0.5):
        return step(b"ZREMRANGEBYSCORE", pool.key(), bound(pool), bound(pool))
    return step(b"ZREMRANGEBYLEX", lex_key(pool), lex(pool), lex(pool))


def algebra(pool):
    name = pool.one_of(b"ZUNION", b"ZINTER", b"ZDIFF", b"ZINTERCARD")
    store = name != b"ZINTERCARD" and pool.chance(0.5)
    keys = pool.keys(1, 3)
    count = b"%d" % len(keys) if pool.chance(0.93) else pool.integer(0.3)
    words = [name + (b"STORE" if store else b""), *([pool.key()] if store else []), count, *keys]
    if name in (b"ZUNION", b"ZINTER") or pool.chance(0.03):
        if pool.chance(0.4):
            words += [pool.case(b"WEIGHTS"), *[score(pool) for _ in keys]]
        if pool.chance(0.4):
            words += [b"AGGREGATE", pool.one_of(b"SUM", b"MIN", b"max", b"junk")]
    if not store and name != b"ZINTERCARD" and pool.chance(0.5):
        words.append(b"WITHSCORES")
    if name == b"ZINTERCARD" and pool.chance(0.5):
        words += [b"LIMIT", pool.small(-1, 4)]
    if pool.chance(0.02):
        words.append(b"junk")
    return step(*words)


def pop(pool):
    if pool.chance(0.6):
        words = [pool.one_of(b"ZPOPMIN", b"ZPOPMAX"), pool.key()]
        if pool.chance(0.5):
            words.append(pool.small(-1, 6))
        return step(*words, *([b"x"] if pool.chance(0.02) else []))
    keys = pool.keys(1, 3)
    words = [b"ZMPOP", b"%d" % len(keys) if pool.chance(0.93) else pool.integer(0.3), *keys,
             pool.one_of(b"MIN", b"max", b"MIN", b"MAX", b"x") if pool.chance(0.97) else b"COUNT"]
    if pool.chance(0.5):
        words += [b"COUNT", pool.small(-1, 4)]
    return step(*words, *([b"COUNT", b"1"] if pool.chance(0.03) else []))


def zrandmember(pool):
    words = [b"ZRANDMEMBER", pool.key()]
    if pool.chance(0.8):
        words.append(pool.small(-12, 12) if pool.chance(0.95) else pool.one_of(b"9223372036854775807", b"-9223372036854775808"))
        if pool.chance(0.5) and not words[-1].endswith((b"5807", b"5808")):
            words.append(b"WITHSCORES")
    return step(*words, procedure="random_elements")


def zscan(pool):
    options = []
    if pool.chance(0.4):
        options += [pool.case(b"MATCH"), pool.one_of(b"*", b"m*", b"m1*", b"nothing", b"[abc]")]
    if pool.chance(0.4):
        options += [b"COUNT", pool.one_of(b"1", b"5", b"100", b"0", b"-1", b"x")]
    if pool.chance(0.1):
        return step(b"ZSCAN", pool.key(), pool.one_of(b"x", b"-", b"1.5"), *options)
    return step(b"ZSCAN", pool.key(), *options, procedure="scan_elements")


def command(pool):
    key = pool.key
    simple = {
        "ZINCRBY": lambda: step(b"ZINCRBY", key(), score(pool), member(pool)),
        "ZREM": lambda: step(b"ZREM", key(), *[member(pool) for _ in range(pool.random.randint(1, 3))]),
        "ZCARD": lambda: step(b"ZCARD", key()),
        "ZSCORE": lambda: step(b"ZSCORE", key(), member(pool)),
        "ZMSCORE": lambda: step(b"ZMSCORE", key(), *[member(pool) for _ in range(pool.random.randint(1, 3))]),
        "ZRANK": lambda: step(pool.one_of(b"ZRANK", b"ZREVRANK"), key(), member(pool)),
        "ZCOUNT": lambda: step(b"ZCOUNT", key(), bound(pool), bound(pool)),
        "ZLEXCOUNT": lambda: step(b"ZLEXCOUNT", lex_key(pool), lex(pool), lex(pool)),
        "ENCODING": lambda: step(b"OBJECT", b"ENCODING", key()),
        "DEL": lambda: step(b"DEL", *pool.keys(1, 2)),
        "SET": lambda: step(b"SET", key(), pool.value()),
        "SADD": lambda: step(b"SADD", key(), member(pool), member(pool), b"5"),
        "EXPIRE": lambda: step(b"EXPIRE", key(), pool.one_of(b"100000", b"100000", b"-1")),
        "RENAME": lambda: step(b"RENAME", key(), key()),
        "COPY": lambda: step(b"COPY", key(), key(), b"REPLACE"),
    }
    special = [zadd, zadd, zadd, zadd, zadd, grow, fill_names, zrange, zrange, old_range, remove_range, algebra, algebra, pop,
               zrandmember, zscan]
    if pool.chance(0.05):
        inside = [one for one in (command(pool) for _ in range(3)) if not isinstance(one, list) and not one.procedure]
        return [step(b"MULTI"), *inside, step(b"EXEC")]
    choice = pool.random.randrange(len(simple) + len(special))
    return special[choice](pool) if choice < len(special) else pool.one_of(*simple.values())()
