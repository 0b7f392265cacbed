"""FUNCTION, FCALL: libraries and their first lines, what they register and find while they are loaded, dumps that cross.

Not asked, since Redis 7.0.15 dies of them or does not end: register_function of a table without a name or callback, two
functions of a library whose names differ in case alone. What a library keeps between two calls is gone here."""

from compat.pools import step
from compat.step import Step
from families import scripts

# Of each library, and one that all may have: of two that another library has, which one Redis names first is chance.
FUNCTIONS_OF = {"lib1": ["f1", "f2"], "lib2": ["F3", "f4"], "Lib3": ["g_1", "G9"]}
SHARED = "Shared"
LIBRARIES = list(FUNCTIONS_OF)
FUNCTIONS = sum(FUNCTIONS_OF.values(), [SHARED])
FLAGS = ["'no-writes'", "'allow-oom'", "'allow-stale'", "'no-cluster'", "'allow-cross-slot-keys'"]
HEADS = ["", "#!lua", "#!lua\n", "#!lua name=\n", "#!js name=x\n", "#!lua name=x y=1\n", "#!lua name=x name=y\n", "#!lua nam\n", "#! \n",
         "#!lua name=\"x y\"\n", "#!lua name=x-y\n", "#!lua name=\"x\n", "#!lua 'name=x'z\n", "#!jsx name=!\n", "return 1", "#!\nname=x",
         "#!lua name=x\0y\n", "#! lua name=x\n", "#!lua\tname=lib1 \n", "#!LUA Name='lib2'\n", "#!\"lua\" NAME=\"\\x41b\"\r\n"]


def prelude(_pool):
    return [step(b"FUNCTION", b"FLUSH")]


def code(pool):
    """The body of a function of keys and args."""
    text = scripts.script(pool)
    while not scripts.safe(text) or text.startswith(b"#!"):
        text = scripts.script(pool)
    return text.decode().replace("KEYS", "keys").replace("ARGV", "args")


def flags(pool):
    some = [flag for flag in FLAGS if pool.chance(0.25)]
    if pool.chance(0.3):
        some.append("'no-writes'")
    return "{" + ",".join(some + ([pool.one_of("'nope'", "1", "{}", "nil", "x='no-writes'")] if pool.chance(0.06) else [])) + "}"


def odd_name(pool):
    return pool.one_of("1", "1.5", "'a b'", "''", "{}", "nil", "'%s'" % ("n" * 300))


def registration(pool, name):
    function = pool.one_of("1", "nil", "'x'") if pool.chance(0.03) else f"function(keys,args) {code(pool)} end"
    if pool.chance(0.4):
        more = "" if pool.chance(0.97) else pool.one_of(",3", ",nil")
        return f"redis.register_function({name},{function}{more}) "
    fields = [f"{pool.one_of('function_name', 'Function_Name')}={name}" if pool.chance(0.1) else f"function_name={name}",
              f"callback={function}", f"flags={flags(pool)}" if pool.chance(0.97) else f"flags={pool.one_of('1', 'true')}"]
    if pool.chance(0.3):
        fields.append("description=" + pool.one_of("'what it does'", "''", "1.5", "'x\\0y'", "{}" if pool.chance(0.2) else "'d'"))
    if name == "nil" or function == "nil":
        fields = [f"function_name='{SHARED}'", "callback=function() end"]
    if pool.chance(0.04):
        fields.append(pool.one_of("x=1", "[1]=2", "[true]=1"))
    return "redis.register_function{" + ",".join(fields) + "} "


def loading(pool):
    """What stands beside registrations."""
    return pool.one_of(
        "local x = 1 ", "local t = {} for i = 1, 5 do t[i] = i end ", "redis.log(redis.LOG_DEBUG,'x') ", "local s = ('ab'):rep(3) ",
        "local v = redis.REDIS_VERSION ", "local function helper(x) return x end ",
        *(["redis.call('ping') ", "x = 1 ", "error('x') ", "local y = nosuch ", "redis.log(1) ", "redis.log('a','b') ", "local z = nil + 1 ",
           "redis.x = 1 ", "return ", "local p = pcall ", "local k = KEYS ", "redis.setresp(3) ", "local q = redis.nosuch ", "redis.log(7,'b') ",
           "local r = redis[{}] ", "local m = math.random() ", ")", "redis.register_function() ", "redis.register_function('a') ",
           "redis.register_function(nil) "] if pool.chance(0.25) else ["", ""]))


