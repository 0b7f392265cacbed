"""Pub/sub on four connections, in RESP2 and RESP3: who gets which message, in which order."""

from compat import listening  # noqa: F401 (the procedure)
from compat.listening import BY_NOBODY
from compat.step import Step

NAMES = (0, 1, 2, 3)
CHANNELS = [b"news", b"news.art", b"newt", b"a", b"", b"chan{1}", b"b\x00\xff", b"n*", b"x" * 300]
PATTERNS = [b"*", b"news*", b"news.?rt", b"n[ew]*", b"n\\*", b"", b"a", b"[^a]*", b"*t", b"ne*t", b"new", b"?"]
SCRIPT = b"for i = 1, #ARGV do redis.call(KEYS[1], 'news', ARGV[i]) end return 1"


def channel(pool):
    return pool.random.choice(CHANNELS)


def names(pool, among, least=1, most=3):
    return [pool.random.choice(among) for _ in range(pool.random.randint(least, most))]


def message(pool):
    return pool.one_of(b"", b"m%d" % pool.unique(), b"m%d" % pool.unique(), b"\r\n", b"y" * 20000 if pool.chance(0.1) else b"z")


def listening_word(pool):
    return pool.one_of(
        lambda: [b"SUBSCRIBE", *names(pool, CHANNELS)],
        lambda: [b"SUBSCRIBE", *names(pool, CHANNELS)],
        lambda: [b"PSUBSCRIBE", *names(pool, PATTERNS)],
        lambda: [b"SSUBSCRIBE", *names(pool, CHANNELS)],
        lambda: [b"UNSUBSCRIBE", *names(pool, CHANNELS, 0, 2)],
        lambda: [b"PUNSUBSCRIBE", *names(pool, PATTERNS, 0, 2)],
        lambda: [b"SUNSUBSCRIBE", *names(pool, CHANNELS, 0, 2)])()


def publishing(pool):
    return [pool.one_of(b"PUBLISH", b"PUBLISH", b"PUBLISH", b"SPUBLISH"), channel(pool), message(pool)]


def transaction(pool):
    """One that publishes, or one that subscribes: what both do in one is told apart in docs/compatibility.md."""
    if pool.chance(0.7):
        body = [publishing(pool) for _ in range(pool.random.randint(1, 4))]
        body += [[b"SET", b"k", b"v"]] if pool.chance(0.5) else []
        pool.random.shuffle(body)
    else:
        body = [pool.one_of([b"SUBSCRIBE", channel(pool)], [b"PSUBSCRIBE", pool.random.choice(PATTERNS)],
                            [b"UNSUBSCRIBE", channel(pool)], [b"SSUBSCRIBE", channel(pool)], [b"SUNSUBSCRIBE", channel(pool)])
                for _ in range(pool.random.randint(1, 3))]
        body += [[b"INCR", b"n"]] if pool.chance(0.5) else [[b"PING"]]
    return [[b"MULTI"], *body, [b"EXEC"] if pool.chance(0.9) else [b"DISCARD"]]


def asking(pool):
    return pool.one_of(
        lambda: [b"PUBSUB", b"NUMSUB", *names(pool, CHANNELS, 0, 3)],
        lambda: [b"PUBSUB", b"NUMPAT"],
        lambda: [b"PUBSUB", b"SHARDNUMSUB", *names(pool, CHANNELS, 0, 3)],
        lambda: [b"PUBSUB", pool.one_of(b"CHANNELS", b"shardchannels"), pool.one_of(b"a", b"nowhere", b"news.a*")],
        lambda: pool.one_of([b"PUBSUB"], [b"PUBSUB", b"NOSUCH"], [b"PUBSUB", b"CHANNELS", b"a", b"b"], [b"PUBSUB", b"NUMPAT", b"x"],
                            [b"SUBSCRIBE"], [b"PUBLISH", b"a"], [b"SPUBLISH", b"a"], [b"SSUBSCRIBE"], [b"PSUBSCRIBE"]),
        lambda: pool.one_of([b"GET", b"k"], [b"NOSUCH"], [b"PING"], [b"PING", b"x"], [b"PING", b"x", b"y"], [b"ECHO", b"e"],
                            [b"EXEC"], [b"DISCARD"], [b"CONFIG", b"GET", b"port0"], [b"HELLO", b"2", b"x"], [b"RESET"],
                            [b"CLIENT", b"GETNAME"], [b"SELECT", b"1"]))()


def acting(pool):
    """What one connection sends at once."""
    if pool.chance(0.40):
        return [listening_word(pool)]
    if pool.chance(0.50):
        return [publishing(pool) for _ in range(pool.random.randint(1, 3))]
    if pool.chance(0.30):
        return transaction(pool)
    if pool.chance(0.20):
        words = [b"m%d" % pool.unique() for _ in range(pool.random.randint(1, 3))]
        return [[b"EVAL", SCRIPT, b"1", pool.one_of(b"publish", b"publish", b"spublish", b"subscribe"), *words]]
    if pool.chance(0.10):
        return [[b"CLIENT", b"REPLY", b"OFF"], publishing(pool), publishing(pool), [b"CLIENT", b"REPLY", b"ON"]]
    if pool.chance(0.10):
        return [[b"CLIENT", b"REPLY", b"SKIP"], pool.one_of(listening_word, publishing)(pool), publishing(pool)]
    if pool.chance(0.08):
        return [pool.one_of([b"QUIT"], [b"CLIENT", b"KILL", b"TYPE", b"pubsub"], [b"CLIENT", b"KILL", b"TYPE", b"pubsub", b"SKIPME", b"no"])]
    return [asking(pool)]


def command(pool):
    scene = [(name, (b"CLIENT", b"SETNAME", b"s"), *([(b"HELLO", b"3")] if pool.chance(0.5) else [])) for name in NAMES]
    for _ in range(pool.random.randint(6, 30)):
        if pool.chance(0.08):
            scene.append((BY_NOBODY,))
        else:
            scene.append((pool.random.choice(NAMES), *(tuple(words) for words in acting(pool))))
    return Step(argv=tuple(scene), procedure="listening")
