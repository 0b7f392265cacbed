"""The server about itself: COMMAND, CONFIG, OBJECT, DEBUG, WAIT, LASTSAVE, TIME, ROLE, INFO."""

from compat.pools import step
from families import errors

DIRECTIVES = [b"maxmemory", b"maxmemory-policy", b"hash-max-listpack-entries", b"hash-max-ziplist-entries",
              b"list-max-listpack-size", b"set-max-intset-entries", b"zset-max-listpack-value", b"timeout",
              b"tcp-keepalive", b"databases", b"lfu-log-factor", b"slowlog-max-len", b"lua-time-limit",
              b"proto-max-bulk-len", b"nosuch", b"active-expire-effort", b"maxclients", b"hz"]
SETTABLE = [(b"maxmemory", b"0"), (b"maxmemory", b"100mb"), (b"maxmemory", b"x"), (b"timeout", b"0"),
            (b"timeout", b"-1"), (b"hash-max-listpack-entries", b"128"), (b"hash-max-listpack-entries", b"x"),
            (b"maxmemory-policy", b"noeviction"), (b"maxmemory-policy", b"junk"), (b"nosuch", b"1"),
            (b"slowlog-max-len", b"128"), (b"lfu-log-factor", b"10"), (b"databases", b"32")]
GETKEYS = [b"GET k", b"SET k v", b"MSET a 1 b 2", b"MGET a b c", b"DEL a b", b"RENAME a b", b"COPY a b",
           b"COPY a b DB 1", b"LCS a b IDX", b"PING", b"NOSUCH a", b"GET", b"EXISTS a b a", b"GETEX k EX 1",
           b"SET k v GET", b"OBJECT ENCODING k", b"SWAPDB 0 1", b"WATCH a b", b"SCAN 0", b"MOVE k 1"]


def getkeys(pool):
    name = pool.one_of(b"GETKEYS", b"GETKEYSANDFLAGS")
    return step(b"COMMAND", name, *pool.one_of(*GETKEYS).split())


def info_of_command(pool):
    # Containers whose subcommands are not all there yet stand aside; the order of flags is not promised.
    names = [name for name, _, _ in errors.ARITIES if name not in (b"client", b"config", b"cluster")]
    return step(b"COMMAND", b"INFO", pool.one_of(*names, b"nosuch"), rule="unordered")


def command(pool):
    if pool.chance(0.03):
        return [step(b"SELECT", b"0"), step(b"SET", b"seen", b"x"), step(b"OBJECT", b"REFCOUNT", b"seen")]
    return pool.one_of(
        lambda: getkeys(pool), lambda: getkeys(pool), lambda: info_of_command(pool),
        lambda: info_of_command(pool),
        lambda: step(b"CONFIG", b"GET", pool.one_of(*DIRECTIVES)),
        lambda: step(b"CONFIG", b"GET", pool.one_of(*DIRECTIVES), pool.one_of(*DIRECTIVES), rule="pairs"),
        lambda: step(b"CONFIG", b"SET", *pool.one_of(*SETTABLE)),
        lambda: step(b"CONFIG", *pool.one_of([b"SET"], [b"SET", b"a"], [b"GET"], [b"NOSUCH"], [], [b"RESETSTAT"],
                                             [b"SET", b"timeout", b"0", b"timeout", b"0"])),
        lambda: step(b"CONFIG", b"HELP", rule="simple_lines"),
        lambda: step(b"COMMAND", b"HELP", rule="simple_lines"),
        lambda: step(b"COMMAND", b"LIST", b"FILTERBY", b"MODULE", b"x"),
        lambda: step(b"COMMAND", *pool.one_of([b"LIST", b"junk"], [b"NOSUCH"], [b"COUNT", b"x"], [b"GETKEYS"],
                                              [b"LIST", b"FILTERBY", b"junk", b"x"])),
        lambda: step(b"TIME", rule="shape"),
        lambda: step(b"LASTSAVE", rule="same_kind"),
        lambda: step(b"ROLE", rule="shape"),
        lambda: step(b"WAIT", pool.one_of(b"0", b"x", b"-1"), pool.one_of(b"1", b"x", b"-1")),
        lambda: step(b"DEBUG", *pool.one_of([b"SLEEP", b"0"], [b"NOSUCH"], [b"DIGEST", b"x"])),
        lambda: step(b"DEBUG", b"DIGEST", rule="hex_digests"),
        lambda: step(b"DEBUG", b"DIGEST-VALUE", pool.key(), rule="hex_digests"),
        lambda: step(b"DEBUG", b"SET-ACTIVE-EXPIRE", pool.one_of(b"0", b"1")),
        lambda: step(b"INFO", pool.one_of(b"server", b"clients", b"nosuch"), rule="same_kind"),
        lambda: step(b"INFO", b"keyspace", rule="same_kind"),
        lambda: step(b"SHUTDOWN", b"junk"),
        lambda: step(b"SHUTDOWN", b"ABORT"),
        lambda: step(b"READONLY"), lambda: step(b"READWRITE"), lambda: step(b"ASKING"),
        lambda: step(b"CLUSTER", pool.one_of(b"NODES", b"SLOTS", b"KEYSLOT", b"MYID")),
        lambda: step(b"SET", pool.key(), pool.value()),
        lambda: step(b"GET", pool.key()))()
