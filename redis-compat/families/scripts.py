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


ROUND = ["2147483647", "2147483648", "4294967295", "4294967296", "-32768", "-32769", "-2147483649", "9007199254740992", "-9007199254740993",
         "1e300", "-0.5", "127", "128", "-32", "-33", "1/0", "-1/0", "3.14159", "2^63", "-2^63", "16777217", "0.1"]
JSON = ['{"a":{"b":[1,2.5,-3e2]}}', '["\\\\u00e9\\\\ud83d\\\\ude00"]', '[1,2', '{"a":}', '[01]', '-', '"\\\\ud800"', '[true,false,null]', ' [ ] ',
        '{"1":1,"2":2}', '"a\\\\/b\\\\n"', '[1e400]', '[-0]', '"\\\\x"', '[12345678901234567890]', '[0.1]', '{"a":1,"a":2}', "[[1],[2,[3]]]", '[1,]', 'nul']


def edge_call(pool):
    """The libraries at their edges. What cjson is told is told a copy: Redis's would keep it for later scripts."""
    n = pool.one_of(*ROUND)
    size = pool.one_of(*map(str, (0, 15, 16, 31, 32, 255, 256, 65535, 65536)))
    return pool.one_of(
        lambda: f"cmsgpack.pack({n})", lambda: f"cmsgpack.unpack(cmsgpack.pack({n},{pool.one_of(*ROUND)}))",
        lambda: f"#cmsgpack.pack(('x'):rep({size}))",
        lambda: f"(function() local t = {{}} for i = 1, {size} % 300 do t[i] = i end local p = cmsgpack.pack(t) return {{#p, #cmsgpack.unpack(p)}} end)()",
        lambda: f"(function() local t = 1 for i = 1, {pool.one_of('3', '15', '16', '17', '40')} do t = {{t}} end return cmsgpack.pack(t) end)()",
        lambda: f"cmsgpack.{pool.one_of('unpack_one', 'unpack_limit')}(cmsgpack.pack(1,'b',{n}),{pool.one_of('0', '1', '2', '-1', '9')}"
                f"{pool.one_of('', ',1', ',99', ',-1')})",
        lambda: "cmsgpack.unpack('" + "".join("\\%03d" % pool.random.randrange(256) for _ in range(pool.random.randrange(1, 7))) + "')"
                if pool.chance(0.7) else "cmsgpack.unpack()",
        lambda: f"struct.pack('{pool.one_of('>i8', '<I8', '>h', 'b', 'B', '>i3', 'I7', '>l', 'f', 'd', '!2i', '>!8d', 'T', 'L', 'H')}',{n})",
        lambda: f"struct.unpack('{pool.one_of('>i8', '<I8', '>h', 'b', 'B', '>i3', 'I7', 'f', 'd', 's', 'c3', 'c0', 'bc0', 'xxb', '<i2>i2')}',"
                f"'\\255\\1\\128xyz\\0\\127ab',{pool.one_of('1', '2', '8', '0', '-1', '20')})",
        lambda: f"struct.size('{pool.one_of('i', 'bi', '!8bd', '!4bl', 'i17', 'c99', 'z', 'bxd', '>i2<i4', '!3i', '')}')",
        lambda: f"bit.{pool.one_of('band', 'bor', 'bxor')}({n},{pool.one_of(*ROUND)},{pool.one_of('255', '-1')})",
        lambda: f"bit.{pool.one_of('lshift', 'rshift', 'arshift', 'rol', 'ror')}({n},{pool.one_of('0', '31', '32', '33', '-1')})",
        lambda: f"bit.{pool.one_of('tobit', 'bnot', 'bswap', 'tohex', 'band', 'lshift')}({pool.one_of(n, n, '', repr('x'), repr('0x10'), 'nil')})",
        lambda: f"bit.tohex({n},{pool.one_of('1', '8', '9', '-4', '0', '-8')})",
        lambda: f"cjson.encode({{{n},{pool.one_of('0.1', '-1', '1e15', '1e16', '123456789.123')}}})",
        lambda: f"cjson.encode(cjson.decode({repr(pool.one_of(*JSON))}))", lambda: f"cjson.decode({repr(pool.one_of(*JSON))})",
        lambda: f"cjson.encode({pool.one_of('{[1]=1,[20]=2}', '{[1]=1,[3]=2}', '{[1.5]=1}', '{[true]=1}', '{{}}', '{cjson.null,1}', 'cjson.null')})",
        lambda: f"(function() local t = {{}} for i = 1, {pool.one_of('3', '9', '40')} do t[string.rep('k', {pool.one_of('4', '20', '70')})"
                f" .. i .. string.rep('z', {pool.one_of('0', '17', '300')})] = i end return cjson.encode(t) end)()",
        lambda: f"cjson.encode('a\\0b\\31\\127\\200/\\\\\"')",
        lambda: f"(function() local c = cjson.new() c.{pool.one_of('encode_max_depth', 'decode_max_depth', 'encode_number_precision')}"
                f"({pool.one_of('1', '2', '3', '14', '0', '17', repr('x'))}) return {{c.encode({{{{1/3}}}}), cjson.encode(c.decode('[[[1]]]'))}} end)()",
        lambda: f"(function() local c = cjson.new() c.encode_sparse_array({pool.one_of('true', 'false', 'true,2', 'false,2,3', 'false,0')}) "
                f"return c.encode({{[1]=1,[5]=2,[{pool.one_of('9', '30')}]=3}}) end)()",
        lambda: f"(function() local c = cjson.new() c.{pool.one_of('encode_invalid_numbers', 'decode_invalid_numbers')}({pool.one_of('true', 'false')}) "
                f"return {{pcall(c.encode,1/0), pcall(c.decode,'[nan,0x1F,Infinity]')}} end)()")()