def library(pool):
    names, text = set(), ""
    lib = pool.one_of(*LIBRARIES)
    head = pool.one_of(*HEADS) if pool.chance(0.08) else f"#!lua name={lib}\n"
    is_odd = lib not in head
    wanted = [SHARED] if is_odd else [pool.one_of(*FUNCTIONS_OF[lib]) for _ in range(pool.random.randrange(1, 4))]
    if pool.chance(0.2):
        wanted[-1] = SHARED
    odd = pool.random.randrange(len(wanted)) if SHARED not in wanted and pool.chance(0.08) else None  # others may have it too
    for at, one in enumerate(wanted):
        name = odd_name(pool) if at == odd else f"'{one}'"
        if name.lower() not in names:  # but for the same case
            text += (loading(pool) if pool.chance(0.3) else "") + registration(pool, name)
        elif pool.chance(0.5) and name in names:
            text += registration(pool, name)
        names |= {name.lower(), name}
    return (head + text).encode("latin-1")


def call(pool):
    name = pool.case(pool.one_of(*FUNCTIONS).encode()) if pool.chance(0.97) else pool.one_of(b"", b"nope", b"f1 ")
    words = (b"1", pool.key(), pool.value()) if pool.chance(0.93) else \
        pool.one_of((b"0",), (b"-1",), (b"9", b"a"), (b"x", b"y"), (b"2", b"a", b"b"), (b"1.5", b"b"))
    return step(pool.one_of(b"FCALL", b"FCALL", b"FCALL_RO"), name, *words)


def look(pool):
    return pool.one_of(
        lambda: step(b"FUNCTION", b"STATS"),
        lambda: step(b"FUNCTION", b"LIST", *pool.one_of([], [b"WITHCODE"], [b"LIBRARYNAME", b"lib*"], [b"withcode", b"libraryname", b"LIB1"],
                                                        [b"LIBRARYNAME"], [b"x"], [b"WITHCODE", b"WITHCODE"], [b"libraryname", b"[", b"x"]),
                     rule="unordered"),
        lambda: step(b"COMMAND", b"GETKEYS", pool.one_of(b"FCALL", b"fcall_ro", b"EVAL", b"EVALSHA"), b"f", pool.one_of(b"0", b"1", b"2", b"3", b"x"),
                     b"a", b"b"),
        lambda: step(b"FUNCTION", b"KILL"), lambda: step(b"FUNCTION", pool.one_of(b"STATS", b"KILL", b"DUMP", b"nope"), b"x"))()


def change(pool):
    return pool.one_of(
        lambda: step(b"FUNCTION", b"DELETE", pool.one_of(*LIBRARIES, "nope", "LIB1").encode()),
        lambda: step(b"FUNCTION", b"FLUSH", *pool.one_of([], [b"SYNC"], [b"async"], [b"nope"], [b"SYNC", b"x"])) if pool.chance(0.3) else look(pool),
        lambda: step(b"FUNCTION", b"RESTORE", pool.one_of(b"", b"x", b"\x0a\x00\x5d\x9b\x5c\x40\x0f\x7f\xa2\xda"), *policy(pool)),
        lambda: Step((pool.one_of(b"FLUSH", b"REPLACE", b"APPEND"),), crossing="swap_functions"),
        lambda: step(b"FUNCTION", b"LOAD", *pool.one_of([], [b"REPLACE"], [b"x", b"y"], [b"x", b"REPLACE", b"y"])))()


def policy(pool):
    return pool.one_of([], [b"FLUSH"], [b"append"], [b"REPLACE"], [b"nope"], [b"FLUSH", b"more"])


def command(pool):
    return pool.one_of(
        lambda: step(b"FUNCTION", b"LOAD", b"REPLACE", library(pool)), lambda: step(b"FUNCTION", b"LOAD", b"REPLACE", library(pool)),
        lambda: step(b"FUNCTION", b"LOAD", *pool.one_of([], [b"replace", b"REPLACE"]), library(pool)),
        lambda: call(pool), lambda: call(pool), lambda: call(pool), lambda: call(pool), lambda: call(pool), lambda: call(pool),
        lambda: [step(b"MULTI"), call(pool), call(pool), step(b"EXEC")], lambda: look(pool), lambda: change(pool),
        lambda: step(b"SET", pool.key(), pool.value()), lambda: step(b"DEL", pool.key()))()
