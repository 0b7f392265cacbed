"""MULTI, EXEC, DISCARD, WATCH, UNWATCH on three connections that disturb each other."""

from compat.pools import step


def body(pool, conn):
    key = pool.key
    return pool.one_of(
        lambda: step(b"SET", key(), pool.value(), conn=conn),
        lambda: step(b"GET", key(), conn=conn),
        lambda: step(b"INCR", key(), conn=conn),
        lambda: step(b"APPEND", key(), b"+", conn=conn),
        lambda: step(b"DEL", key(), conn=conn),
        lambda: step(b"EXPIRE", key(), b"100000", conn=conn),
        lambda: step(b"PEXPIREAT", key(), b"1", conn=conn),
        lambda: step(b"MGET", key(), key(), conn=conn),
        lambda: step(b"RENAME", key(), key(), conn=conn),
        lambda: step(b"SELECT", pool.one_of(b"0", b"1", b"99"), conn=conn),
        lambda: step(b"DBSIZE", conn=conn),
        lambda: step(b"PING", conn=conn),
        lambda: step(b"ECHO", pool.value(), conn=conn),
        lambda: step(b"SET", key(), pool.value(), b"GET", conn=conn),
        lambda: step(b"SWAPDB", b"0", b"1", conn=conn) if pool.chance(0.2) else step(b"TTL", key(), conn=conn,
                                                                                   rule="near_seconds"),
        lambda: step(b"FLUSHDB", conn=conn) if pool.chance(0.2) else step(b"STRLEN", key(), conn=conn))()


def odd(pool, conn):
    return pool.one_of(
        lambda: step(b"GET", conn=conn),
        lambda: step(b"NOSUCH", b"x", conn=conn),
        lambda: step(b"MULTI", conn=conn),
        lambda: step(b"WATCH", pool.key(), conn=conn),
        lambda: step(b"INCRBY", pool.key(), b"x", conn=conn),
        lambda: step(b"UNWATCH", conn=conn),
        lambda: step(b"EXEC", b"x", conn=conn),
        lambda: step(b"RESET", conn=conn))()


def transaction(pool):
    conn = pool.random.randrange(3)
    steps = []
    if pool.chance(0.5):
        steps.append(step(b"WATCH", *pool.keys(), conn=conn))
        if pool.chance(0.15):
            steps.append(step(b"UNWATCH", conn=conn))
        if pool.chance(0.5):
            steps += [body(pool, pool.random.randrange(3)) for _ in range(pool.random.randint(1, 3))]
    steps.append(step(b"MULTI", conn=conn))
    for _ in range(pool.random.randint(0, 6)):
        steps.append(odd(pool, conn) if pool.chance(0.04) else body(pool, conn))
        if pool.chance(0.1):
            steps.append(body(pool, (conn + 1) % 3))
    steps.append(step(b"DISCARD" if pool.chance(0.1) else b"EXEC", conn=conn))
    return steps


def command(pool):
    if pool.chance(0.03):
        return step(pool.one_of(b"EXEC", b"DISCARD", b"UNWATCH"), conn=pool.random.randrange(3))
    if pool.chance(0.2):
        return body(pool, pool.random.randrange(3))
    return transaction(pool)
