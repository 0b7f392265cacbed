"""Expiry: all commands that set, read and remove a time to live, and keys that are gone because of it."""

from compat.pools import step
from compat.procedures import procedure
from compat.servers import until

WRONG = [b"x", b"", b"1.5", b"9223372036854775807", b"-9223372036854775808", b"9223372036854776",
         b"99999999999999999999"]


DAY_S = 86400


@procedure("outlive")
def outlive(connection, argv):
    """A key that runs out: the server is asked for the time until it is past the key's, which nobody touches."""
    key, milliseconds = argv
    reply = connection.call(b"SET", key, b"v", b"PX", milliseconds)
    end = connection.call(b"PEXPIRETIME", key)
    if reply != (b"+", b"OK") or end[0] != b":":
        return reply if reply != (b"+", b"OK") else end

    def is_over():
        kind, value = connection.call(b"TIME")
        return kind != b"*" or int(value[0][1]) * 1000 + int(value[1][1]) // 1000 > int(end[1])

    until(is_over, "a key runs out")
    return reply


def when(pool, name):
    if pool.chance(0.08):
        return pool.one_of(*WRONG)
    if pool.chance(0.12):
        return pool.one_of(b"0", b"-1", b"-100", b"1")[:3] if name.endswith(b"AT") else pool.one_of(b"0", b"-1", b"-5")
    if name.endswith(b"AT"):
        return b"%d" % ({b"EXPIREAT": 4102444800, b"PEXPIREAT": 4102444800000}[name] * pool.one_of(1, 1, 2, 3))
    # A time from now is drawn once, and hours from all others: GT and LT must not depend on which hour it is.
    seconds = DAY_S + DAY_S * pool.unique() * pool.one_of(1, -1) % (1000 * DAY_S)
    return b"%d" % (seconds if name == b"EXPIRE" else seconds * 1000)


def expire(pool):
    name = pool.one_of(b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT")
    words = [name, pool.key(), when(pool, name)]
    for _ in range(pool.one_of(0, 0, 1, 1, 2)):
        words.append(pool.case(pool.one_of(b"NX", b"XX", b"GT", b"LT", b"LT") if pool.chance(0.96) else b"junk"))
    return step(*words)


def command(pool):
    key = pool.key
    if pool.chance(0.004):
        doomed = key()
        return [step(doomed, pool.one_of(b"1", b"2", b"7"), procedure="outlive"), step(b"GET", doomed),
                step(b"EXISTS", doomed), step(b"TTL", doomed), step(b"APPEND", doomed, b"new")]
    return pool.one_of(
        lambda: expire(pool), lambda: expire(pool), lambda: expire(pool),
        lambda: step(b"SET", key(), pool.value(), *pool.one_of([], [b"KEEPTTL"], [b"EX", b"40000"], [b"PXAT", b"4102444800000"])),
        lambda: step(b"TTL", key(), rule="near_seconds"),
        lambda: step(b"PTTL", key(), rule="near_milliseconds"),
        lambda: step(b"EXPIRETIME", key(), rule="near_seconds"),
        lambda: step(b"PEXPIRETIME", key(), rule="near_milliseconds"),
        lambda: step(b"PERSIST", key()),
        lambda: step(b"GET", key()),
        lambda: step(b"APPEND", key(), b"x"),
        lambda: step(b"INCR", key()),
        lambda: step(b"RENAME", key(), key()),
        lambda: step(b"COPY", key(), key(), b"REPLACE"),
        lambda: step(b"DEL", key()),
        lambda: step(b"GETEX", key(), *pool.one_of([], [b"PERSIST"], [b"EX", b"60000"], [b"EXAT", b"1"])),
        lambda: step(b"EXISTS", *pool.keys()))()
