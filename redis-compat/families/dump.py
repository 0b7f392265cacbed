"""DUMP and RESTORE: values of every type and encoding are dumped on both servers, the payloads compared and carried over,
each server restores the other's, and both go on from there. Payloads of old encodings, and damaged ones with a right
checksum, are made here."""

import struct

from compat import payloads
from compat.pools import step
from compat.step import Step

# LSET splits a node where Redis lets it grow, RPUSH appends to what was a plain node: only there.
KEYS = [b"k1", b"k2", b"k3", b"set in the middle"]
LIST_SIZES = (b"-2", b"-2", b"-1", b"1", b"3", b"128")
LIMITS = [(b"hash-max-listpack-entries", (b"128", b"128", b"0", b"2", b"512")),
          (b"hash-max-listpack-value", (b"64", b"64", b"0", b"5", b"1000")),
          (b"zset-max-listpack-entries", (b"128", b"128", b"0", b"2", b"512")),
          (b"zset-max-listpack-value", (b"64", b"64", b"0", b"5", b"1000")),
          (b"set-max-intset-entries", (b"512", b"512", b"0", b"3")),
          (b"stream-node-max-entries", (b"100", b"100", b"1", b"5", b"0")),
          (b"stream-node-max-bytes", (b"4096", b"4096", b"100", b"0"))]
INTEGERS = [0, 12, 13, 127, 128, -1, -128, -129, 4095, -4096, 4096, 32767, -32768, 8388607, -8388609, 2147483647, -2147483649,
            9223372036854775807, -9223372036854775808]
FAR_MS = b"100000000"
# None that runs out while it is looked at.
TIMES = [b"-1", b"", b"x", b"1.5", b"01", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"99999999999999"]
SCORES = [0.0, 1.0, -1.5, 3.25, 1e300, 5e-324, 1e15, 123456789.125, float("inf"), float("-inf")]


def prelude(pool):
    """The same script begins with the same limits. That of lists stays: Redis keeps the one a list was made under."""
    Clock.now = 1
    return [step(b"CONFIG", b"SET", b"list-max-listpack-size", pool.random.choice(LIST_SIZES)),
            *(step(b"CONFIG", b"SET", name, values[0]) for name, values in LIMITS)]


def text(pool):
    """Short and long, with much and little in it to compress, integers."""
    kind = pool.random.random()
    if kind < 0.3:
        return b"%d" % (pool.random.choice(INTEGERS) + pool.random.randint(-1, 1) if pool.chance(0.5) else pool.random.randint(-300, 70000))
    if kind < 0.4:
        return pool.value()
    size = pool.random.choice((1, 3, 11, 12, 20, 21, 44, 45, 63, 64, 65, 127, 254, 300, 1000)) if kind < 0.97 else pool.random.randint(1000, 20000)
    letters = pool.random.choice((b"a", b"ab", b"abcdefgh", bytes(range(256))))
    return bytes(pool.random.choices(letters, k=size))


def texts(pool, most=12):
    count = pool.random.randint(1, most) if pool.chance(0.93) else pool.random.randint(100, 700)
    return [text(pool) if count < 50 else b"%d" % pool.random.randint(0, 10000) if pool.chance(0.9) else text(pool)
            for _ in range(count)]


def paired(pool, first, second):
    return [word for one in first for word in (one, second(pool))]


def score(pool):
    return b"%r" % (pool.random.choice(SCORES) if pool.chance(0.5) else pool.random.randint(-1000, 1000)) \
        if pool.chance(0.8) else b"%.17g" % pool.random.uniform(-10, 10)


class Clock:
    """Of ids for XADD."""

    now = 1


