"""Streams: every command and option of Redis 7.0's group that does not block."""

from compat.pools import step

IDS = [b"0-1", b"1-0", b"1-1", b"1-2", b"2-0", b"5", b"7-1", b"10-10", b"0-0", b"0", b"100-0", b"1-*", b"7-*", b"0-*",
       b"18446744073709551615-18446744073709551615", b"18446744073709551615-5", b"x", b"1-x", b"-1", b"01-1", b"1-1-1", b"",
       b"-", b"+", b"18446744073709551616-1", b" 1-1"]
GROUPS = [b"g1", b"g1", b"g2", b"none"]
CONSUMERS = [b"alice", b"bob", b"carol"]
FAR_MS = b"100000000"  # no entry has been idle for so long, unless that was said


def entry_id(pool):
    """Mostly ids that have a chance to be there or to come next."""
    if pool.chance(0.9):
        return b"%d-%d" % (pool.random.randint(1, 40), pool.random.randint(0, 3))
    return pool.random.choice(IDS)


def key(pool):
    return pool.random.choice([b"s1", b"s1", b"s2", b"s3"]) if pool.chance(0.93) else pool.key()


def prelude(_pool):
    """A script does not depend on those before it."""
    Clock.now = 1
    return []


class Clock:
    """Ids for XADD that mostly grow."""

    now = 1

    @classmethod
    def next(cls, pool):
        cls.now += pool.random.randint(0, 2)
        return b"%d-%d" % (cls.now, pool.random.randint(0, 3)) if pool.chance(0.6) else b"%d-*" % cls.now


def fields(pool):
    words = []
    for _ in range(1 if pool.chance(0.6) else pool.random.randint(1, 4)):
        words += [pool.one_of(b"a", b"b", b"c", b"1", b""), pool.value()]
    return words


def trim(pool, strategies=(b"MAXLEN", b"MAXLEN", b"MINID")):
    words = [pool.case(pool.one_of(*strategies))]
    approximate = pool.chance(0.5)
    if approximate or pool.chance(0.3):
        words.append(b"~" if approximate else b"=")
    words.append(pool.one_of(b"0", b"5", b"20", b"100", b"150", b"-1", b"x") if words[0].upper() == b"MAXLEN" else entry_id(pool))
    if (approximate and pool.chance(0.4)) or pool.chance(0.03):
        words += [b"LIMIT", pool.one_of(b"0", b"1", b"50", b"150", b"-1", b"x")]
    return words


def xadd(pool):
    words = [b"XADD", key(pool)]
    if pool.chance(0.1):
        words.append(b"NOMKSTREAM")
    if pool.chance(0.15):
        words += trim(pool)
    words.append(Clock.next(pool) if pool.chance(0.9) else entry_id(pool))
    words += fields(pool)
    if pool.chance(0.02):
        words.append(b"odd")
    return step(*words)


def grow(pool):
    """Many entries, of the same fields and of others, so that there are several nodes."""
    where, steps = key(pool), []
    size = pool.random.choice((1, 1, 40, 500))
    for i in range(pool.random.choice((30, 120, 250))):
        Clock.now += 1
        names = [b"a", b"b"] if pool.chance(0.9) else [b"other"]
        steps.append(step(b"XADD", where, b"%d-1" % Clock.now, *[w for n in names for w in (n, b"v" * size)]))
    return steps


def interval(pool):
    if pool.chance(0.35):
        return pool.one_of(b"-", b"+")
    return (b"(" if pool.chance(0.2) else b"") + (b"%d" % pool.random.randint(0, Clock.now + 2) if pool.chance(0.5) else entry_id(pool))


def xrange(pool):
    ends = [interval(pool), interval(pool)] if pool.chance(0.6) else [b"-", b"+"]
    words = [b"XRANGE", key(pool), *ends] if pool.chance(0.5) else [b"XREVRANGE", key(pool), *reversed(ends)]
    if pool.chance(0.5):
        words += [pool.case(b"COUNT"), pool.small(-1, 9)]
    return step(*words)


def sources(pool, ids):
    keys = [key(pool) for _ in range(pool.random.randint(1, 2))]
    return [*keys, *[ids() for _ in keys], *([b"0"] if pool.chance(0.02) else [])]


def xread(pool):
    words = [b"XREAD"]
    if pool.chance(0.6):
        words += [b"COUNT", pool.small(-1, 9)]
    if pool.chance(0.02):
        words += [pool.one_of(b"NOACK", b"GROUP", b"junk", b"BLOCK")]
    return step(*words, b"STREAMS", *sources(pool, lambda: pool.one_of(b"0", b"$", b"%d" % max(0, Clock.now - 5), entry_id(pool),
                                                                        b">" if pool.chance(0.1) else b"0-0")))


def xreadgroup(pool):
    words = [b"XREADGROUP", b"GROUP", pool.one_of(*GROUPS[:3]) if pool.chance(0.95) else b"none", pool.one_of(*CONSUMERS)]
    if pool.chance(0.6):
        words += [b"COUNT", pool.small(-1, 9)]
    if pool.chance(0.15):
        words.append(b"NOACK")
    if pool.chance(0.02):
        words = [b"XREADGROUP"]
    return step(*words, b"STREAMS", *sources(pool, lambda: b">" if pool.chance(0.7) else pool.one_of(b"0", b"$", entry_id(pool))))


