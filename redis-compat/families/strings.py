"""Strings: every command and option of Redis 7.0's group."""

from compat.pools import step

FAR_S = [b"100000", b"1000000", b"100000000"]


def expiry_option(pool, keep=True):
    """EX, PX, EXAT, PXAT, KEEPTTL or PERSIST with a time that is far off, past or wrong."""
    kind = pool.one_of(b"EX", b"PX", b"EXAT", b"PXAT", b"KEEPTTL" if keep else b"PERSIST")
    if kind in (b"KEEPTTL", b"PERSIST"):
        return [pool.case(kind)]
    if pool.chance(0.15):
        return [kind, pool.one_of(b"0", b"-1", b"x", b"9223372036854775807", b"1.5", b"", b"9223372036854775")]
    far = {b"EX": b"100000", b"PX": b"100000000", b"EXAT": b"4102444800", b"PXAT": b"4102444800000"}[kind]
    past = {b"EXAT": b"1", b"PXAT": b"1"}.get(kind, far)
    return [pool.case(kind), far if pool.chance(0.85) else past]


def set_(pool):
    words = [b"SET", pool.key(), pool.value()]
    if pool.chance(0.4):
        words.append(pool.case(pool.one_of(b"NX", b"XX")))
    if pool.chance(0.3):
        words.append(b"GET")
    if pool.chance(0.4):
        words += expiry_option(pool)
    if pool.chance(0.06):
        words.append(pool.one_of(b"NX", b"XX", b"KEEPTTL", b"GET", b"junk", b"EX", b"PERSIST"))
    # A key that is gone at once stays in DBSIZE until it is touched: in Redis by anyone, here by a write.
    return [step(*words), step(b"APPEND", words[1], b"")] if b"1" in words[3:] else step(*words)


def getex(pool):
    words = [b"GETEX", pool.key()]
    if pool.chance(0.7):
        words += expiry_option(pool, keep=pool.chance(0.05))
    if pool.chance(0.05):
        words.append(pool.one_of(b"PERSIST", b"NX", b"junk"))
    return step(*words)


def lcs(pool):
    words = [b"LCS", pool.key(), pool.key()]
    for option in (b"LEN", b"IDX", b"WITHMATCHLEN"):
        if pool.chance(0.35):
            words.append(pool.case(option))
    if pool.chance(0.3):
        words += [b"MINMATCHLEN", pool.small()]
    if pool.chance(0.04):
        words.append(b"junk")
    return step(*words)


def mset(pool):
    words = [pool.one_of(b"MSET", b"MSET", b"MSETNX")]
    for key in pool.keys():
        words += [key, pool.value()]
    if pool.chance(0.05):
        words.append(pool.key())
    return step(*words)


def setrange(pool):
    offset = pool.small(-2, 60) if pool.chance(0.93) else pool.one_of(b"536870911", b"536870912", b"-1",
                                                                    b"9223372036854775807")
    value = pool.value() if offset != b"536870911" else b"too long"
    return step(b"SETRANGE", pool.key(), offset, value)


def command(pool):
    key = pool.key
    simple = {
        "GET": lambda: step(b"GET", key()),
        "GETSET": lambda: step(b"GETSET", key(), pool.value()),
        "GETDEL": lambda: step(b"GETDEL", key()),
        "SETNX": lambda: step(b"SETNX", key(), pool.value()),
        "SETEX": lambda: step(b"SETEX", key(), pool.one_of(*FAR_S, b"0", b"-1", b"x", b"9223372036854775807"),
                              pool.value()),
        "PSETEX": lambda: step(b"PSETEX", key(), pool.one_of(b"100000000", b"500000000", b"0", b"-5", b"y",
                                                             b"9223372036854775807"), pool.value()),
        "MGET": lambda: step(b"MGET", *pool.keys()),
        "APPEND": lambda: step(b"APPEND", key(), pool.value()),
        "STRLEN": lambda: step(b"STRLEN", key()),
        "GETRANGE": lambda: step(pool.one_of(b"GETRANGE", b"SUBSTR"), key(), pool.small(-70, 70),
                                 pool.small(-70, 70)),
        "INCR": lambda: step(pool.one_of(b"INCR", b"DECR"), key()),
        "INCRBY": lambda: step(pool.one_of(b"INCRBY", b"DECRBY"), key(), pool.integer()),
        "INCRBYFLOAT": lambda: step(b"INCRBYFLOAT", key(), pool.number()),
        "TTL": lambda: step(pool.one_of(b"TTL", b"PTTL"), key(), rule="near_milliseconds"),
        "ENCODING": lambda: step(b"OBJECT", b"ENCODING", key()),
        "DEL": lambda: step(b"DEL", *pool.keys(1, 2)),
        "TYPE": lambda: step(b"TYPE", key()),
    }
    special = [set_, set_, set_, getex, lcs, mset, setrange]
    choice = pool.random.randrange(len(simple) + len(special))
    return special[choice](pool) if choice < len(special) else pool.one_of(*simple.values())()