def list_command(pool, key):
    return pool.one_of(
        lambda: step(b"RPUSH", key, *texts(pool)), lambda: step(b"RPUSH", key, *texts(pool)), lambda: step(b"LPUSH", key, *texts(pool)),
        lambda: step(b"LSET", key, b"%d" % pool.random.randint(-3, 3), text(pool)) if key == KEYS[-1] else step(b"LLEN", key),
        lambda: step(b"LREM", key, b"%d" % pool.random.randint(-2, 2), text(pool)),
        lambda: step(b"LTRIM", key, b"%d" % pool.random.randint(0, 3), b"%d" % pool.random.randint(-20, -1)),
        lambda: step(b"RPOP", key, b"%d" % pool.random.randint(1, 20)))()


def set_command(pool, key):
    members = texts(pool) if pool.chance(0.4) else [b"%d" % (pool.random.choice(INTEGERS) if pool.chance(0.1) else pool.random.randint(-99, 999))
                                                    for _ in range(pool.random.randint(1, 9))]
    return step(b"SADD" if pool.chance(0.8) else b"SREM", key, *members)


def hash_command(pool, key):
    if pool.chance(0.2):
        return step(b"HDEL", key, *texts(pool, 3))
    return step(b"HSET", key, *paired(pool, texts(pool), text))


def zset_command(pool, key):
    if pool.chance(0.15):
        return step(b"ZREM", key, *texts(pool, 3))
    return step(b"ZADD", key, *[word for one in texts(pool) for word in (score(pool), one)])


def stream_command(pool, key):
    group, name = pool.one_of(b"g", b"h"), pool.one_of(b"alice", b"bob")
    Clock.now += pool.random.randint(0, 2)
    some_id = b"%d-0" % max(1, Clock.now - pool.random.randint(0, 40))
    add = lambda: step(b"XADD", key, b"%d-*" % Clock.now, *paired(pool, [pool.one_of(b"a", b"b") for _ in range(pool.random.randint(1, 2))], text))
    return pool.one_of(
        add, add, lambda: [add() for _ in range(pool.random.randint(2, 30))],
        lambda: step(b"XDEL", key, b"%d-0" % Clock.now, some_id), lambda: step(b"XTRIM", key, b"MAXLEN", pool.one_of(b"0", b"3", b"10")),
        lambda: step(b"XGROUP", b"CREATE", key, group, pool.one_of(b"0", b"$", some_id), b"MKSTREAM"),
        lambda: step(b"XREADGROUP", b"GROUP", group, name, b"COUNT", b"%d" % pool.random.randint(1, 20), b"STREAMS", key, b">"),
        lambda: step(b"XACK", key, group, some_id), lambda: step(b"XGROUP", b"CREATECONSUMER", key, group, name),
        lambda: step(b"XGROUP", b"DELCONSUMER", key, group, name), lambda: step(b"XSETID", key, b"%d-5" % (Clock.now + 1)))()


def string_command(pool, key):
    return step(b"SET", key, text(pool)) if pool.chance(0.7) else step(b"APPEND", key, text(pool)) if pool.chance(0.5) \
        else step(b"PFADD", key, *texts(pool))


MAKERS = [string_command, list_command, set_command, hash_command, zset_command, stream_command]


