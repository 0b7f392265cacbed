"""Users: random rules written back, then random commands under them, alone, in MULTI and in scripts, in RESP2 and RESP3.

Connection 0 is the administrator's, who may always do everything; the others log in as users that it makes and changes.
A user is removed only when nobody is logged in as that user but a connection of the scene's own, which has to end.
"""

import re

from compat.connection import Connection
from compat.pools import step
from compat.procedures import procedure
from compat.resp import AGGREGATES, CLOSED
from compat.rules import _leaves_but, rule, unordered

USERS = (b"ann", b"bob", b"cy")
CONNS = (1, 2, 3)
CATEGORIES = (b"keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin fast slow "
              b"blocking dangerous connection transaction scripting").split()
COMMANDS = (b"get set del mget mset incr append strlen getrange hset hget hgetall lpush lrange sadd smembers zadd zrange keys scan "
            b"exists type expire ttl rename copy config client select ping echo multi exec discard eval evalsha eval_ro sort sort_ro "
            b"xadd xread publish subscribe psubscribe object memory|usage config|get config|set client|id client|list acl acl|whoami "
            b"acl|list bitfield bitop pfcount info dbsize flushall watch unwatch time script|load script|exists debug psync "
            b"function|load").split()
SHA_OF_PW = b"30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4"
ONLY_HERE = set("client|capa client|maint_notifications client|no-touch client|reads client|setinfo hexpire hexpireat "
                "hexpiretime hpersist hpexpire hpexpireat hpexpiretime hpttl httl waitaof".split())
# What the oracle has and Quorate does not, or not yet: rules may name it, ACL CAT does not list it.
ONLY_THERE = set("acl client|caching client|getredir client|tracking client|trackinginfo failover fcall fcall_ro function|delete "
                 "function|kill function|load migrate module module|help module|list module|load module|loadex module|unload "
                 "psubscribe psync publish pubsub pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels "
                 "pubsub|shardnumsub punsubscribe replconf replicaof slaveof spublish ssubscribe subscribe sunsubscribe sync "
                 "unsubscribe".split())


def in_order(text):
    """Rights over commands in words. Redis names single commands in an order that changes with each start."""
    def sorted_rights(match):
        words = match[0].split()
        singles = sorted(word for word in words[1:] if word[1] != "@" and word[1:] not in ONLY_HERE)
        return " ".join([words[0], *(word for word in words[1:] if word[1] == "@"), *singles])
    return re.sub(r"[+-]@all( [+-][^ )]+)*", sorted_rights, text.decode("latin-1"))


def with_rights_in_order(reply):
    kind, value = reply
    if kind in AGGREGATES and value is not None:
        return kind, tuple(with_rights_in_order(item) for item in value)
    return (kind, in_order(value)) if kind == b"$" and value is not None and b"@all" in value else reply


@rule("acl_rights")
def acl_rights(oracle, target):
    """ACL LIST and GETUSER: the single commands of a user in any order."""
    return with_rights_in_order(oracle) == with_rights_in_order(target)


@rule("acl_log")
def acl_log(oracle, target):
    """All but the age, and what is said of the client."""
    names = (b"age-seconds", b"client-info")
    return _leaves_but(oracle, names) == _leaves_but(target, names)


@rule("acl_cat")
def acl_cat(oracle, target):
    """A category's commands in any order, as far as both servers have them."""
    names = [{item[1].decode() for item in reply[1]} for reply in (oracle, target)]
    return not (names[0] ^ names[1]) - ONLY_HERE - ONLY_THERE or unordered(oracle, target)


@rule("same_length")
def same_length(oracle, target):
    return oracle[0] == target[0] == b"$" and len(oracle[1]) == len(target[1])


@procedure("removed_user")
def removed_user(connection, argv):
    """A user's connection ends when the user is removed, behind the reply if it removed itself. What it was answered."""
    itself, = argv
    connection.call("ACL", "SETUSER", "gone", "reset", "on", ">pw", "+@all", "~*", "&*")
    other = Connection(connection.address)
    try:
        replies = [other.call("AUTH", "gone", "pw"), other.call("ACL", "WHOAMI")]
        if itself == b"yes":
            replies.append(other.call("ACL", "DELUSER", "gone"))
        else:
            replies.append(connection.call("ACL", "DELUSER", "gone"))
        ended = other.call("PING") == CLOSED
        return (b"*", tuple(replies) + ((b"+", b"ended" if ended else b"still there"),))
    finally:
        other.close()


