"""What is compared with what, and the ratio to reach (issue "Fast"). A row is measured at each of its pipelines."""

from dataclasses import dataclass, field


@dataclass
class Row:
    name: str
    ours: str
    theirs: str
    what: str
    pipelines: tuple = (1, 16)
    targets: tuple = ()          # ratio of throughput to reach, per pipeline
    mix: str = 'set'
    options: tuple = ()          # of the load generator, for both
    wait_every: int = 0          # for Redis: WAIT 1 behind so many commands
    is_default: bool = True
    groups: tuple = field(default=())


AGAINST_SET = (0.8, 0.6)
AGAINST_GET = (0.6, 0.7)

ROWS = [
    Row('3-set', 'three', 'redis-always', '3 nodes, SET, against one Redis with appendfsync always', targets=AGAINST_SET),
    Row('3-set-wait', 'three', 'redis-replicas', '3 nodes, SET, against Redis with 2 replicas and WAIT 1 after each',
        targets=(2, 5), wait_every=1),
    Row('3-set-wait16', 'three', 'redis-replicas', 'the same, one WAIT 1 after every 16', (16,), (1,), wait_every=16),
    Row('3-get', 'three', 'redis-memory', '3 nodes, GET, against Redis GET', targets=AGAINST_GET, mix='get'),
    Row('1-set', 'one', 'redis-always', '1 node, SET, against Redis with appendfsync always', targets=(1, 1)),
    Row('1-set-everysec', 'one-everysec', 'redis-everysec', '1 node, everysec, SET, against Redis everysec', targets=(1, 1)),
    Row('1-get', 'one', 'redis-memory', '1 node, GET, against Redis GET', targets=(1, 1), mix='get'),
    Row('1-evalsha', 'one', 'redis-always', '1 node, EVALSHA that gets and sets a key, against appendfsync always', (16,), (0.7,),
        mix='evalsha'),
    Row('1-eval-ro', 'one', 'redis-always', '1 node, EVAL_RO of a read, against appendfsync always', (16,), (0.7,), mix='eval_ro'),
    Row('floor', 'floor', 'redis-memory', 'a server that only parses and answers +OK, against Redis SET', is_default=False),
    Row('3-get-lease', 'three-lease', 'redis-memory', '3 nodes, lease reads, GET, against Redis GET', targets=(1, 1), mix='get',
        is_default=False),
]

for _name, _what, _mix, _options in (
        ('c200', '200 connections', 'set', ('--connections', '200')),
        ('16b', 'values of 16 bytes', 'set', ('--value-bytes', '16')),
        ('1k', 'values of 1 KB', 'set', ('--value-bytes', '1024')),
        ('64k', 'values of 64 KB', 'set', ('--value-bytes', '65536', '--keys', '2000')),
        ('incr', 'INCR', 'incr', ()), ('lpush', 'LPUSH', 'lpush', ()), ('hset', 'HSET', 'hset', ()),
        ('zadd', 'ZADD', 'zadd', ()), ('sadd', 'SADD', 'sadd', ())):
    _pipelines = (1,) if _name == '64k' else (1, 16)
    ROWS.append(Row(f'3-{_name}', 'three', 'redis-always', f'3 nodes, {_what}, against appendfsync always', _pipelines,
                    AGAINST_SET, _mix, _options, is_default=False, groups=('more',)))
    ROWS.append(Row(f'1-{_name}', 'one', 'redis-always', f'1 node, {_what}, against appendfsync always', _pipelines,
                    (1, 1), _mix, _options, is_default=False, groups=('more',)))
ROWS += [
    Row('3-mixed', 'three', 'redis-always', '3 nodes, 10 % SET among GET, against appendfsync always', targets=AGAINST_GET,
        mix='get:9,set:1', is_default=False, groups=('more',)),
    Row('1-mixed', 'one', 'redis-always', '1 node, 10 % SET among GET, against appendfsync always', targets=(1, 1),
        mix='get:9,set:1', is_default=False, groups=('more',)),
    Row('3-get-c200', 'three', 'redis-memory', '3 nodes, GET, 200 connections', targets=AGAINST_GET, mix='get',
        options=('--connections', '200'), is_default=False, groups=('more',)),
]


@dataclass
class TailRow:
    """Latencies at the same offered load, half of the slower system's peak."""
    name: str
    ours: str
    theirs: str
    what: str
    mix: str
    factor: float                # our percentile may be theirs times this ...
    extra_us: float              # ... plus this


TAIL_ROWS = [
    TailRow('tail-1-set', 'one', 'redis-always', '1 node, SET at equal load', 'set', 1.0, 0),
    TailRow('tail-3-set', 'three', 'redis-always', '3 nodes, SET at equal load', 'set', 1.5, 1000),
    TailRow('tail-1-get', 'one', 'redis-memory', '1 node, GET at equal load', 'get', 1.0, 0),
    TailRow('tail-3-get', 'three', 'redis-memory', '3 nodes, GET at equal load', 'get', 1.5, 1000),
]


@dataclass
class DoorRow:
    """What a request costs all three nodes together (CPU), and how long it takes a client that is alone, through a follower's
    plain door and through the leader's."""
    name: str
    what: str
    mix: str
    cpu: float                   # the ratio that is not to be exceeded
    ours: str = 'door-of-follower'
    theirs: str = 'door-of-leader'


DOOR_ROWS = [
    DoorRow('door-get', 'GET by a follower\'s plain door, against the leader\'s', 'get', 1.6),
    DoorRow('door-set', 'SET by a follower\'s plain door, against the leader\'s', 'set', 1.3),
]


def chosen_doors(names):
    """Those that "doors", "all" or their names ask for, and the names that are left."""
    found = [row for row in DOOR_ROWS if row.name in names or {'all', 'doors'} & set(names)]
    return found, [name for name in names if name != 'doors' and name not in {row.name for row in DOOR_ROWS}]


def chosen(names):
    """Rows for the words on the command line: names, groups, "all", "tails"; none: the default table."""
    if not names:
        return [row for row in ROWS if row.is_default], []
    rows = [row for row in ROWS if row.name in names or 'all' in names or set(row.groups) & set(names)]
    tails = [row for row in TAIL_ROWS if row.name in names or {'all', 'tails'} & set(names)]
    known = {row.name for row in ROWS + TAIL_ROWS} | {'all', 'tails', 'more'}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f'bench: no such row: {" ".join(unknown)}\nrows: {" ".join(sorted(known))}')
    return rows, tails
