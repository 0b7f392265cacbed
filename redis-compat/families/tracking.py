"""Client-side caching on four connections, in RESP2 and RESP3: who is told of which key that changes."""

from compat import listening  # noqa: F401 (the procedure)
from compat.listening import BY_NOBODY
from compat.step import Step

NAMES = (0, 1, 2, 3)
KEYS = [b"a", b"ab", b"b", b"news", b"news:1", b"", b"c{1}"]
PREFIXES = [b"a", b"ab", b"news", b"news:", b"", b"c", b"z"]


def key(pool):
    return pool.random.choice(KEYS)


def keys(pool):
    return [key(pool) for _ in range(pool.random.randint(1, 3))]


def turning(pool):
    options = []
    for option, chance in ((b"NOLOOP", 0.3), (b"OPTIN", 0.2), (b"OPTOUT", 0.2), (b"BCAST", 0.35), (b"nonsense", 0.02)):
        if pool.chance(chance):
            options.append([option])
    if pool.chance(0.25):
        options.append([b"REDIRECT", pool.one_of(b"ID:0", b"ID:1", b"ID:2", b"ID:3", b"999999", b"x")])
    for _ in range(pool.random.choice((0, 0, 1, 2) if [b"BCAST"] in options else (0, 0, 0, 1))):
        options.append([b"PREFIX", pool.random.choice(PREFIXES)])
    pool.random.shuffle(options)
    return [b"CLIENT", b"TRACKING", pool.one_of(b"ON", b"on", b"ON", b"ON", b"OFF", b"maybe" if pool.chance(0.1) else b"ON"),
            *[word for option in options for word in option]]


def reading(pool):
    return pool.one_of(
        lambda: [b"GET", key(pool)], lambda: [b"MGET", *keys(pool)], lambda: [b"EXISTS", *keys(pool)], lambda: [b"STRLEN", key(pool)],
        lambda: [b"TTL", key(pool)], lambda: [b"LRANGE", key(pool), b"0", b"-1"], lambda: [b"TYPE", key(pool)])()


def writing(pool):
    return pool.one_of(
        lambda: [b"SET", key(pool), b"v"], lambda: [b"DEL", *keys(pool)], lambda: [b"INCR", key(pool)], lambda: [b"APPEND", key(pool), b"x"],
        lambda: [b"MSET", key(pool), b"1", key(pool), b"2"], lambda: [b"EXPIRE", key(pool), b"100000"], lambda: [b"PEXPIRE", key(pool), b"-1"],
        lambda: [b"RENAME", key(pool), key(pool)], lambda: [b"PERSIST", key(pool)], lambda: [b"LPUSH", key(pool), b"x"],
        lambda: [b"GETDEL", key(pool)], lambda: [b"SETRANGE", key(pool), b"1", b"y"])()


def acting(pool):
    if pool.chance(0.22):
        return [turning(pool)]
    if pool.chance(0.42):
        return [reading(pool)]
    if pool.chance(0.60):
        return [writing(pool)]
    if pool.chance(0.25):
        return [[b"CLIENT", b"CACHING", pool.one_of(b"YES", b"NO", b"yes", b"x")], reading(pool), reading(pool)]
    if pool.chance(0.25):
        return [[b"MULTI"], *[pool.one_of(reading, writing)(pool) for _ in range(pool.random.randint(1, 4))], [b"EXEC"]]
    if pool.chance(0.20):
        return [[b"EVAL", b"redis.call('get', KEYS[1]) redis.call('set', KEYS[2], 'v') return redis.call('exists', KEYS[3])", b"3",
                 key(pool), key(pool), key(pool)]]
    if pool.chance(0.25):
        return [[b"SUBSCRIBE", b"__redis__:invalidate"]]
    if pool.chance(0.15):
        return [pool.one_of([b"RESET"], [b"QUIT"], [b"UNSUBSCRIBE"])]
    if pool.chance(0.15):
        return [pool.one_of([b"FLUSHALL"], [b"FLUSHDB"])]
    return [pool.one_of([b"CLIENT", b"TRACKINGINFO"], [b"CLIENT", b"GETREDIR"], [b"CLIENT", b"CACHING", b"YES"], [b"CLIENT", b"TRACKING"])]


def command(pool):
    scene = [(name, (b"CLIENT", b"SETNAME", b"s"), *([(b"HELLO", b"3")] if pool.chance(0.6) else [])) for name in NAMES]
    scene.append((0, (b"FLUSHALL",)))
    for _ in range(pool.random.randint(8, 30)):
        if pool.chance(0.08):
            scene.append((BY_NOBODY,))
        else:
            scene.append((pool.random.choice(NAMES), *(tuple(words) for words in acting(pool))))
    return Step(argv=tuple(scene), procedure="listening")
