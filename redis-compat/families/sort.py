"""SORT and SORT_RO over lists, sets and sorted sets, with every option of Redis 7.0."""

from compat.pools import step

NUMBERS = [b"1", b"2", b"3", b"10", b"-5", b"0", b"7", b"100", b"2.5", b"1e3", b"-0", b"9223372036854775807", b"0x1A"]
WORDS = [b"a", b"b", b"c", b"B", b"aa", b"ab", b"1", b"2", b"10", b"", b"two words", b"Z", b"\xc3\xa9", b"\xff"]
ODD = [b"a\x00b", b"a\x00a", b"inf", b"-inf", b"nan", b" 1", b"1 ", b"1\x00x", b"1.0", b"01", b"x" * 300, b"infinity"]
PATTERNS = [b"w_*", b"w_*", b"w_*", b"h_*->f", b"h_*->f", b"h_*->g", b"h_*->", b"->f*", b"*", b"w_*_w", b"k*->f", b"w_**", b"h_*->f->g",
            b"w_*\x00", b"w\x00*", b"h_*->\x00f", b"h_*-\x00>f"]
LISTS = [b"l1", b"l2", b"l3"]
SETS = [b"s1", b"s2"]
SORTED_SETS = [b"z1", b"z2"]
OTHER = [b"nokey", b"str", b"h_1"]


def element(pool):
    if pool.chance(0.7):
        return pool.random.choice(NUMBERS[:8])
    return pool.random.choice(pool.one_of(NUMBERS, WORDS, WORDS, ODD))


def elements(pool, most=9):
    return [element(pool) for _ in range(pool.random.randint(1, most))]


def fill(pool):
    """Something to sort, made anew, so that one odd element does not spoil a key for long."""
    kind = pool.random.randrange(6)
    numbers = [b"%d" % pool.random.randint(-50, 150) for _ in range(pool.random.choice((3, 12, 60, 200)))]
    words = pool.one_of(elements(pool), numbers, numbers)
    if kind < 3:
        key = pool.one_of(*LISTS)
        return [step(b"DEL", key), step(pool.one_of(b"LPUSH", b"RPUSH"), key, *words)]
    # Up to a zero byte alike: their order would be that of a hash table.
    words = [word for word in words if b"\x00" not in word] or [b"1"]
    if kind < 5:
        key = pool.one_of(*SETS)
        return [step(b"DEL", key), step(b"SADD", key, *words)]
    key = pool.one_of(*SORTED_SETS)
    scored = [word for member in words for word in (b"%d" % pool.random.randint(-9, 9), member)]
    return [step(b"DEL", key), step(b"ZADD", key, *scored)]


def weight(pool):
    name = b"w_" + pool.one_of(element(pool), b"%d" % pool.random.randint(-50, 150))
    if pool.chance(0.1):
        return step(b"DEL", name)
    if pool.chance(0.05):
        return step(b"LPUSH", name, b"x")
    if pool.chance(0.1):
        return step(b"SET", name, element(pool), b"PX", b"100000000")
    return step(b"SET", name, element(pool))


def weights(pool):
    """Weights for many numbers, with many that are alike or absent."""
    few = pool.one_of((b"1", b"2", b"3"), (b"a", b"b"), (b"5", b"40", b"-3", b"1e2", b"2.5"))
    pairs = [word for number in range(-50, 151) if pool.chance(0.4) for word in (b"w_%d" % number, pool.one_of(*few))]
    return step(b"MSET", *(pairs or [b"w_1", b"1"]))


def field(pool):
    name = b"h_" + pool.one_of(element(pool), b"%d" % pool.random.randint(-50, 150))
    return step(b"HSET", name, pool.one_of(b"f", b"g", b"", b"f->g"), element(pool), b"f", element(pool))


def limit(pool):
    if pool.chance(0.06):
        return [b"LIMIT", pool.integer(0.4), pool.integer(0.4)]
    return [pool.case(b"LIMIT"), b"%d" % pool.random.randint(-2, 12), b"%d" % pool.random.randint(-2, 12)]


