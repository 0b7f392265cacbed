"""Every data command with arguments made from its own grammar (arguments.json), against keys of every type: too few, too
many, wrong types, numbers at the edges and beyond."""

import json
import os

from compat.pools import step

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = ("string", "list", "set", "hash", "sorted-set", "stream", "bitmap", "hyperloglog", "generic")
# By chance, by time, or with a family of their own.
LEFT_OUT = {"spop", "sort", "sort_ro", "scan", "wait", "migrate", "dump", "restore", "randomkey", "keys"}
LOOSE = {"object|refcount", "object|idletime", "expiretime", "pexpiretime", "ttl", "pttl", "xinfo|stream", "xinfo|consumers",
         "xpending", "xinfo|groups", "hscan", "sscan", "zscan", "hrandfield", "srandmember", "zrandmember"}
HELP = "help"
TIMED = {"set", "setex", "psetex", "getex", "expire", "pexpire", "xclaim", "xautoclaim", "xpending"}  # by a span from now

with open(os.path.join(HERE, "..", "arguments.json"), encoding="ascii") as _file:
    _ALL = [json.loads(line) for line in _file]
COMMANDS = [one for one in _ALL if one["group"] in GROUPS and one["name"] not in LEFT_OUT
            and not {"admin", "blocking"} & set(one["flags"]) and not one["name"].endswith(HELP)]

KEYS = [b"text", b"number", b"list", b"set", b"zset", b"hash", b"stream", b"none"]
NUMBERS = [b"0", b"1", b"2", b"3", b"-1", b"-3", b"100", b"9223372036854775807", b"-9223372036854775808",
           b"9223372036854775808", b"18446744073709551616", b"x", b"", b"1.5", b" 1", b"+1", b"01", b"1e3"]
# None of these makes a string of hundreds of megabytes.
OFFSETS = [b"0", b"1", b"7", b"100", b"#3", b"-1", b"4294967296", b"9223372036854775807", b"-9223372036854775808",
           b"99999999999999999999", b"x", b"", b"1.5"]
MOMENTS = [b"0", b"-1", b"100000", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"x", b"",
           b"9223372036854775", b"1.5", b"99999999999999"]
NO_TIMES = [b"0", b"-1", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"x", b"", b"1.5"]
FLOATS = [b"0", b"-0", b"1.5", b"-3", b"inf", b"-inf", b"+inf", b"nan", b"1e308", b"-1e308", b"1e400", b"x", b"", b" 1",
          b"(1", b"0x10"]
WORDS = [b"a", b"b", b"c", b"", b"7", b"x" * 70, b"-", b"+", b"[a", b"(b", b"*", b"0-0"]
IDS = [b"1-1", b"2-2", b"9-9", b"0", b"0-0", b"5", b"x", b"1-x", b"18446744073709551615-18446744073709551615",
       b"18446744073709551616-0", b"-", b"+", b"(1-1", b"", b"7-*"]


def set_up():
    return [step(b"FLUSHALL"), step(b"SET", b"text", b"some text"), step(b"SET", b"number", b"10"),
            step(b"RPUSH", b"list", b"a", b"b", b"c"), step(b"SADD", b"set", b"a", b"b", b"c"),
            step(b"ZADD", b"zset", b"1", b"a", b"2", b"b", b"3", b"c"), step(b"HSET", b"hash", b"a", b"1", b"b", b"x"),
            step(b"XADD", b"stream", b"1-1", b"a", b"1"), step(b"XADD", b"stream", b"2-2", b"b", b"2"),
            step(b"XGROUP", b"CREATE", b"stream", b"a", b"0")]


def time_from_now(pool, in_seconds):
    """Drawn once, and a day or more from all others in either unit: GT and LT must not depend on the moment."""
    number = pool.unique() % 997 + 1
    far = (10 ** 8 * number, 10 ** 14 + 10 ** 9 * number, 9223372036854775 - 10 ** 9 * number)
    return pool.one_of(*NO_TIMES, *(b"%d" % time for time in far), *([b"9223372036854775"] if in_seconds else []))


def leaf(pool, argument):
    name, kind = argument["name"], argument["type"]
    if kind == "key":
        return pool.one_of(*KEYS)
    if kind == "unix-time":
        return pool.one_of(*MOMENTS)
    if "seconds" in name or "idle" in name or name in ("ms", "milliseconds"):
        return time_from_now(pool, name == "seconds")
    if name == "offset":
        return pool.one_of(*OFFSETS)
    if kind == "double" or name in ("min", "max", "score", "increment"):
        return pool.one_of(*FLOATS, *NUMBERS[:6])
    if "id" in name.split("-") or name in ("start", "end", "threshold", "lastid") and kind == "string":
        return pool.one_of(*IDS)
    if kind == "integer":
        return pool.one_of(*NUMBERS[:6]) if pool.chance(0.6) else pool.one_of(*NUMBERS)
    return pool.one_of(*WORDS)


def words_of(pool, argument):
    flags = argument.get("flags", [])
    if "optional" in flags and pool.chance(0.6):
        return []
    words = []
    token = argument.get("token")
    for turn in range(1 + (pool.random.randint(0, 2) if "multiple" in flags else 0)):
        if token is not None and (turn == 0 or "multiple_token" in flags):
            # An id of the clock's would differ.
            words.append(b"8-*" if token == "*" else pool.case(token.encode()))
        if argument["type"] == "oneof":
            words += words_of(pool, pool.one_of(*argument["arguments"]))
        elif argument["type"] == "block":
            words += [word for inner in argument["arguments"] for word in words_of(pool, inner)]
        elif argument["type"] != "pure-token":
            words.append(leaf(pool, argument))
    return words


def distorted(pool, words, takes_time):
    """Too few, too many, or one replaced. A time never becomes a short one."""
    chance = pool.random.random()
    if chance < 0.10 and words:
        return words[:pool.random.randrange(len(words))]
    if chance < 0.18:
        return words + [pool.one_of(*WORDS, *NUMBERS) for _ in range(pool.random.randint(1, 2))]
    if chance < 0.26 and words:
        at = pool.random.randrange(len(words))
        other = pool.one_of(*WORDS, b"-1", b"x")
        return words[:at] + [b"-7" if takes_time and other == b"7" else other] + words[at + 1:]
    return words


def may_take_the_clock(name, words):
    """An id that the server's clock makes, or a pause that blocks."""
    return (name == "xadd" and b"*" in words) or any(word.lower() == b"block" for word in words)


def harmful(name, words):
    """What would make hundreds of megabytes, or asks for as many elements."""
    far = any(word.lstrip(b"#").isdigit() and 10_000_000 < int(word.lstrip(b"#")) < 1 << 62 for word in words)
    return far and name in ("setbit", "setrange", "bitfield")


def command(pool):
    if pool.chance(0.04):
        return set_up()
    about = pool.one_of(*COMMANDS)
    name = about["name"]
    words = distorted(pool, [word for one in about["arguments"] for word in words_of(pool, one)], name in TIMED)
    if may_take_the_clock(name, words) or harmful(name, [word for word in words if word != b"4294967296"]):
        return step(b"TYPE", pool.one_of(*KEYS))
    rule = "exact"
    if "nondeterministic_output_order" in about["tips"]:
        rule = "unordered"
    if name in LOOSE:
        rule = "same_kind"
    return step(*[part.encode() for part in name.split("|")], *words, rule=rule)
