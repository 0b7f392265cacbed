"""HyperLogLogs: replies, and the bytes behind them.

Damage never ends in half a run of two bytes: Redis 7.0 then writes behind the end of the string.
"""

from compat.pools import step

EMPTY = b"HYLL\x01\x00\x00\x00" + b"\x00" * 8 + b"\x7f\xff"
NEARLY = [EMPTY, b"HYLL", b"HYLL\x02" + b"\x00" * 11, b"HYLL\x00" + b"\x00" * 11, b"HYLX\x01" + b"\x00" * 13,
          b"HYLL\x01\x00\x00\x00" + b"\x00" * 7 + b"\x80", b"HYLL\x01\x00\x00\x00" + b"\x00" * 7 + b"\x80" + b"\x3f" * 256,
          b"HYLL\x01\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00" + b"\x84" * 4096,
          b"HYLL\x01\x00\x00\x00" + b"\x00" * 7 + b"\x80" + b"\x7f\xfe", b"text", b"12345", b""]


def element(pool):
    if pool.chance(0.6):
        return b"%d" % pool.random.randint(0, 20000)
    return pool.value()


def elements(pool, most):
    return [element(pool) for _ in range(pool.random.randint(0, most))]


def pfadd(pool, key):
    if pool.chance(0.02):
        return step(b"PFADD", key, *[b"e%d" % pool.random.randint(0, 10 ** 6) for _ in range(pool.random.randint(100, 1500))])
    return step(b"PFADD", key, *elements(pool, 12))


def look(pool, key):
    return [step(b"GET", key), step(b"OBJECT", b"ENCODING", key), step(b"PTTL", key, rule="near_milliseconds")]


def command(pool):
    key = pool.key()
    makers = [
        lambda: pfadd(pool, key), lambda: pfadd(pool, key), lambda: pfadd(pool, key), lambda: pfadd(pool, key),
        lambda: step(b"PFCOUNT", key), lambda: step(b"PFCOUNT", key), lambda: step(b"PFCOUNT", *pool.keys(1, 4)),
        lambda: step(b"PFMERGE", *pool.keys(1, 4)),
        lambda: step(b"PFDEBUG", pool.case(pool.one_of(b"ENCODING", b"DECODE", b"DECODE", b"GETREG")), key)
        if pool.chance(0.7) else step(b"PFDEBUG", pool.one_of(b"TODENSE", b"nope", b"GETREG"), key, *([b"x"] if pool.chance(0.1) else [])),
        lambda: look(pool, key), lambda: step(b"GET", key),
        lambda: step(b"DEL", key) if pool.chance(0.5) else step(b"EXPIRE", key, b"100000"),
        lambda: step(b"SET", key, pool.one_of(*NEARLY)) if pool.chance(0.35) else step(b"STRLEN", key),
        lambda: step(b"RPUSH", key, b"x") if pool.chance(0.05) else step(b"TYPE", key),
        lambda: step(b"CONFIG", b"SET", b"hll-sparse-max-bytes", pool.one_of(b"0", b"20", b"60", b"300", b"3000", b"16000", b"1kb"))
        if pool.chance(0.2) else step(b"COPY", key, pool.key(), b"REPLACE"),
        lambda: [step(b"MULTI"), pfadd(pool, key), step(b"PFCOUNT", key), step(b"GET", key), step(b"EXEC")]
        if pool.chance(0.4) else [step(b"MULTI"), step(b"PFCOUNT", key), step(b"EXEC"), step(b"GET", key)],
        lambda: [step(b"WATCH", key), pfadd(pool, key), step(b"PFCOUNT", key), step(b"MULTI"), step(b"GET", key), step(b"EXEC")]
        if pool.chance(0.2) else step(b"PFADD", key),
        lambda: step(b"SETRANGE", key, b"%d" % pool.random.randint(16, 200), bytes([pool.random.choice((0, 5, 63, 128, 200, 255))]))
        if pool.chance(0.05) else step(b"PFCOUNT", key),
    ]
    return pool.one_of(*makers)()