def options(pool):
    """(words, whether it keeps the order of what it sorts, whether patterns give the order)"""
    words, by = [], None
    if pool.chance(0.45):
        by = pool.one_of(b"nosort", b"#", b"") if pool.chance(0.3) else pool.random.choice(PATTERNS)
        words.append([pool.case(b"BY"), by])
    if pool.chance(0.4):
        words.append(limit(pool))
    for _ in range(pool.one_of(0, 0, 0, 1, 2)):
        words.append([pool.case(b"GET"), b"#" if pool.chance(0.4) else pool.random.choice(PATTERNS + [b"plain", b"#x"])])
    if pool.chance(0.3):
        words.append([pool.one_of(b"DESC", b"ASC", b"desc")])
    if pool.chance(0.5):
        words.append([pool.case(b"ALPHA")])
    pool.random.shuffle(words)
    if pool.chance(0.03):
        words.append(pool.one_of([b"BY"], [b"GET"], [b"LIMIT", b"1"], [b"LIMIT"], [b"STORE"], [b"junk"]))
    keeps = by is not None and b"*" not in by.split(b"\x00")[0]
    return [word for group in words for word in group], keeps, by is not None and not keeps


def sort(pool):
    kind = pool.random.random()
    keys = LISTS if kind < 0.5 else SETS if kind < 0.75 else SORTED_SETS if kind < 0.95 else OTHER
    words, keeps, has_pattern = options(pool)
    upper = [word.upper() for word in words]
    is_unordered = keys is SETS and keeps or keys in (SETS, SORTED_SETS) and has_pattern and b"ALPHA" in upper
    name = b"SORT_RO" if pool.chance(0.3) else b"SORT"
    if name == b"SORT" and pool.chance(0.25):
        if keeps and keys is SETS or not is_unordered:  # a set that is stored is ordered
            words += [pool.case(b"STORE"), pool.one_of(b"l1", b"stored", b"stored", b"s1", b"str")]
            is_unordered = False
    if is_unordered and b"LIMIT" in upper:
        return step(name, pool.one_of(*keys), *words, rule="same_kind")
    return step(name, pool.one_of(*keys), *words, rule="unordered" if is_unordered else "exact")


def keys_of(pool):
    words, _, _ = options(pool)
    return step(b"COMMAND", pool.one_of(b"GETKEYS", b"GETKEYSANDFLAGS"), pool.one_of(b"SORT", b"SORT", b"SORT_RO"), b"l1", *words,
                *([b"STORE", b"to"] if pool.chance(0.5) else []), *([b"STORE", b"again"] if pool.chance(0.1) else []))


def command(pool):
    simple = [
        lambda: step(b"LRANGE", pool.one_of(b"stored", b"stored", b"l1"), b"0", b"-1"),
        lambda: step(b"OBJECT", b"ENCODING", pool.one_of(b"stored", b"z1", b"z2", b"s1", b"l1")),
        lambda: step(b"SET", b"str", b"x"),
        lambda: step(b"DEL", pool.one_of(b"stored", b"l1", b"s1", b"z1")),
        lambda: step(b"EXPIRE", pool.one_of(b"l2", b"s2", b"z2", b"stored"), pool.one_of(b"100000", b"-1")),
        lambda: step(b"TTL", b"stored", rule="near_seconds"),
        lambda: step(b"COMMAND", b"INFO", b"SORT", b"SORT_RO"),
    ]
    if pool.chance(0.05):
        inside = [one for one in (command(pool) for _ in range(3)) if not isinstance(one, list) and one.rule == "exact"]
        return [step(b"MULTI"), *inside, step(b"EXEC")]
    return pool.random.choice([fill, fill, weight, weight, weights, field, field, keys_of] + [sort] * 10 + [lambda _: pool.one_of(*simple)()] * 2)(pool)
