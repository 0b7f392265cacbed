"""Sets: every command and option of Redis 7.0's group."""

from compat import collections  # noqa: F401  registers procedures
from compat.pools import step

MEMBERS = [b"a", b"b", b"c", b"d", b"1", b"2", b"3", b"-1", b"", b"\x00\xff", b"two words", b"9223372036854775807",
           b"-9223372036854775808", b"9223372036854775808", b"007", b"1.0", b"40000", b"70000", b"5000000000"]


def member(pool):
    if pool.chance(0.005):
        return b"long" * 16384
    if pool.chance(0.3):
        return b"%d" % pool.random.randint(0, 30)
    return pool.random.choice(MEMBERS[:7]) if pool.chance(0.6) else pool.random.choice(MEMBERS)


def members(pool, most=4):
    return [member(pool) for _ in range(pool.random.randint(1, most))]


def numbers(pool):
    first, count = pool.random.randint(0, 20), pool.random.choice((20, 130, 520))
    return step(b"SADD", pool.key(), *[b"%d" % i for i in range(first, first + count)])


def words(pool):
    count = pool.random.choice((10, 100, 140, 300))
    return step(b"SADD", pool.key(), *[b"w%d" % i for i in range(count)])


def spop(pool):
    """What is popped is chance: the set is made, popped from, counted and removed."""
    key, count = pool.key(), pool.random.choice((1, 3, 12, 100))
    made = [step(b"DEL", key), step(b"SADD", key, *[b"%d" % i for i in range(count)])]
    if pool.chance(0.5):
        return [*made, step(b"SPOP", key, rule="same_kind"), step(b"SCARD", key), step(b"OBJECT", b"ENCODING", key),
                step(b"DEL", key)]
    wanted = pool.one_of(b"0", b"1", b"2", b"10", b"95", b"100", b"1000")
    return [*made, step(b"SPOP", key, wanted, rule="shape"), step(b"SCARD", key), step(b"OBJECT", b"ENCODING", key),
            step(b"DEL", key)]


def srandmember(pool):
    argv = [b"SRANDMEMBER", pool.key()]
    if pool.chance(0.8):
        argv.append(pool.small(-12, 12) if pool.chance(0.95) else pool.one_of(b"9223372036854775807", b"-9223372036854775808"))
    return step(*argv, procedure="random_elements")


def sscan(pool):
    options = []
    if pool.chance(0.4):
        options += [pool.case(b"MATCH"), pool.one_of(b"*", b"w*", b"w1*", b"nothing", b"[ab1]")]
    if pool.chance(0.4):
        options += [b"COUNT", pool.one_of(b"1", b"5", b"100", b"0", b"-1", b"x")]
    if pool.chance(0.03):
        options.append(pool.one_of(b"COUNT", b"junk", b"TYPE"))
    if pool.chance(0.1):
        return step(b"SSCAN", pool.key(), pool.one_of(b"x", b"-", b"99999999999999999999", b"1.5"), *options)
    return step(b"SSCAN", pool.key(), *options, procedure="scan_elements")


def algebra(pool):
    name = pool.one_of(b"SINTER", b"SUNION", b"SDIFF")
    if pool.chance(0.5):
        return step(name, *pool.keys(1, 4), rule="unordered")
    target = pool.key()
    stored = step(name + b"STORE", target, *pool.keys(1, 6))
    return [stored, step(b"OBJECT", b"ENCODING", target)] if pool.chance(0.3) else stored


def sintercard(pool):
    keys = pool.keys(1, 4)
    count = b"%d" % len(keys) if pool.chance(0.9) else pool.integer(0.2)
    argv = [b"SINTERCARD", count, *keys]
    if pool.chance(0.5):
        argv += [pool.case(b"LIMIT"), pool.small(-1, 5)]
    if pool.chance(0.04):
        argv.append(pool.one_of(b"LIMIT", b"junk"))
    return step(*argv)


def command(pool):
    key = pool.key
    simple = {
        "SADD": lambda: step(b"SADD", key(), *members(pool)),
        "SADD more": lambda: step(b"SADD", key(), *members(pool, 9)),
        "SREM": lambda: step(b"SREM", key(), *members(pool)),
        "SREM many": lambda: step(b"SREM", key(), *[b"%d" % i for i in range(pool.random.randint(1, 600))]),
        "SCARD": lambda: step(b"SCARD", key()),
        "SISMEMBER": lambda: step(b"SISMEMBER", key(), member(pool)),
        "SMISMEMBER": lambda: step(b"SMISMEMBER", key(), *members(pool)),
        "SMEMBERS": lambda: step(b"SMEMBERS", key(), rule="unordered"),
        "SMOVE": lambda: step(b"SMOVE", key(), key(), member(pool)),
        "ENCODING": lambda: step(b"OBJECT", b"ENCODING", key()),
        "DEL": lambda: step(b"DEL", *pool.keys(1, 2)),
        "SET": lambda: step(b"SET", key(), pool.value()),
        "EXPIRE": lambda: step(b"EXPIRE", key(), pool.one_of(b"100000", b"100000", b"-1")),
        "RENAME": lambda: step(b"RENAME", key(), key()),
        "COPY": lambda: step(b"COPY", key(), key(), b"REPLACE"),
        "SPOP": lambda: step(b"SPOP", b"nokey", *([pool.integer(0.3)] if pool.chance(0.7) else []),
                             *([b"x"] if pool.chance(0.1) else [])),
    }
    special = [numbers, words, spop, srandmember, sscan, algebra, algebra, sintercard]
    if pool.chance(0.05):
        inside = [one for one in (command(pool) for _ in range(3)) if not isinstance(one, list) and not one.procedure]
        return [step(b"MULTI"), *inside, step(b"EXEC", rule="unordered")]
    choice = pool.random.randrange(len(simple) + len(special))
    return special[choice](pool) if choice < len(special) else pool.one_of(*simple.values())()