def command_rule(pool):
    sign = pool.one_of(b"+", b"+", b"-")
    return sign + pool.one_of(
        lambda: b"@" + pool.case(pool.one_of(*CATEGORIES)), lambda: b"@" + pool.one_of(*CATEGORIES), lambda: pool.case(pool.one_of(*COMMANDS)),
        lambda: pool.one_of(*COMMANDS), lambda: pool.one_of(*COMMANDS), lambda: pool.one_of(b"select|0", b"select|1", b"get|k1", b"echo|A", b"echo|a"),
        lambda: b"@all" if pool.chance(0.3) else b"get")()


def key_rule(pool):
    return pool.one_of(b"~k*", b"~k1", b"~k2", b"%R~k1", b"%W~k1", b"%RW~k2", b"%r~k3", b"%R~*", b"%W~k*", b"~*", b"allkeys", b"resetkeys", b"~[k]2", b"~")


def channel_rule(pool):
    return pool.one_of(b"&a*", b"&ch", b"allchannels", b"resetchannels", b"&*", b"&")


def selector(pool):
    rules = [pool.one_of(command_rule, command_rule, key_rule, key_rule, channel_rule)(pool) for _ in range(pool.random.randrange(4))]
    if pool.chance(0.03):
        rules.append(pool.one_of(b"on", b"nosuch", b">x", b"+nosuch", b"(~a"))
    text = b" ".join(rules)
    return pool.one_of(lambda: [b"(" + text + b")"], lambda: [b"("] + rules + [b")"], lambda: [b"(" + b" ".join(rules[:1])] + rules[1:] + [b")"])()


def user_rule(pool):
    return pool.one_of(b"on", b"on", b"off", b"nopass", b">pw", b">other", b"<pw", b"#" + SHA_OF_PW, b"!" + SHA_OF_PW, b"resetpass", b"reset",
                       b"sanitize-payload", b"skip-sanitize-payload", b"clearselectors", b"NoPass", b"allcommands", b"nocommands", b"+@all", b"-@all")


def wrong_rule(pool):
    return pool.one_of(b"nosuch", b"+nosuch", b"-nosuch", b"+@nosuch", b"-@", b"+", b"-", b"+|", b"+get|", b"-get|x", b"+select|0|1", b"+config|nosuch",
                       b"+config|", b"+config|get|x", b"-config|nosuch", b"%~x", b"%", b"%X~x", b"%RR~k", b"~a b", b"&a b", b"#abc", b"!abc", b"<never",
                       b"(on)", b"(", b"(+get ~x", b")", b"((~a))", b"(~a)b", b"#" + SHA_OF_PW.upper(), b"+acl|setuser|x", b"%R")


def rules(pool):
    made = []
    for _ in range(pool.random.randint(1, 6)):
        one = pool.one_of(command_rule, command_rule, key_rule, channel_rule, user_rule, selector)(pool)
        made += one if isinstance(one, list) else [one]
    if pool.chance(0.12):
        made.insert(pool.random.randrange(len(made) + 1), wrong_rule(pool))
    return made


def useful_rules(pool):
    """Of a user who can log in and do something."""
    made = [b"on", b">pw", pool.one_of(b"+@all", b"+@all", b"+@read", b"+@write", b"nocommands"), pool.one_of(b"~k1", b"%R~k*", b"~*", b"%W~k1")]
    made += [b"+eval", b"+multi", b"+exec", b"+acl|whoami"] if pool.chance(0.6) else []
    for _ in range(pool.random.randrange(4)):
        one = pool.one_of(command_rule, key_rule, selector)(pool)
        made += one if isinstance(one, list) else [one]
    return made


