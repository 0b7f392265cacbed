"""Bitmaps: strings seen as bits, and integers within them."""

from compat.pools import step

TYPES = [b"u1", b"u2", b"u7", b"u8", b"u16", b"u31", b"u32", b"u63", b"i1", b"i2", b"i8", b"i15", b"i32", b"i63", b"i64"]
NO_TYPES = [b"u0", b"u64", b"i65", b"i0", b"x8", b"8", b"", b"U8", b"u", b"u08", b"i-1", b"u8x"]
NO_OFFSETS = [b"-1", b"#-1", b"x", b"", b"#", b"4294967296", b"#4294967296", b"#9223372036854775807",
              b"#4611686018427387904", b"9223372036854775807", b"1.5"]
VALUES = [b"", b"\x00", b"\xff", b"\x00" * 9, b"\xff" * 17, b"\x00" * 40 + b"\x01", b"\xff" * 33 + b"\xfe", b"foobar",
          b"12345", b"-7", b"\xaa\x55" * 30, b"\x80" + b"\x00" * 63, b"a" * 44, b"a" * 45]


def offset(pool):
    if pool.chance(0.04):
        return pool.one_of(*NO_OFFSETS)
    if pool.chance(0.02):
        return pool.one_of(b"65536", b"524288", b"100003")
    return pool.small(0, 300, 0)


def field_offset(pool):
    return offset(pool) if pool.chance(0.6) else b"#" + pool.small(0, 12, 0.02)


def field(pool):
    return [pool.one_of(*TYPES) if pool.chance(0.97) else pool.one_of(*NO_TYPES), field_offset(pool)]


def edge(pool):
    return pool.one_of(b"0", b"1", b"-1", b"127", b"128", b"-128", b"-129", b"255", b"256", b"65535", b"4294967295",
                       b"9223372036854775807", b"-9223372036854775808", b"4611686018427387904") \
        if pool.chance(0.6) else pool.integer(0.04)


def bitfield(pool):
    is_ro = pool.chance(0.25)
    words = [b"BITFIELD_RO" if is_ro else b"BITFIELD", pool.key()]
    for _ in range(pool.random.randint(0, 5)):
        kind = pool.one_of("get", "get", "overflow") if is_ro and pool.chance(0.95) else \
            pool.one_of("get", "set", "set", "incrby", "incrby", "overflow")
        if kind == "get":
            words += [pool.case(b"GET")] + field(pool)
        elif kind == "overflow":
            words += [pool.case(b"OVERFLOW"), pool.one_of(b"WRAP", b"SAT", b"FAIL", b"wrap", b"sat", b"fail")
                      if pool.chance(0.97) else b"junk"]
        else:
            words += [pool.case(kind.upper().encode())] + field(pool) + [edge(pool)]
    if pool.chance(0.03):
        words.append(pool.one_of(b"GET", b"SET", b"junk", b"OVERFLOW", b"u8"))
    return step(*words)


def bitcount(pool):
    words = [b"BITCOUNT", pool.key()]
    if pool.chance(0.8):
        words += [pool.small(-80, 80), pool.small(-80, 80)]
        if pool.chance(0.5):
            words.append(pool.case(pool.one_of(b"BYTE", b"BIT")) if pool.chance(0.95) else b"junk")
        if pool.chance(0.02):
            words.append(b"more")
        if pool.chance(0.03):
            words = words[:3]
    return step(*words)


def bitpos(pool):
    words = [b"BITPOS", pool.key(), pool.one_of(b"0", b"1") if pool.chance(0.95) else pool.one_of(b"2", b"-1", b"x", b"")]
    for _ in range(pool.random.randint(0, 2)):
        words.append(pool.small(-80, 80))
    if len(words) == 5 and pool.chance(0.6):
        words.append(pool.case(pool.one_of(b"BYTE", b"BIT")) if pool.chance(0.95) else b"junk")
    if pool.chance(0.02):
        words.append(b"more")
    return step(*words)


def bitop(pool):
    words = [b"BITOP", pool.case(pool.one_of(b"AND", b"OR", b"XOR", b"NOT")), pool.key()]
    words += pool.keys(1, 1 if words[1].upper() == b"NOT" and pool.chance(0.9) else 4)
    if pool.chance(0.02):
        words[1] = b"nope"
    if pool.chance(0.01):
        words = words[:3]
    return step(*words)


def look(pool, key):
    return [step(b"GET", key), step(b"OBJECT", b"ENCODING", key), step(b"PTTL", key, rule="near_milliseconds")]


def command(pool):
    key = pool.key()
    makers = [
        lambda: step(b"SETBIT", key, offset(pool), pool.one_of(b"0", b"1") if pool.chance(0.95) else pool.integer(0.5)),
        lambda: step(b"SETBIT", key, offset(pool), pool.one_of(b"0", b"1")),
        lambda: step(b"GETBIT", key, offset(pool)),
        lambda: bitcount(pool), lambda: bitcount(pool), lambda: bitpos(pool), lambda: bitpos(pool),
        lambda: bitop(pool), lambda: bitfield(pool), lambda: bitfield(pool), lambda: bitfield(pool),
        lambda: step(b"SET", key, pool.one_of(*VALUES)), lambda: step(b"SET", key, pool.one_of(*VALUES)),
        lambda: step(b"SET", key, bytes(pool.random.randrange(256) for _ in range(pool.random.randint(0, 90)))),
        lambda: look(pool, key),
        lambda: step(b"EXPIRE", key, b"100000"),
        lambda: step(b"DEL", key) if pool.chance(0.3) else step(b"STRLEN", key),
        lambda: step(b"RPUSH", key, b"x") if pool.chance(0.2) else step(b"TYPE", key),
        lambda: [step(b"WATCH", key, glue=0), step(b"SETBIT", key, offset(pool), b"1"), step(b"MULTI"),
                 bitfield(pool), bitop(pool), step(b"EXEC")] if pool.chance(0.15) else step(b"GET", key),
        lambda: step(b"APPEND", key, b"\xff\x00") if pool.chance(0.4) else step(b"INCR", key),
    ]
    return pool.one_of(*makers)()
