"""EVAL, EVALSHA, SCRIPT: Lua from a small grammar, its libraries, its errors, its conversions."""

import hashlib

from compat.pools import step

TEXTS = ["''", "'a'", "'abc'", "'12'", "'-1.5'", "'a b c'", "'x\\0y'", "'%'", "'[a]'", "'KEY'", "('ab'):rep(40)"]
NUMBERS = ["0", "1", "-1", "2", "3.7", "-2.5", "1e15", "1e20", "255", "65536", "0.1", "2147483648", "-2147483649"]
PATTERNS = ["'a'", "'.'", "'%a+'", "'%d*'", "'(a)(b)'", "'()b'", "'[a-c]+'", "'[^a]'", "'^a'", "'c$'", "'%s'", "'a-b'", "'%bab'",
            "'%f[%w]%a+'", "'(.)%1'", "'a?b'", "'['", "'%'", "'(a'", "'[%a_]*'", "'[]]'", "'[^]]'", "'[a-]'", "''", "'%w*$'"]
TABLES = ["{}", "{1,2,3}", "{'a','b'}", "{a=1}", "{1,nil,3}", "{{1},{2}}", "{x={y={}}}", "{5,4,'3'}", "{[1]=1,[2]=2,[4]=4}", "{[0]=1}",
          "{ok='fine'}", "{err='BAD thing'}", "{double=3.25}", "{map={a=1}}", "{set={a=true}}", "{big_number='12345678901234567890'}",
          "{verbatim_string={string='s',format='txt'}}", "{true,false}", "{1.5,'1.5'}"]


def text(pool):
    return pool.one_of(*TEXTS)


def number(pool):
    return pool.one_of(*NUMBERS)


def value(pool):
    return pool.one_of(text, number, lambda p: p.one_of(*TABLES), lambda p: p.one_of("nil", "true", "false"))(pool)


def string_call(pool):
    t, n = text, number
    return pool.one_of(
        lambda: f"string.find({t(pool)},{pool.one_of(*PATTERNS)},{pool.one_of('1', '2', '-1', '100')})",
        lambda: f"string.find({t(pool)},{t(pool)},1,true)",
        lambda: f"string.match({t(pool)},{pool.one_of(*PATTERNS)})",
        lambda: f"string.gsub({t(pool)},{pool.one_of(*PATTERNS)},{pool.one_of(t(pool), repr('<%0>'), repr('%1'), '{a=1}', 'string.upper')})",
        lambda: f"string.sub({t(pool)},{n(pool)},{n(pool)})", lambda: f"string.rep({t(pool)},{pool.one_of('0', '3', '-1')})",
        lambda: f"string.format({pool.one_of(*map(repr, ['%d', '%5.2f', '%s', '%q', '%x', '%c', '%i', '%g', '%%', '%y', '%5s|']))},{value(pool)})",
        lambda: f"string.byte({t(pool)},{pool.one_of('1', '-1', '9')})", lambda: f"string.upper({t(pool)})",
        lambda: f"string.reverse({t(pool)})", lambda: f"#{t(pool)}", lambda: f"({t(pool)}):len()",
        lambda: f"tonumber({value(pool)})", lambda: f"tonumber({t(pool)},{pool.one_of('2', '16', '99')})")()


def table_call(pool):
    table = pool.one_of(*TABLES)
    return pool.one_of(
        lambda: f"table.concat({table},{text(pool)})", lambda: f"#({table})", lambda: f"table.remove({table})",
        lambda: f"(function() local t = {table} table.sort(t) return t end)()",
        lambda: f"(function() local t = {table} table.insert(t,{value(pool)}) return t end)()",
        lambda: f"unpack({table})", lambda: f"select('#',unpack({table}))", lambda: f"table.maxn({table})", lambda: f"next({table})",
        lambda: f"rawget({table},1)", lambda: f"type({value(pool)})", lambda: f"rawequal({value(pool)},{value(pool)})")()


def library_call(pool):
    v = value
    return pool.one_of(
        lambda: f"cjson.encode({v(pool)})",
        lambda: "cjson.decode(" + pool.one_of(*map(repr, [
            '{"a":1}', "[1,2,3]", "[]", "{}", '"x"', "null", "tru", "[1,", '{"a"}', "1e5", "0x10", "nan", '"\\\\u00e9"', "[[[]]]", "[1] x"])) + ")",
        lambda: f"cmsgpack.pack({v(pool)},{v(pool)})", lambda: f"cmsgpack.unpack(cmsgpack.pack({v(pool)}))",
        lambda: "cmsgpack.unpack(" + pool.one_of("'\\147\\1\\2'", "'\\192'", "'\\193'", "''", "'\\129\\161a\\1'") + ")",
        lambda: f"struct.pack({pool.one_of(*map(repr, ['i', '>I2', '<l', 'bB', 'hH', 'd', '>f', 's', 'c0', 'c3', 'x', '!4bi', 'z', 'i33']))},"
                f"{pool.one_of(number, text)(pool)},{number(pool)})",
        lambda: f"struct.unpack({pool.one_of(*map(repr, ['i', '>I2', 'b', 's', 'c2', 'c0', 'Bc0', 'd', '>h']))},'\\3abcdefgh')",
        lambda: f"struct.size({pool.one_of(*map(repr, ['i', 'bi', '!8bd', 's', 'c0', 'c5']))})",
        lambda: f"bit.{pool.one_of('band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror')}({number(pool)},{number(pool)})",
        lambda: f"bit.{pool.one_of('tobit', 'bnot', 'bswap', 'tohex')}({number(pool)})", lambda: f"bit.tohex({number(pool)},{number(pool)})",
        lambda: f"math.{pool.one_of('floor', 'ceil', 'abs', 'sqrt', 'max', 'fmod')}({number(pool)},{number(pool)})",
        lambda: f"redis.sha1hex({v(pool)})")()


