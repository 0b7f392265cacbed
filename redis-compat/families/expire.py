"""Expiry: all commands that set, read and remove a time to live, and keys that are gone because of it."""

from compat.pools import step
from compat.step import Step

WRONG = [b"x", b"", b"1.5", b"9223372036854775807", b"-9223372036854775808", b"9223372036854776",
         b"99999999999999999999"]


def when(pool, name):
    if pool.chance(0.08):
        return pool.one_of(*WRONG)
    if pool.chance(0.12):
        return pool.one_of(b"0", b"-1", b"-100", b"1")[:3] if name.endswith(b"AT") else pool.one_of(b"0", b"-1", b"-5")
    if name.endswith(b"AT"):
        return b"%d" % ({b"EXPIREAT": 4102444800, b"PEXPIREAT": 4102444800000}[name] * pool.one_of(1, 1, 2, 3))
    # A time from now is drawn once: GT and LT must not depend on which millisecond it is.
    seconds = 1000 + 60 * pool.unique() * pool.one_of(1, -1) % 60000
    return b"%d" % (seconds if name == b"EXPIRE" else seconds * 1000)


def expire(pool):
    name = pool.one_of(b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT")
    words = [name, pool.key(), when(pool, name)]
    for _ in range(pool.one_of(0, 0, 1, 1, 2)):
        words.append(pool.case(pool.one_of(b"NX", b"XX", b"GT", b"LT", b"LT") if pool.chance(0.96) else b"junk"))
    return step(*words)


def command(pool):
    key = pool.key
    # A key that runs out between two commands; nothing in between depends on the moment.
    if pool.chance(0.004):
        doomed = key()
        return [step(b"SET", doomed, b"v", b"PX", b"1"), Step(pause_ms=12), step(b"GET", doomed),
                step(b"EXISTS", doomed), step(b"TTL", doomed), step(b"APPEND", doomed, b"new")]
    return pool.one_of(
        lambda: expire(pool), lambda: expire(pool), lambda: expire(pool),
        lambda: step(b"SET", key(), pool.value(), *pool.one_of([], [b"KEEPTTL"], [b"EX", b"500"], [b"PXAT", b"4102444800000"])),
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
        lambda: step(b"GETEX", key(), *pool.one_of([], [b"PERSIST"], [b"EX", b"700"], [b"EXAT", b"1"])),
        lambda: step(b"EXISTS", *pool.keys()))()