def data_words(pool):
    key = pool.one_of(b"k1", b"k1", b"k2", b"k3", b"other")
    other = pool.one_of(b"k1", b"k2", b"k3", b"other")
    return pool.one_of(
        [b"GET", key], [b"SET", key, b"1"], [b"SET", key, b"1", b"GET"], [b"MGET", key, other], [b"MSET", key, b"1", other, b"2"], [b"DEL", key, other],
        [b"INCR", key], [b"APPEND", key, b"1"], [b"STRLEN", key], [b"EXISTS", key], [b"TTL", key], [b"TYPE", key], [b"COPY", key, other],
        [b"RENAME", key, other], [b"BITFIELD", key, b"GET", b"u8", b"0"], [b"BITFIELD", key, b"SET", b"u8", b"0", b"1"], [b"BITOP", b"AND", key, other],
        [b"LPUSH", key + b"l", b"x"], [b"LRANGE", b"k1l", b"0", b"-1"], [b"LMPOP", b"2", key + b"l", other + b"l", b"LEFT"], [b"LMPOP", b"9", key, b"LEFT"],
        [b"ZADD", key + b"z", b"1", b"m"], [b"ZUNIONSTORE", key + b"z", b"2", other + b"z", b"k1z"], [b"SUNION", key + b"s", other + b"s"],
        [b"PFCOUNT", key + b"p"], [b"PFADD", key + b"p", b"a"], [b"GETEX", key], [b"GETDEL", key], [b"EXPIRE", key, b"10000"],
        [b"SORT", key + b"l", b"ALPHA"], [b"SORT", key + b"l", b"BY", b"w_*"], [b"SORT", key + b"l", b"BY", b"nosort", b"GET", b"#"],
        [b"SORT", key + b"l", b"ALPHA", b"STORE", other + b"l"], [b"SORT_RO", key + b"l", b"GET", b"x_*"], [b"XREAD", b"STREAMS", key + b"x", other + b"x", b"0", b"0"],
        [b"XREAD", b"COUNT", b"1"], [b"XADD", key + b"x", b"1-*", b"f", b"v"], [b"OBJECT", b"ENCODING", key], [b"DBSIZE"], [b"PING"], [b"ECHO", b"a"],
        [b"ECHO", b"b"], [b"SELECT", b"0"], [b"CONFIG", b"GET", b"maxmemory"], [b"CONFIG", b"NOSUCH"], [b"CLIENT", b"GETNAME"], [b"ACL", b"WHOAMI"], [b"NOSUCH"],
        [b"GET"], [b"SCRIPT", b"EXISTS", b"x"], [b"GEORADIUS", key + b"g", b"0", b"0", b"1", b"m", b"STORE", other + b"g"], [b"WATCH", key], [b"UNWATCH"],
        [b"GETRANGE", key, b"0", b"1"], [b"HSET", key + b"h", b"f", b"1"], [b"HGETALL", key + b"h"], [b"EVAL", b"return 1", b"1", key],
        [b"EVAL", b"return 1", b"5", key], [b"EVAL_RO", b"return redis.call('get',KEYS[1])", b"1", key])


def lua_words(words):
    return b",".join(b"'" + word + b"'" for word in words)


def script(pool):
    words = lua_words(data_words(pool))
    source = pool.one_of(b"return redis.call(%s)", b"return redis.pcall(%s)", b"return redis.acl_check_cmd(%s)", b"return {redis.pcall(%s), 1}") % words
    return [pool.one_of(b"EVAL", b"EVAL", b"EVAL_RO"), source, b"0"]


def transaction(pool, conn):
    steps = [step(b"MULTI", conn=conn)]
    for _ in range(pool.random.randint(1, 4)):
        steps.append(step(*pool.one_of(data_words, data_words, script)(pool), conn=conn))
    if pool.chance(0.5):  # rights change between
        steps.append(step(b"ACL", b"SETUSER", pool.one_of(*USERS), *pool.one_of([b"resetkeys"], [b"nocommands", b"+exec"], [b"-get", b"-set"], [b"resetkeys", b"~k2"], [b"-@all", b"+@read"])))
    steps.append(step(b"EXEC", conn=conn))
    return steps


def log_in(pool, conn):
    name, password = pool.one_of(*USERS), pool.one_of(b"pw", b"pw", b"pw", b"wrong", b"")
    return pool.one_of(
        lambda: step(pool.case(b"AUTH"), name, password, conn=conn), lambda: step(b"AUTH", name, b"pw", conn=conn),
        lambda: step(b"HELLO", pool.one_of(b"2", b"3"), b"AUTH", name, b"pw", conn=conn, rule="hello"),
        lambda: step(b"AUTH", b"nobody", password, conn=conn), lambda: step(b"RESET", conn=conn), lambda: step(b"AUTH", b"default", b"x", conn=conn))()


def as_user(pool):
    conn = pool.one_of(*CONNS)
    made = [log_in(pool, conn)] if pool.chance(0.25) else []
    for _ in range(pool.random.randint(1, 4)):
        one = pool.one_of(
            lambda: step(*data_words(pool), conn=conn), lambda: step(*data_words(pool), conn=conn), lambda: step(*script(pool), conn=conn),
            lambda: transaction(pool, conn))()
        made += one if isinstance(one, list) else [one]
    return made


