"""Commands that wait, on four connections: who is served with what, in which order."""

from compat import blocking
from compat.step import Step

COMMANDS_PER_STEP = 12  # a step is a scene of about so many
KEYS = [b"q1", b"q2", b"q3"]
WAITERS = (1, 2, 3)


def key(pool):
    return pool.random.choice(KEYS)


def keys(pool):
    return [key(pool) for _ in range(pool.random.randint(1, 3))]


def timeout(pool):
    """None, one far beyond the scene, one that the scene awaits, or none at all."""
    if pool.chance(0.9):
        return pool.one_of(b"0", b"0", b"36000", b"100000.5")
    return pool.one_of(blocking.BRIEF, b"x", b"-1", b"1e400", b"inf", b"nan", b"9223372036854775807", b"")


def end(pool):
    return pool.one_of(b"LEFT", b"RIGHT")


def streams(pool):
    return pool.one_of([b"x1", b"x2"], [b"x2", b"x1"])


def waiting(pool):
    """A command that may wait."""
    several = keys(pool)
    count = b"%d" % len(several)
    return pool.one_of(
        lambda: [pool.one_of(b"BLPOP", b"BRPOP"), *several, timeout(pool)],
        lambda: [pool.one_of(b"BLPOP", b"BRPOP"), *several, timeout(pool)],
        lambda: [pool.one_of(b"BZPOPMIN", b"BZPOPMAX"), *several, timeout(pool)],
        lambda: [b"BLMOVE", key(pool), key(pool), end(pool), end(pool), timeout(pool)],
        lambda: [b"BRPOPLPUSH", key(pool), key(pool), timeout(pool)],
        lambda: [b"BLMPOP", timeout(pool), count, *several, end(pool), *([b"COUNT", b"2"] if pool.chance(0.5) else [])],
        lambda: [b"BZMPOP", timeout(pool), count, *several, pool.one_of(b"MIN", b"MAX"), *([b"COUNT", b"2"] if pool.chance(0.5) else [])],
        lambda: [b"XREAD", b"BLOCK", pool.one_of(b"0", b"36000000"), b"STREAMS", b"x1", pool.one_of(b"$", b"$", b"0")],
        lambda: [b"XREAD", b"BLOCK", pool.one_of(b"0", b"36000000"), b"STREAMS", *streams(pool), *[b"$", b"$"]],
        lambda: [b"XREADGROUP", b"GROUP", b"g", b"c%d" % pool.random.randint(1, 2), b"BLOCK", pool.one_of(b"0", b"36000000"),
                 b"STREAMS", b"x1", b">"],
        lambda: [b"XREADGROUP", b"GROUP", b"g", b"c1", b"BLOCK", b"0", b"STREAMS", *streams(pool), b">", b">"])()


def lasting(pool):
    """A change of a stream that has nothing new, or no longer, for those who wait."""
    name = pool.one_of(b"x1", b"x2")
    return pool.one_of([b"XTRIM", name, b"MAXLEN", pool.one_of(b"0", b"1")], [b"XGROUP", b"SETID", name, b"g", pool.one_of(b"0", b"$")],
                       [b"XGROUP", b"CREATECONSUMER", name, b"g", b"c3"], [b"XGROUP", b"CREATE", name, b"h", b"$"],
                       [b"XADD", name, b"MAXLEN", b"0", b"%d-*" % pool.random.randint(1, 9000), b"f", b"v"], [b"EXPIRE", name, b"100000"],
                       [b"XGROUP", b"DESTROY", name, b"h"], [b"XSETID", name, b"%d-0" % pool.random.randint(1, 9000)])


def giving(pool):
    """Commands that others may have waited for; a transaction is several."""
    one = key(pool)
    entry = b"%d-*" % pool.random.randint(1, 900)
    simple = [
        [pool.one_of(b"LPUSH", b"RPUSH"), one, b"a", *([b"b", b"c"] if pool.chance(0.5) else [])],
        [pool.one_of(b"LPUSH", b"RPUSH"), one, b"d"],
        [b"ZADD", one, b"1", b"m", *([b"2", b"n"] if pool.chance(0.5) else [])],
        [b"DEL", one], [b"SET", one, b"string"], [b"RENAME", one, key(pool)], [b"COPY", one, key(pool), b"REPLACE"],
        [b"LMOVE", one, key(pool), end(pool), end(pool)], [b"XADD", b"x1", entry, b"f", b"v"], [b"XADD", b"x1", entry, b"f", b"v"],
        [b"XGROUP", b"CREATE", b"x1", b"g", b"$", b"MKSTREAM"], [b"XGROUP", b"CREATE", b"x1", b"g", b"$", b"MKSTREAM"],
        [b"XGROUP", b"DESTROY", b"x1", b"g"] if pool.chance(0.2) else [b"PING"],
        [b"LLEN", one], [pool.one_of(b"DEL", b"UNLINK", b"GETDEL", b"TYPE"), b"x1"] if pool.chance(0.3) else [b"XLEN", b"x1"],
        [b"RENAME", b"x1", pool.one_of(b"x2", one)] if pool.chance(0.2) else [b"XLEN", b"x1"],
        [pool.one_of(b"RENAME", b"COPY"), pool.one_of(b"x2", one), b"x1"] if pool.chance(0.2) else [b"XLEN", b"x2"],
        [b"XADD", b"x2", entry, b"f", b"v"], [b"XGROUP", b"CREATE", b"x2", b"g", b"$", b"MKSTREAM"], lasting(pool),
        [b"FLUSHDB"] if pool.chance(0.2) else [b"EXISTS", one]]
    if pool.chance(0.2):
        return [[b"MULTI"], *[pool.random.choice(simple) for _ in range(pool.random.randint(1, 4))],
                *([waiting(pool)] if pool.chance(0.3) else []), [b"EXEC"]]
    if pool.chance(0.05):
        return [[b"MULTI"], *([lasting(pool)] if pool.chance(0.5) else []),
                *[[b"XADD", name, b"%d-*" % pool.random.randint(900, 90000), b"f", b"v"] for name in streams(pool)],
                *([lasting(pool)] if pool.chance(0.5) else []), [b"EXEC"]]
    if pool.chance(0.1):
        return [[b"CLIENT", b"UNBLOCK", b"ID:%d" % pool.random.choice(WAITERS), *([pool.one_of(b"TIMEOUT", b"ERROR")] if pool.chance(0.6) else [])]]
    return [pool.random.choice(simple)]


def command(pool):
    scene = [(blocking.GIVER, [b"DEL", *KEYS, b"x1", b"x2"])]
    for name in (blocking.GIVER, *WAITERS):
        scene.append((name, [b"HELLO", pool.one_of(b"2", b"2", b"3")]))
    for _ in range(pool.random.randint(4, 14)):
        if pool.chance(0.45):
            scene.append((pool.random.choice(WAITERS), waiting(pool)))
        elif pool.chance(0.05):
            scene.append((pool.random.choice(WAITERS), [b"LEAVE"]))
        else:
            scene += [(blocking.GIVER, words) for words in giving(pool)]
    return Step(argv=tuple((name, tuple(words)) for name, words in scene), procedure="scene")