def look(key):
    return [step(b"TYPE", key), step(b"OBJECT", b"ENCODING", key), step(b"PTTL", key, rule="near_milliseconds"), step(b"GET", key),
            step(b"LRANGE", key, b"0", b"-1"), step(b"SMEMBERS", key, rule="unordered"), step(b"HGETALL", key, rule="pairs"),
            step(b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"), step(b"XRANGE", key, b"-", b"+"),
            step(b"XINFO", b"STREAM", key, b"FULL", rule="stream_info")]


def swap(pool, key):
    options = [pool.one_of(b"0", b"0", b"0", FAR_MS)]
    options += [b"REPLACE"] if pool.chance(0.95) else []
    options += pool.one_of([], [], [], [b"IDLETIME", b"1000"], [b"FREQ", b"7"])
    crossed = Step((key, *options), crossing="swap")
    return [crossed, step(b"OBJECT", b"IDLETIME", key, rule="idle_seconds")] if b"IDLETIME" in options else [crossed]


# ---- payloads of our own ----

def any_text(pool, data):
    """In one of the forms that a text may have."""
    number = payloads.as_integer(data)
    if number is not None and pool.chance(0.7):
        return payloads.integer(number)
    return payloads.compressed(data) if data and pool.chance(0.2) else payloads.plain(data)


def unique(words):
    return list(dict.fromkeys(words))


def scored(pool):
    """Members and scores in order."""
    pairs = [(value if abs(value) == float("inf") else round(value, 3), member) for member in unique(texts(pool))
             for value in [pool.random.choice(SCORES[:5]) if pool.chance(0.3) else pool.random.uniform(-5, 5)]]
    return sorted(pairs)


def digits(value):
    return b"%d" % int(value) if value == int(value) and abs(value) < 1e15 else b"%.17g" % value


def flat_scores(pool):
    finite = [(value, member) for value, member in scored(pool) if abs(value) < 1e18] or [(1.0, b"m")]
    return [word for value, member in finite for word in (member, digits(value))]


def flat_fields(pool):
    return paired(pool, unique(texts(pool)), text)


def stream_body(pool, has_counters):
    length, time = payloads.length, struct.pack("<Q", 1_700_000_000_000)
    ids = [(ms, seq) for ms in range(1, pool.random.randint(2, 9)) for seq in range(pool.random.randint(1, 3))]
    cut, ids = pool.random.randint(1, len(ids)), ids if pool.chance(0.95) else []
    nodes = [part for part in (ids[:cut], ids[cut:]) if part]
    body = length(len(nodes)) + b"".join(payloads.stream_node(part, [b"f", b"1"][:pool.random.randint(1, 2)]) for part in nodes)
    body += length(len(ids)) + length(9) + length(pool.random.randint(0, 5))
    if has_counters:
        body += b"".join(map(length, (*(ids or [(0, 0)])[0], 0, 0, len(ids) + pool.random.randint(0, 2))))
    pending, last = ids[:pool.random.randint(0, len(ids))], pool.random.choice(ids or [(0, 0)])
    group = length(last[0]) + length(last[1]) + (length(pool.one_of(0, 1, 2 ** 64 - 1)) if has_counters else b"")
    group += length(len(pending)) + b"".join(payloads.stream_id(*one) + time + length(2) for one in pending)
    half = pool.random.randint(0, len(pending))
    group += length(2) + b"".join(payloads.plain(name) + time + length(len(part)) + b"".join(payloads.stream_id(*one) for one in part)
                                  for name, part in ((b"alice", pending[:half]), (b"bob", pending[half:])))
    return body + length(1) + payloads.plain(b"g") + group


def element_body(pool, words, each=1):
    return payloads.length(len(words) // each) + b"".join(any_text(pool, word) for word in words)


def built(pool, has_plain_nodes=True):
    """The body of a payload of any encoding."""
    blob = lambda data: any_text(pool, data)
    flat = lambda make: [word for word in make(pool)]
    bodies = [
        lambda: (payloads.STRING, any_text(pool, text(pool))),
        lambda: (payloads.LIST, element_body(pool, texts(pool))),
        lambda: (payloads.SET, element_body(pool, unique(texts(pool)))),
        lambda: (payloads.HASH, element_body(pool, flat_fields(pool), 2)),
        lambda: (payloads.ZSET, _scores(pool, lambda value: b"\xfe" if value == float("inf") else b"\xff" if value == float("-inf")
                                       else payloads.plain(b"%.17g" % value))),
        lambda: (payloads.ZSET_2, _scores(pool, lambda value: struct.pack("<d", value))),
        lambda: (payloads.HASH_ZIPMAP, blob(payloads.zipmap([(word, text(pool)) for word in unique(texts(pool))], pool.random.randint(0, 4)))),
        lambda: (payloads.LIST_ZIPLIST, blob(payloads.ziplist(texts(pool)))),
        lambda: (payloads.SET_INTSET, blob(payloads.intset(pool.random.choices(INTEGERS, k=pool.random.randint(1, 9))))),
        lambda: (payloads.ZSET_ZIPLIST, blob(payloads.ziplist(flat_scores(pool)))),
        lambda: (payloads.HASH_ZIPLIST, blob(payloads.ziplist(flat(flat_fields)))),
        lambda: (payloads.LIST_QUICKLIST, _nodes(pool, lambda: blob(payloads.ziplist(texts(pool) if pool.chance(0.9) else [])))),
        lambda: (payloads.HASH_LISTPACK, blob(payloads.listpack(flat(flat_fields)))),
        lambda: (payloads.ZSET_LISTPACK, blob(payloads.listpack(flat_scores(pool)))),
        lambda: (payloads.LIST_QUICKLIST_2, _nodes(pool, lambda: b"\2" + blob(payloads.listpack(texts(pool) if pool.chance(0.9) else [])) if pool.chance(0.9) or not has_plain_nodes
                                             else b"\1" + any_text(pool, text(pool)))),
        lambda: (payloads.STREAM, stream_body(pool, False)),
        lambda: (payloads.STREAM_2, stream_body(pool, True)),
    ]
    kind, body = pool.one_of(*bodies)()
    return bytes([kind]) + body


def _scores(pool, form):
    pairs = scored(pool)
    pool.random.shuffle(pairs)
    return payloads.length(len(pairs)) + b"".join(any_text(pool, member) + form(value) for value, member in pairs)


def _nodes(pool, node):
    count = pool.random.randint(1, 4)
    return payloads.length(count) + b"".join(node() for _ in range(count))


def restore(pool, key):
    version = pool.random.randint(1, 10) if pool.chance(0.97) else pool.random.randint(11, 300)
    payload = payloads.seal(built(pool, key == KEYS[-1]), version)
    if pool.chance(0.02):
        payload = payload[:-1] + bytes([payload[-1] ^ 1])
    words = [b"RESTORE", key, pool.one_of(b"0", b"0", FAR_MS) if pool.chance(0.95) else pool.one_of(*TIMES), payload]
    words += [pool.case(b"REPLACE")] if pool.chance(0.9) else []
    words += pool.one_of([b"ABSTTL"], [b"IDLETIME", b"5"], [b"FREQ", b"300"], [b"IDLETIME"], [b"nope"], [b"FREQ", b"1", b"IDLETIME", b"1"],
                         [b"IDLETIME", pool.integer()], [b"FREQ", pool.integer()]) if pool.chance(0.1) else []
    return [step(*words), *look(key)]


def damaged(pool):
    body = bytearray(built(pool))
    for _ in range(pool.random.randint(1, 3)):
        at = pool.random.randrange(len(body))
        change = pool.random.random()
        if change < 0.6:
            body[at] = pool.random.choice((0, 1, 255, body[at] ^ 1, body[at] ^ 128, pool.random.randrange(256)))
        elif change < 0.8:
            del body[at:at + pool.random.randint(1, 3)]
        else:
            body[at:at] = bytes(pool.random.choices(range(256), k=pool.random.randint(1, 3)))
        if not body:
            break
    return Step((payloads.seal(bytes(body)),), crossing="restore_damaged")


def command(pool):
    number = pool.random.randrange(len(KEYS))
    key, kind = KEYS[number], pool.random.random()
    if kind < 0.35:
        return pool.random.choice(MAKERS)(pool, key)
    if kind < 0.45:
        return [made for _ in range(5) for made in [pool.random.choice(MAKERS)(pool, key)] if not isinstance(made, list)]
    if kind < 0.75:
        return [*swap(pool, key), *(look(key) if pool.chance(0.1) else [])]
    if kind < 0.85:
        return restore(pool, key)
    if kind < 0.94:
        return damaged(pool)
    if kind < 0.97:
        return step(b"DEL", key)
    name, values = pool.random.choice(LIMITS)
    return step(b"CONFIG", b"SET", name, pool.random.choice(values))
