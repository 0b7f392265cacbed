"""Geo: points at edges of the world, searches in both dialects, and sets of any scores that are searched as if they
were points."""

import re

from compat import collections  # noqa: F401  registers procedures
from compat.pools import step
from compat.procedures import procedure
from compat.resp import AGGREGATES
from compat.rules import rule

MEMBERS = [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"", b"\x00\xff", b"two words", b"x" * 65]
LONGITUDES = [b"0", b"180", b"-180", b"179.9999999", b"-179.9999999", b"13.361389", b"90", b"-90", b"1e-7", b"180.0001",
              b"-181", b"inf", b"nan", b"x", b"", b"1e3", b"0x10", b"-0"]
LATITUDES = [b"0", b"85.05112878", b"-85.05112878", b"85", b"-85", b"66.1", b"80.5", b"-66.5", b"38.115556", b"1e-7", b"85.06",
             b"-90", b"inf", b"nan", b"x", b"", b"-0"]
RADII = [b"0", b"1", b"0.5", b"100", b"200", b"1000", b"5000", b"20000", b"1e6", b"5e6", b"1e7", b"3e7", b"1e300", b"-1", b"x", b"nan",
         b"inf", b"", b"0x10"]
UNITS = [b"m", b"km", b"ft", b"mi"]
COUNTS = [b"1", b"2", b"3", b"5", b"100", b"0", b"-1", b"x", b"9223372036854775807", b"9223372036854775808"]


def member(pool):
    return pool.random.choice(MEMBERS[:7]) if pool.chance(0.85) else pool.random.choice(MEMBERS)


def point(pool):
    """Near each other, anywhere, or at an edge."""
    if pool.chance(0.5):
        return [b"%.6f" % pool.random.uniform(12, 16), b"%.6f" % pool.random.uniform(36, 39)]
    if pool.chance(0.3):
        return [b"%.6f" % (pool.random.choice((-180, 180, 0)) + pool.random.uniform(-0.5, 0.5)), b"%.6f" % pool.random.uniform(-86, 86)]
    if pool.chance(0.6):
        return [b"%.9g" % pool.random.uniform(-180, 180), b"%.9g" % pool.random.uniform(-85, 85)]
    return [pool.random.choice(LONGITUDES), pool.random.choice(LATITUDES)]


def unit(pool):
    if pool.chance(0.03):
        return pool.one_of(b"", b"cm", b"kms", b"meters")
    return pool.case(pool.random.choice(UNITS))


def length(pool):
    if pool.chance(0.2):
        return pool.random.choice(RADII)
    return b"%.*g" % (pool.random.randint(1, 9), 10 ** pool.random.uniform(-1, 7))


def radius(pool):
    """A radius and its unit, mostly one that finds some and not all."""
    if pool.chance(0.5):
        return [b"%d" % pool.random.randint(1, 400), b"km"]
    return [length(pool), unit(pool)]


def geoadd(pool):
    words = [b"GEOADD", pool.key()]
    for option in (b"NX", b"XX", b"CH"):
        if pool.chance(0.12):
            words.append(pool.case(option))
    for _ in range(pool.random.randint(1, 4)):
        words += [*point(pool), member(pool)]
    if pool.chance(0.02):
        words.pop()
    return step(*words)


def grow(pool):
    words = [b"GEOADD", pool.key()]
    for i in range(pool.random.choice((20, 128, 300))):
        words += [b"%.6f" % pool.random.uniform(11, 17), b"%.6f" % pool.random.uniform(35, 40), b"m%d" % i]
    return step(*words)


def options(pool, can_store):
    words = []
    for option in (b"WITHDIST", b"WITHCOORD", b"WITHHASH"):
        if pool.chance(0.05 if can_store else 0.3):
            words.append(pool.case(option))
    if pool.chance(0.4):
        words.append(pool.case(pool.one_of(b"ASC", b"DESC")))
    if pool.chance(0.4):
        words += [pool.case(b"COUNT"), pool.random.choice(COUNTS[:5]) if pool.chance(0.9) else pool.random.choice(COUNTS)]
        if pool.chance(0.3):
            words.append(pool.case(b"ANY"))
    if pool.chance(0.02):
        words.append(pool.one_of(b"ANY", b"COUNT", b"STORE", b"WITHDISTS", b"STOREDIST", b"BYBOX"))
    return words


def shuffled(pool, parts):
    pool.random.shuffle(parts)
    return [word for part in parts for word in part]


def query(pool, can_store):
    center = [b"FROMMEMBER", member(pool)] if pool.chance(0.4) else [b"FROMLONLAT", *point(pool)]
    shape = [b"BYRADIUS", *radius(pool)] if pool.chance(0.6) else [b"BYBOX", length(pool), *radius(pool)]
    parts = [center, shape] if pool.chance(0.97) else pool.one_of([center], [shape], [], [center, shape, [b"BYRADIUS", b"1", b"m"]],
                                                                  [center, [b"FROMMEMBER", b"a"], shape], [center, [b"FROMLONLAT", b"1", b"1"], shape])
    return shuffled(pool, [*parts, options(pool, can_store)])