def administration(pool):
    name = pool.one_of(*USERS)
    return pool.one_of(
        lambda: [step(b"ACL", b"SETUSER", name, *useful_rules(pool)), step(b"ACL", b"GETUSER", name, rule="acl_rights")],
        lambda: [step(b"ACL", b"SETUSER", name, *rules(pool)), step(b"ACL", b"GETUSER", name, rule="acl_rights")],
        lambda: [step(b"ACL", b"SETUSER", b"scratch", *rules(pool)), step(b"ACL", b"GETUSER", b"scratch", rule="acl_rights"),
                 step(b"ACL", b"DRYRUN", b"scratch", *data_words(pool))],
        lambda: step(b"ACL", b"SETUSER", b"scratch", wrong_rule(pool)),
        lambda: step(b"ACL", b"DRYRUN", pool.one_of(*USERS, b"nobody"), *data_words(pool)),
        lambda: step(b"ACL", b"DRYRUN", name, *pool.one_of([b"nosuch"], [b"config", b"nosuch"], [b"config"], [b"auth", b"x"], [b"auth"])),
        lambda: step(b"ACL", b"LIST", rule="acl_rights"), lambda: step(b"ACL", b"USERS"),
        lambda: step(b"ACL", b"CAT", pool.case(pool.one_of(*CATEGORIES)), rule="acl_cat"),
        lambda: step(b"ACL", b"CAT", *pool.one_of([], [b"nosuch"], [b"@read"], [b"a", b"b"])),
        lambda: step(b"ACL", b"GENPASS", *pool.one_of([], [b"5"], [b"4096"], [b"1"]), rule="same_length"),
        lambda: step(b"ACL", b"GENPASS", *pool.one_of([b"0"], [b"4097"], [b"x"], [b"-1"], [b"5", b"5"])),
        lambda: step(b"ACL", b"LOG", *pool.one_of([], [b"3"], [b"0"], [b"100"]), rule="acl_log"),
        lambda: step(b"ACL", b"LOG", *pool.one_of([b"x"], [b"-1"], [b"RESET"], [b"a", b"b"]), rule="acl_log"),
        lambda: step(b"ACL", *pool.one_of([], [b"NOSUCH"], [b"WHOAMI"], [b"SAVE"], [b"LOAD"], [b"SETUSER"], [b"DELUSER"], [b"DELUSER", b"default"],
                                          [b"DELUSER", b"nobody", b"scratch"], [b"DELUSER", b"scratch", b"default"], [b"GETUSER", b"nobody"], [b"SETUSER", b"a b", b"on"])),
        lambda: step(b"ACL", b"HELP", rule="simple_lines"),
        lambda: step(pool.one_of(b"yes", b"no"), procedure="removed_user"),
        lambda: step(b"CLIENT", b"KILL", b"USER", b"nobody"),
        lambda: with_password(pool))()


def with_password(pool):
    """requirepass is the default user's password; what was connected before goes on."""
    glue = pool.random.randrange(1, 1 << 30)
    words = [[b"CONFIG", b"SET", b"requirepass", b"top"], [b"ACL", b"GETUSER", b"default"], [b"CONFIG", b"GET", b"requirepass"],
             [b"AUTH", pool.one_of(b"top", b"wrong")], [b"AUTH", b"default", b"top"], [b"ACL", b"SETUSER", b"default", b">more"],
             [b"ACL", b"GETUSER", b"default"], [b"CONFIG", b"SET", b"requirepass", b""], [b"ACL", b"GETUSER", b"default"], [b"AUTH", b"x"]]
    return [step(*one, rule="acl_rights", glue=glue) for one in words]


def prelude(pool):
    names = [b"ACL", b"DELUSER", *USERS, b"scratch", b"gone"]
    made = [step(*names, rule="same_kind"), step(b"ACL", b"LOG", b"RESET")]
    for name in USERS:
        made.append(step(b"ACL", b"SETUSER", name, *useful_rules(pool)))
    for conn, name in zip(CONNS, USERS):
        if pool.chance(0.5):
            made.append(step(b"HELLO", b"3", conn=conn, rule="hello"))
        made.append(step(b"AUTH", name, b"pw", conn=conn))
    return made


def command(pool):
    return pool.one_of(as_user, as_user, administration)(pool)
