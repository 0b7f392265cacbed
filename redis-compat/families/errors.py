"""What is wrong with a request before any command sees it: names, arity, inline lines, broken RESP."""

from compat.pools import step
from compat.step import Step

# (name, fewest words after it, most words after it or None): of commands that are there.
ARITIES = [
    (b"get", 1, 1), (b"set", 2, None), (b"getset", 2, 2), (b"getdel", 1, 1), (b"getex", 1, None),
    (b"setnx", 2, 2), (b"setex", 3, 3), (b"psetex", 3, 3), (b"mset", 2, None), (b"msetnx", 2, None),
    (b"mget", 1, None), (b"append", 2, 2), (b"strlen", 1, 1), (b"setrange", 3, 3), (b"getrange", 3, 3),
    (b"substr", 3, 3), (b"incr", 1, 1), (b"incrby", 2, 2), (b"incrbyfloat", 2, 2), (b"decr", 1, 1),
    (b"decrby", 2, 2), (b"lcs", 2, None), (b"del", 1, None), (b"unlink", 1, None), (b"exists", 1, None),
    (b"type", 1, 1), (b"keys", 1, 1), (b"scan", 1, None), (b"randomkey", 0, 0), (b"rename", 2, 2),
    (b"renamenx", 2, 2), (b"copy", 2, None), (b"move", 2, 2), (b"swapdb", 2, 2), (b"touch", 1, None),
    (b"dbsize", 0, 0), (b"flushdb", 0, None), (b"flushall", 0, None), (b"expire", 2, None),
    (b"pexpire", 2, None), (b"expireat", 2, None), (b"pexpireat", 2, None), (b"ttl", 1, 1), (b"pttl", 1, 1),
    (b"expiretime", 1, 1), (b"pexpiretime", 1, 1), (b"persist", 1, 1), (b"object", 1, None),
    (b"multi", 0, 0), (b"exec", 0, 0), (b"discard", 0, 0), (b"watch", 1, None), (b"unwatch", 0, 0),
    (b"ping", 0, None), (b"echo", 1, 1), (b"hello", 0, None), (b"auth", 1, None), (b"select", 1, 1),
    (b"time", 0, 0), (b"role", 0, 0), (b"lastsave", 0, 0), (b"wait", 2, 2), (b"readonly", 0, 0),
    (b"readwrite", 0, 0), (b"asking", 0, 0), (b"reset", 0, 0), (b"client", 1, None), (b"config", 1, None),
    (b"debug", 1, None), (b"cluster", 1, None), (b"save", 0, 0), (b"bgsave", 0, None)]

BROKEN = [b"*1\r\n:5\r\n", b"*x\r\n", b"*1\r\n$x\r\n", b"*1\r\n$-5\r\n", b"*2147483648\r\n", b"*1\r\n$536870913\r\n",
          b"*3\r\n$3\r\nSET\r\n+x\r\n", b"*1\r\n$99999999999999999999\r\n", b"GET \"k\r\n",
          b"SET 'a b\r\n", b"GET \"a\"b\r\n", b"x" * 65540, b"*" + b"1" * 65540]
INLINE = [b"PING\r\n", b"PING\n", b"SET k1 v\r\n", b"  GET   k1  \r\n", b"ECHO \"a b\"\r\n", b"ECHO 'it\\'s'\r\n",
          b"ECHO \"\\x41\\n\\t\\\"\"\r\n", b"nosuch a b\r\n", b"GET\r\n", b"ECHO \"\"\r\n"]
SILENT = [b"\r\n", b"*0\r\n", b"*-1\r\n", b"   \r\n"]


def wrong_arity(pool):
    name, least, most = pool.one_of(*ARITIES)
    counts = list(range(0, least)) + ([most + 1, most + 3] if most is not None else [])
    if not counts:
        return step(b"PING", b"a", b"b")
    return step(pool.case(name), *[b"a"] * pool.one_of(*counts))


def unknown(pool):
    name = pool.one_of(b"nosuch", b"", b"x" * 200, b"get ", b"\x00\x01", b"line\r\nbreak", b"OBJECT|ENCODING")
    if pool.chance(0.5):
        container = pool.one_of(b"OBJECT", b"CLIENT", b"CONFIG", b"COMMAND", b"CLUSTER", b"DEBUG")
        return step(container, pool.one_of(b"nosuch", b"", b"y" * 150), *pool.one_of([], [b"a"], [b"a", b"b"]))
    words = pool.one_of([], [b"a"], [b"a", b"b", b"c"], [b"v" * 200], [b"a" * 60, b"b" * 60, b"c" * 60], [b""])
    return step(name, *words)


def command(pool):
    if pool.chance(0.03):
        return Step(raw=pool.one_of(*BROKEN), ends_segment=True)
    if pool.chance(0.1):
        return Step(raw=pool.one_of(*INLINE))
    if pool.chance(0.03):
        return [Step(raw=pool.one_of(*SILENT), replies=0), step(b"PING")]
    return pool.one_of(lambda: wrong_arity(pool), lambda: wrong_arity(pool), lambda: unknown(pool),
                       lambda: step(b"SET", pool.key(), pool.value()), lambda: step(b"GET", pool.key()))()