@rule("distances")
def distances(oracle, target):
    """The same but for one in the fourth decimal of distances of a thousand and more, which may lie so near the middle
    of two that the last bit of the sine decides: Redis's is its machine's (a C library has others with FMA than
    without), ours is the nearest double everywhere."""
    if oracle[0] in AGGREGATES and target[0] == oracle[0] and oracle[1] is not None and target[1] is not None:
        return len(oracle[1]) == len(target[1]) and all(map(distances, oracle[1], target[1]))
    if oracle == target:
        return True
    words = (oracle[1], target[1])
    return (oracle[0] == target[0] == b"$" and all(word and re.fullmatch(rb"[0-9]{4,}\.[0-9]{4}", word) for word in words)
            and abs(int(words[0].replace(b".", b"")) - int(words[1].replace(b".", b""))) == 1)


def geosearch(pool):
    return step(b"GEOSEARCH", pool.key(), *query(pool, False), rule="distances")


@procedure("near_scores")
def near_scores(connection, argv):
    """ZRANGE KEY 0 -1 WITHSCORES of distances, to a micrometre or 12 digits: the last bits are of each machine's sine.
    By member."""
    reply = connection.call(b"ZRANGE", argv[0], b"0", b"-1", b"WITHSCORES")
    if reply[0] != b"*":
        return reply
    words = [leaf for item in reply[1] for leaf in (item[1] if isinstance(item[1], tuple) else (item,))]
    pairs = sorted((words[i][1], b"%.12g" % round(float(words[i + 1][1]), 6)) for i in range(0, len(words), 2))
    return b"~", tuple((b"$", b"%s %s" % pair) for pair in pairs)


def stored(target, has_distances):
    return step(target, procedure="near_scores") if has_distances else step(b"ZRANGE", target, b"0", b"-1", b"WITHSCORES")


def geosearchstore(pool):
    target = pool.key()
    store = [b"STOREDIST"] if pool.chance(0.4) else []
    words = [b"GEOSEARCHSTORE", target, pool.key(), *query(pool, True), *store]
    return [step(*words), stored(target, b"STOREDIST" in words),
            step(b"OBJECT", b"ENCODING", target), step(b"DEL", target)]


def old(pool):
    center = point(pool) if pool.chance(0.6) else [member(pool)]
    name, read_only = (b"GEORADIUS", b"GEORADIUS_RO") if len(center) == 2 else (b"GEORADIUSBYMEMBER", b"GEORADIUSBYMEMBER_RO")
    if pool.chance(0.5):
        return step(pool.one_of(name, read_only), pool.key(), *center, *radius(pool), *options(pool, False), rule="distances")
    target = pool.key()
    store = [pool.one_of(b"STORE", b"STOREDIST"), target]
    words = [read_only if pool.chance(0.03) else name, pool.key(), *center, *radius(pool), *shuffled(pool, [options(pool, True), store])]
    return [step(*words), stored(target, b"STOREDIST" in words), step(b"DEL", target)]


def look(pool):
    key = pool.key()
    return pool.one_of(
        lambda: step(b"GEOPOS", key, *[member(pool) for _ in range(pool.random.randint(0, 4))]),
        lambda: step(b"GEOHASH", key, *[member(pool) for _ in range(pool.random.randint(0, 4))]),
        lambda: step(b"GEODIST", key, member(pool), member(pool), *([unit(pool)] if pool.chance(0.6) else []),
                     rule="distances"),
        lambda: step(b"GEODIST", key, member(pool), member(pool), b"m", b"km"),
        lambda: step(b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"))()


def other(pool):
    key = pool.key()
    return pool.one_of(
        lambda: step(b"ZADD", key, pool.one_of(b"0", b"1.5", b"-1", b"-7.5", b"4503599627370495", b"4503599627370496",
                                               b"9007199254740992", b"1e15", b"3479099956230698.5"), member(pool)),
        lambda: step(b"ZREM", key, member(pool)), lambda: step(b"DEL", key), lambda: step(b"SET", key, b"text"),
        lambda: step(b"SADD", key, b"a"), lambda: step(b"EXPIRE", key, b"100000"),
        lambda: [step(b"MULTI"), geoadd(pool), geosearch(pool), step(b"EXEC")])()


def command(pool):
    chance = pool.random.random()
    if chance < 0.3:
        return geoadd(pool)
    if chance < 0.36:
        return grow(pool)
    if chance < 0.55:
        return geosearch(pool)
    if chance < 0.65:
        return geosearchstore(pool)
    if chance < 0.78:
        return old(pool)
    return look(pool) if chance < 0.93 else other(pool)