def error_call(pool):
    """Errors that are made, thrown, caught and returned."""
    table = pool.one_of("{err='MY thing'}", "{err='one'}", "{err=''}", "{err='X y',source='s',line=3}", "{err='X y',ok='z'}", "{err='a\\r\\nb'}",
                        "redis.error_reply('A b')", "redis.error_reply('one')", "redis.error_reply('-A b')", "redis.error_reply('')")
    return pool.one_of(
        lambda: f"error({table})", lambda: table, lambda: f"{{pcall(error,{table})}}", lambda: f"(select(2,pcall(error,{table}))).err",
        lambda: f"cjson.encode({{pcall(redis.call,{pool.one_of(repr('get'), repr('nosuch'), repr('incr') + ',KEYS[1]', repr('lpush') + ',KEYS[1],1')})}})",
        lambda: "redis.pcall('incr',KEYS[1])", lambda: f"xpcall(function() error({table}) end, function(e) return type(e)=='table' and e.err or e end)",
        lambda: f"redis.status_reply({pool.one_of(repr('x'), repr(''), repr('a b'), '1', '{}', 'nil')})",
        lambda: f"error({pool.one_of(repr('x'), '1', 'nil', 'true', repr('x') + ',0', repr('x') + ',2')})", lambda: f"assert({pool.one_of('false', 'nil', 'nil,1')})",
        lambda: f"assert(false,{table})")()


def version3_call(pool):
    """A reply of RESP3 as Lua sees it, and back."""
    words = pool.one_of(
        "'hgetall','h3'", "'smembers','s3'", "'zscore','z3','m'", "'zrange','z3',0,-1,'withscores'", "'zincrby','z3',0,'m'", "'zmscore','z3','m','n'",
        "'hrandfield','h3',-2,'withvalues'", "'zrandmember','z3',-2,'withscores'", "'zpopmin','none'", "'get','none'", "'lrange','none',0,-1", "'sinter','s3','none'",
        "'zmpop',1,'none','min'", "'lmpop',1,'none','left'", "'geopos','z3','m'", "'xread','streams','x3','0'", "'hello'", "'exists','h3'", "'set','h4','v'",
        "'incrbyfloat','f3','0'", "'lcs','h4','h4','idx'", "'set','h4','v','get'", "'command','count','x'", "'zadd','z3','incr','0','m'")
    made = "redis.call('hset','h3','f',1) redis.call('sadd','s3','m') redis.call('zadd','z3',1.5,'m') "
    show = pool.one_of("r", "cjson.encode(r)", "type(r)", "{r}", "{pcall(cjson.encode,r)}", "{a=1,r}", "r and 1")
    back = pool.one_of("", "", "redis.setresp(2) ")
    return f"(function() {made}redis.setresp(3) local r = redis.pcall({words}) {back}return {show} end)()"


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
    return pool.one_of(string_call, table_call, library_call, edge_call, error_call, version3_call, command_call, command_call, value)(pool)


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
    first = pool.one_of("", "", "", "", "", "", "#!lua\n", "#!lua flags=no-writes,allow-oom\n", "#!lua flags=\n", "#!lua  flags=no-cluster\n", "#!lua",
                        "#!lua flags=no-writes flags=allow-stale\n", "#!LUA\n", "#! lua\n", "#!lua flags=allow-cross-slot-keys,allow-stale\n", "#!lua flags=no-writes\n", "#!lua flags=allow-oom,nope\n", "#!lua name=x\n", "#!js\n")
    return (first + body + tail).encode()


# Tables without err, of those that grammars make.
UNSAFE = [table.encode() for table in TABLES if not table.startswith("{err")]


def safe(source):
    """Redis dies of error(table without err); addresses in texts are each server's own."""
    return b"string.upper" not in source and not any(b"error(" + table in source for table in UNSAFE)


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