def xgroup(pool):
    group = pool.one_of(*GROUPS)
    made = pool.random.randrange(6)
    if made < 2:
        words = [b"XGROUP", b"CREATE", key(pool), group, pool.one_of(b"$", b"0", b"0", entry_id(pool))]
        if pool.chance(0.5):
            words.append(b"MKSTREAM")
    elif made == 2:
        words = [b"XGROUP", b"SETID", key(pool), group, pool.one_of(b"$", b"0", entry_id(pool))]
    elif made == 3:
        return step(b"XGROUP", b"DESTROY", key(pool), group) if pool.chance(0.3) else step(b"XGROUP", b"CREATECONSUMER", key(pool), group, pool.one_of(*CONSUMERS))
    else:
        return step(b"XGROUP", pool.one_of(b"CREATECONSUMER", b"DELCONSUMER"), key(pool), group, pool.one_of(*CONSUMERS))
    if pool.chance(0.2):
        words += [b"ENTRIESREAD", pool.one_of(b"-1", b"0", b"5", b"-2", b"x")]
    if pool.chance(0.02):
        words.append(b"junk")
    return step(*words)


def xpending(pool):
    words = [b"XPENDING", key(pool), pool.one_of(*GROUPS)]
    if pool.chance(0.3):
        return step(*words)
    if pool.chance(0.2):
        words += [b"IDLE", pool.one_of(b"0", FAR_MS, b"x")]
    words += [interval(pool), interval(pool), pool.small(-1, 9)] if pool.chance(0.5) else [b"-", b"+", b"20"]
    if pool.chance(0.4):
        words.append(pool.one_of(*CONSUMERS))
    return step(*words[:pool.random.randint(3, 9)] if pool.chance(0.05) else words, rule="idle_times")


def xclaim(pool):
    if pool.chance(0.4):
        words = [b"XAUTOCLAIM", key(pool), pool.one_of(*GROUPS), pool.one_of(*CONSUMERS), pool.one_of(b"0", b"0", FAR_MS, b"x", b"-5"),
                 pool.one_of(b"0", b"-", interval(pool))]
        if pool.chance(0.5):
            words += [b"COUNT", pool.small(-1, 9)]
    else:
        words = [b"XCLAIM", key(pool), pool.one_of(*GROUPS), pool.one_of(*CONSUMERS), pool.one_of(b"0", b"0", FAR_MS, b"x", b"-5"),
                 *[b"%d-1" % max(0, Clock.now - pool.random.randint(0, 9)) if pool.chance(0.7) else entry_id(pool) for _ in range(pool.random.randint(1, 4))]]
        for option in ([b"IDLE", b"1000"], [b"TIME", b"5"], [b"RETRYCOUNT", b"7"], [b"FORCE"], [b"LASTID", entry_id(pool)]):
            if pool.chance(0.15):
                words += option
    if pool.chance(0.3):
        words.append(b"JUSTID")
    if pool.chance(0.02):
        words.append(pool.one_of(b"junk", b"IDLE"))
    return step(*words)


def xinfo(pool):
    which = pool.random.randrange(4)
    if which == 0:
        return step(b"XINFO", b"STREAM", key(pool), rule="stream_info")
    if which == 1:
        words = [b"XINFO", b"STREAM", key(pool), b"FULL", *([b"COUNT", pool.small(-1, 5)] if pool.chance(0.5) else []),
                 *([b"x"] if pool.chance(0.05) else [])]
        return step(*words, rule="stream_info")
    if which == 2:
        return step(b"XINFO", b"GROUPS", key(pool))
    return step(b"XINFO", b"CONSUMERS", key(pool), pool.one_of(*GROUPS), rule="stream_info")


def xsetid(pool):
    words = [b"XSETID", key(pool), b"%d-0" % (Clock.now + pool.random.randint(-3, 1)) if pool.chance(0.8) else entry_id(pool)]
    if pool.chance(0.4):
        words += [b"ENTRIESADDED", pool.one_of(b"0", b"1000", b"5", b"-1", b"x")]
    if pool.chance(0.4):
        words += [b"MAXDELETEDID", entry_id(pool)]
    return step(*words)


def command(pool):
    where = lambda: key(pool)  # noqa: E731
    recent = lambda: b"%d-1" % max(0, Clock.now - pool.random.randint(0, 30)) if pool.chance(0.7) else entry_id(pool)  # noqa: E731
    simple = {
        "XLEN": lambda: step(b"XLEN", where()),
        "XDEL": lambda: step(b"XDEL", where(), *[recent() for _ in range(pool.random.randint(1, 4))]),
        "XTRIM": lambda: step(b"XTRIM", where(), *trim(pool)),
        "XACK": lambda: step(b"XACK", where(), pool.one_of(*GROUPS), *[recent() for _ in range(pool.random.randint(1, 4))]),
        "ENCODING": lambda: step(b"OBJECT", b"ENCODING", where()),
        "DEL": lambda: step(b"DEL", where()) if pool.chance(0.3) else step(b"TYPE", where()),
        "SET": lambda: step(b"SET", pool.key(), b"x"),
        "COPY": lambda: step(b"COPY", where(), where(), b"REPLACE") if pool.chance(0.3) else step(b"EXISTS", where()),
    }
    special = [xadd, xadd, xadd, xadd, xrange, xrange, xread, xreadgroup, xreadgroup, xreadgroup, xgroup, xgroup, xpending,
               xclaim, xclaim, xinfo, xinfo, xsetid] + ([grow] if pool.chance(0.3) else [])
    choice = pool.random.randrange(len(simple) + len(special))
    return special[choice](pool) if choice < len(special) else pool.one_of(*simple.values())()
