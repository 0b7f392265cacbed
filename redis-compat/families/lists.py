"""Lists: every command and option of Redis 7.0's group that does not block."""

from compat.pools import step

ELEMENTS = [b"a", b"b", b"c", b"a", b"b", b"1", b"-7", b"", b"\x00\xff", b"two words", b"9223372036854775807", b"007",
            b"x" * 500, b"y" * 3000]


def element(pool):
    if pool.chance(0.006):
        return b"long" * pool.random.choice((2000, 16384))
    return pool.random.choice(ELEMENTS[:5]) if pool.chance(0.6) else pool.random.choice(ELEMENTS)


def elements(pool, most=5):
    return [element(pool) for _ in range(pool.random.randint(1, most))]


def grow(pool):
    size = pool.random.choice((1, 30, 300))
    return step(pool.one_of(b"LPUSH", b"RPUSH"), pool.key(),
                *[(b"%d-" % i) + b"e" * size for i in range(pool.random.choice((10, 60, 200)))])


def numbers(pool):
    return step(b"RPUSH", pool.key(), *[b"%d" % (i * 1000 % 70001) for i in range(pool.random.choice((10, 3000)))])


def index(pool):
    return b"%d" % pool.random.randint(-70, 70) if pool.chance(0.3) else pool.small(-7, 7)


def lpos(pool):
    words = [b"LPOS", pool.key(), element(pool)]
    for option, most in ((b"RANK", 4), (b"COUNT", 4), (b"MAXLEN", 9)):
        if pool.chance(0.35):
            words += [pool.case(option), pool.small(-3, most)]
    if pool.chance(0.03):
        words.append(pool.one_of(b"RANK", b"junk"))
    return step(*words)


def lmpop(pool):
    keys = pool.keys(1, 3)
    words = [b"LMPOP", b"%d" % len(keys) if pool.chance(0.93) else pool.integer(0.3), *keys,
             pool.one_of(b"LEFT", b"RIGHT", b"left", b"x") if pool.chance(0.97) else b"COUNT"]
    if pool.chance(0.5):
        words += [b"COUNT", pool.small(-1, 6)]
    return step(*words, *([b"COUNT", b"1"] if pool.chance(0.03) else []))


def pop(pool):
    words = [pool.one_of(b"LPOP", b"RPOP"), pool.key()]
    if pool.chance(0.5):
        words.append(pool.small(-1, 8) if pool.chance(0.9) else b"100")
    return step(*words, *([b"x"] if pool.chance(0.02) else []))


def end(pool):
    return pool.one_of(b"LEFT", b"RIGHT") if pool.chance(0.96) else pool.one_of(b"left", b"UP")


def command(pool):
    key = pool.key
    simple = {
        "PUSH": lambda: step(pool.one_of(b"LPUSH", b"RPUSH"), key(), *elements(pool)),
        "PUSHX": lambda: step(pool.one_of(b"LPUSHX", b"RPUSHX"), key(), *elements(pool, 3)),
        "LLEN": lambda: step(b"LLEN", key()),
        "LINDEX": lambda: step(b"LINDEX", key(), index(pool)),
        "LINSERT": lambda: step(b"LINSERT", key(), pool.one_of(b"BEFORE", b"AFTER", b"after", b"BEFORE", b"x" if pool.chance(0.1) else b"AFTER"),
                                element(pool), element(pool)),
        "LRANGE": lambda: step(b"LRANGE", key(), index(pool), index(pool)),
        "LRANGE all": lambda: step(b"LRANGE", key(), b"0", b"-1"),
        "LREM": lambda: step(b"LREM", key(), pool.small(-3, 3), element(pool)),
        "LSET": lambda: step(b"LSET", key(), index(pool), element(pool)),
        "LTRIM": lambda: step(b"LTRIM", key(), index(pool), index(pool) if pool.chance(0.5) else b"-1"),
        "LMOVE": lambda: step(b"LMOVE", key(), key(), end(pool), end(pool)),
        "RPOPLPUSH": lambda: step(b"RPOPLPUSH", key(), key()),
        "ENCODING": lambda: step(b"OBJECT", b"ENCODING", key()),
        "DEL": lambda: step(b"DEL", *pool.keys(1, 2)),
        "SET": lambda: step(b"SET", key(), pool.value()),
        "EXPIRE": lambda: step(b"EXPIRE", key(), pool.one_of(b"100000", b"100000", b"-1")),
        "RENAME": lambda: step(b"RENAME", key(), key()),
        "COPY": lambda: step(b"COPY", key(), key(), b"REPLACE"),
    }
    special = [grow, grow, numbers, lpos, lmpop, pop, pop]
    if pool.chance(0.05):
        inside = [one for one in (command(pool) for _ in range(3)) if not isinstance(one, list)]
        return [step(b"MULTI"), *inside, step(b"EXEC")]
    choice = pool.random.randrange(len(simple) + len(special))
    return special[choice](pool) if choice < len(special) else pool.one_of(*simple.values())()