def command_call(pool):
    call = pool.one_of("redis.call", "redis.pcall")
    words = pool.one_of(
        "'set',KEYS[1],ARGV[1]", "'get',KEYS[1]", "'incr',KEYS[1]", "'lpush',KEYS[1],1,2", "'lrange',KEYS[1],0,-1", "'hset',KEYS[1],'f',1",
        "'hgetall',KEYS[1]", "'sadd',KEYS[1],'m'", "'zadd',KEYS[1],1.5,'m'", "'zrange',KEYS[1],0,-1,'withscores'", "'zscore',KEYS[1],'m'",
        "'del',KEYS[1]", "'exists',KEYS[1]", "'type',KEYS[1]", "'nosuch'", "'get'", "'multi'", "'blpop','x',0", "'ping'", "'echo',0.1",
        "'select',1", "'select',99", "'set',KEYS[1],{}", "'mget',KEYS[1],'none'", "'lpop','none'", "'expire',KEYS[1],1000", "'append',KEYS[1],1",
        "'getrange',KEYS[1],0,2", "'strlen',KEYS[1]", "'eval','return 1',0", "'xread','block',0,'streams','s','0'", "'object','encoding',KEYS[1]")
    return f"{call}({words})"


def expression(pool):
    return pool.one_of(string_call, table_call, library_call, command_call, command_call, value)(pool)


def statement(pool):
    return pool.one_of(
        lambda: f"local a = {expression(pool)} ", lambda: f"{command_call(pool)} ",
        lambda: f"for i = 1, 3 do redis.call('rpush','l',i) end ", lambda: "redis.setresp(3) ", lambda: f"error({value(pool)}) " if pool.chance(0.2) else "",
        lambda: pool.one_of("x = 1 ", "string.x = 1 ", "local y = nosuch ", "setmetatable(_G,{}) ") if pool.chance(0.2) else "")()


def script(pool):
    body = "".join(statement(pool) for _ in range(pool.random.randrange(3)))
    tail = pool.one_of(
        lambda: f"return {expression(pool)}", lambda: f"return {{{expression(pool)}}}", lambda: f"return {{pcall(function() return {expression(pool)} end)}}",
        lambda: f"return tostring({pool.one_of(number, text)(pool)})", lambda: f"return redis.{pool.one_of('error_reply', 'status_reply')}({value(pool)})",
        lambda: "return coroutine.wrap(function() return redis.call('ping') end)()", lambda: expression(pool))()
    first = pool.one_of("", "", "", "", "#!lua\n", "#!lua flags=no-writes\n", "#!lua flags=allow-oom,nope\n", "#!lua name=x\n", "#!js\n")
    return (first + body + tail).encode()


def safe(source):
    """Redis dies of error(table without err); addresses in texts are each server's own."""
    return b"error({" not in source and b"string.upper" not in source


def command(pool):
    source = script(pool)
    while not safe(source):
        source = script(pool)
    sha = hashlib.sha1(source).hexdigest().encode()
    words = (b"1", pool.key(), pool.value())
    return pool.one_of(
        lambda: step(b"EVAL", source, *words), lambda: step(b"EVAL", source, *words), lambda: step(b"EVAL_RO", source, *words),
        lambda: [step(b"EVAL", source, *words), step(pool.one_of(b"EVALSHA", b"EVALSHA_RO"), pool.case(sha), *words)],
        lambda: [step(b"SCRIPT", b"LOAD", source), step(b"SCRIPT", b"EXISTS", sha, b"none"), step(b"EVALSHA", sha, *words)],
        lambda: step(b"EVALSHA", b"0" * 40, *words), lambda: step(b"EVAL", source, pool.one_of(b"0", b"-1", b"9", b"x")),
        lambda: [step(b"MULTI"), step(b"EVAL", source, *words), step(b"EXEC")],
        lambda: step(b"SCRIPT", b"FLUSH", *pool.one_of([], [b"SYNC"], [b"async"], [b"nope"])),
        lambda: step(b"SET", pool.key(), pool.value()), lambda: step(b"DEL", pool.key()))()
