"""What tools and test suites ask for: MEMORY, SLOWLOG, LATENCY, FUNCTION and SCRIPT on nothing, LOLWUT, DEBUG's looks at
values. Figures are each server's own; errors and the shape of replies are compared."""

from compat.pools import step

WRONG = [b"x", b"-1", b"-2", b"1.5", b"", b"9223372036854775808"]

NO_FUNCTIONS = b"\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda"  # as FUNCTION DUMP says it


def memory(pool):
    return pool.one_of(
        lambda: step(b"MEMORY", b"USAGE", pool.key(), rule="same_kind"),
        lambda: step(b"MEMORY", b"USAGE", pool.key(), pool.case(pool.one_of(b"SAMPLES", b"SAMPLES", b"nope")),
                     pool.one_of(b"0", b"5", *WRONG), rule="same_kind"),
        lambda: step(b"MEMORY", b"USAGE", pool.key(), b"SAMPLES"),
        lambda: step(b"MEMORY", b"DOCTOR", rule="same_kind"),
        lambda: step(b"MEMORY", b"STATS", rule="same_kind"),
        lambda: step(b"MEMORY", pool.one_of(b"DOCTOR", b"STATS", b"nope", b"USAGE"), *([b"x"] if pool.chance(0.5) else []),
                     rule="same_kind"),
        lambda: step(b"MEMORY", b"PURGE"), lambda: step(b"MEMORY", b"HELP", rule="simple_lines"))()


def slowlog(pool):
    return pool.one_of(
        lambda: step(b"SLOWLOG", b"LEN"), lambda: step(b"SLOWLOG", b"RESET"),
        lambda: step(b"SLOWLOG", b"GET", *([pool.one_of(b"0", b"-1", b"5", *WRONG)] if pool.chance(0.7) else [])),
        lambda: step(b"SLOWLOG", pool.one_of(b"GET", b"LEN", b"RESET", b"nope"), b"1", b"2"),
        lambda: step(b"SLOWLOG"), lambda: step(b"SLOWLOG", b"HELP", rule="simple_lines"))()


def latency(pool):
    return pool.one_of(
        lambda: step(b"LATENCY", b"LATEST"), lambda: step(b"LATENCY", b"HISTORY", b"none"),
        lambda: step(b"LATENCY", b"GRAPH", b"none"), lambda: step(b"LATENCY", b"RESET", *pool.keys(0, 2)),
        lambda: step(b"LATENCY", b"DOCTOR", rule="same_kind"), lambda: step(b"LATENCY", b"HISTOGRAM", b"none"),
        lambda: step(b"LATENCY", pool.one_of(b"HISTORY", b"LATEST", b"GRAPH", b"nope"), *([b"a", b"b"] if pool.chance(0.5) else [])),
        lambda: step(b"LATENCY"), lambda: step(b"LATENCY", b"HELP", rule="simple_lines"))()


def scripting(pool):
    mode = pool.one_of(b"SYNC", b"async", b"nope")
    return pool.one_of(
        lambda: step(b"FUNCTION", b"LIST", *pool.one_of([], [b"WITHCODE"], [b"LIBRARYNAME"], [b"libraryname", b"*"], [b"nope"],
                                                        [b"LIBRARYNAME", b"a", b"WITHCODE", b"x"])),
        lambda: step(b"FUNCTION", b"STATS"), lambda: step(b"FUNCTION", b"DUMP"),
        lambda: step(b"FUNCTION", b"RESTORE", pool.one_of(NO_FUNCTIONS, NO_FUNCTIONS, NO_FUNCTIONS[:-1], b"", b"x" + NO_FUNCTIONS),
                     *pool.one_of([], [b"FLUSH"], [b"append"], [b"REPLACE"], [b"nope"], [b"FLUSH", b"more"])),
        lambda: step(b"FUNCTION", b"FLUSH", *([mode] if pool.chance(0.5) else [])),
        lambda: step(b"FUNCTION", pool.one_of(b"STATS", b"DUMP", b"FLUSH", b"nope"), b"sync", b"y"),
        lambda: step(b"FUNCTION", b"HELP", rule="simple_lines"), lambda: step(b"SCRIPT", b"HELP", rule="simple_lines"),
        lambda: step(b"SCRIPT", b"EXISTS", *pool.keys(0, 3)),
        lambda: step(b"SCRIPT", b"FLUSH", *([mode] if pool.chance(0.5) else [])),
        lambda: step(b"SCRIPT", pool.one_of(b"FLUSH", b"nope"), b"sync", b"y"))()


def debug(pool):
    return pool.one_of(
        lambda: step(b"DEBUG", b"OBJECT", pool.key(), rule="same_kind"),
        lambda: step(b"DEBUG", b"HTSTATS", pool.one_of(b"0", b"1", b"x", b"-1", b"99"), rule="same_kind"),
        lambda: step(b"DEBUG", pool.one_of(b"OBJECT", b"HTSTATS", b"HTSTATS-KEY", b"LISTPACK", b"QUICKLIST-PACKED-THRESHOLD")),
        lambda: step(b"DEBUG", b"HTSTATS-KEY", pool.key(), rule="same_kind"),
        lambda: step(b"DEBUG", b"QUICKLIST-PACKED-THRESHOLD", pool.one_of(b"0", b"100b", b"1gb", b"5gb", b"x")))()


def lolwut(pool):
    return step(b"LOLWUT", *pool.one_of([], [b"VERSION", b"5"], [b"version", b"x"], [b"VERSION"], [b"nope"],
                                        [b"VERSION", b"5", b"4", b"x"], [b"VERSION", b"5", b"8"]), rule="same_kind")


def settings(pool):
    name = pool.one_of(b"slowlog-max-len", b"latency-monitor-threshold", b"latency-tracking-info-percentiles",
                       b"hash-max-listpack-entries", b"hash-max-ziplist-value", b"list-max-ziplist-size", b"set-max-intset-entries",
                       b"zset-max-ziplist-entries", b"stream-node-max-bytes", b"hll-sparse-max-bytes", b"list-compress-depth")
    # Nothing may be slow enough to be noted by chance: milliseconds.
    value = pool.one_of(*WRONG, b"100000000", b"200000000") if b"threshold" in name else \
        pool.one_of(*WRONG, b"99", b"0", b"100", b"1kb", b"7 8", b"101")
    return [step(b"CONFIG", b"SET", name, value), step(b"CONFIG", b"GET", name)]


def values(pool):
    key = pool.key()
    return pool.one_of(
        lambda: step(b"SET", key, pool.value()), lambda: step(b"DEL", key), lambda: step(b"RPUSH", key, b"a", b"b"),
        lambda: step(b"HSET", key, b"f", pool.one_of(b"v", b"v" * 100)), lambda: step(b"SADD", key, b"1", pool.one_of(b"2", b"x")),
        lambda: step(b"ZADD", key, b"1", pool.one_of(b"m", b"m" * 100)))()


def command(pool):
    return pool.one_of(memory, slowlog, latency, scripting, debug, lolwut, settings, values, values)(pool)
