"""What is about the connection itself: HELLO, AUTH, CLIENT, SELECT, PING, ECHO, RESET, QUIT."""

from compat.pools import step


def hello(pool):
    words = [b"HELLO"]
    if pool.chance(0.85):
        words.append(pool.one_of(b"2", b"3", b"2", b"3", b"4", b"1", b"x", b"0"))
    if pool.chance(0.2):
        words += [b"AUTH", b"default", pool.one_of(b"secret", b"")]
    if pool.chance(0.3):
        words += [b"SETNAME", pool.one_of(b"me", b"with blank", b"")]
    if pool.chance(0.04):
        words.append(b"junk")
    # version and mode are alike; the id is each server's own
    return step(*words, rule="hello")


def client(pool):
    return pool.one_of(
        lambda: step(b"CLIENT", b"ID", rule="same_kind"),
        lambda: step(b"CLIENT", b"GETNAME"),
        lambda: step(b"CLIENT", b"SETNAME", pool.one_of(b"a", b"name", b"", b"bad name", b"new\nline")),
        lambda: step(b"CLIENT", b"NO-EVICT", pool.one_of(b"ON", b"off", b"x")),
        lambda: step(b"CLIENT", b"KILL", b"ID", pool.one_of(b"99999999", b"x", b"0", b"-1")),
        lambda: step(b"CLIENT", b"KILL", b"127.0.0.1:1"),
        lambda: step(b"CLIENT", b"KILL", b"TYPE", pool.one_of(b"replica", b"slave", b"pubsub", b"junk")),
        lambda: step(b"CLIENT", b"KILL", b"USER", b"nobody"),
        lambda: step(b"CLIENT", b"KILL"),
        lambda: step(b"CLIENT", b"PAUSE", pool.one_of(b"0", b"x", b"-1", b"1.5"), *pool.one_of([], [b"WRITE"], [b"ALL"], [b"y"])),
        lambda: step(b"CLIENT", b"UNPAUSE"),
        lambda: step(b"CLIENT", b"REPLY", b"junk"),
        lambda: step(b"CLIENT", b"LIST", b"TYPE", pool.one_of(b"junk", b"")),
        lambda: step(b"CLIENT", b"LIST", b"ID", pool.one_of(b"x", b"99999999")),
        lambda: step(b"CLIENT", b"NOSUCH"),
        lambda: step(b"CLIENT"),
        lambda: step(b"CLIENT", b"HELP", rule="simple_lines"),
        lambda: step(b"CLIENT", b"INFO", rule="same_kind"),
        lambda: step(b"CLIENT", b"GETNAME"))()


def silenced(pool):
    """CLIENT REPLY takes replies away; the next command that answers proves the order."""
    glue = pool.random.randrange(1, 1 << 30)
    if pool.chance(0.5):
        return [step(b"CLIENT", b"REPLY", b"SKIP", replies=0, glue=glue), step(b"PING", replies=0, glue=glue),
                step(b"ECHO", b"on")]
    return [step(b"CLIENT", b"REPLY", b"OFF", replies=0, glue=glue),
            step(b"SET", b"k1", b"v", replies=0, glue=glue), step(b"NOSUCH", replies=0, glue=glue),
            step(b"CLIENT", b"REPLY", b"ON", glue=glue), step(b"GET", b"k1")]


def command(pool):
    if pool.chance(0.01):
        return step(b"QUIT", ends_segment=True)
    return pool.one_of(
        lambda: hello(pool), lambda: hello(pool),
        lambda: client(pool), lambda: client(pool), lambda: client(pool), lambda: client(pool),
        lambda: silenced(pool),
        lambda: step(b"PING", *pool.one_of([], [pool.value()], [b"a", b"b"])),
        lambda: step(b"ECHO", *pool.one_of([pool.value()], [pool.value()], [], [b"a", b"b"])),
        lambda: step(b"SELECT", pool.one_of(b"0", b"1", b"15", b"16", b"-1", b"x")),
        lambda: step(b"AUTH", *pool.one_of([b"pw"], [b"default", b"pw"], [b"nobody", b"pw"], [], [b"a", b"b", b"c"])),
        lambda: step(b"RESET"),
        lambda: step(b"SET", pool.key(), pool.value()),
        lambda: step(b"GET", pool.key()),
        lambda: step(b"MGET", *pool.keys()),
        lambda: step(b"DBSIZE"))()
