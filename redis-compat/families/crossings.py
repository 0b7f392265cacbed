"""Values of every type and encoding, made anew, many at a time: both servers dump them, the payloads hold the same, each
restores the other's and dumps it again. As dump.py, but pipelined: what counts is how many values cross."""

from compat.step import Step
from families import dump

VALUES = 50
COMMANDS_PER_STEP = VALUES * 6  # DEL, one to make it, DUMP, RESTORE, DUMP; now and then a few more
prelude = dump.prelude


def made(pool, key):
    steps = []
    while not steps or pool.chance(0.3):
        one = pool.random.choice(dump.MAKERS)(pool, key)
        steps += one if isinstance(one, list) else [one]
    return [(b"DEL", key), *(step.argv for step in steps)]


def command(pool):
    keys = [b"v%d" % number for number in range(VALUES)]
    words = [argv for key in keys for argv in made(pool, key)]
    if pool.chance(0.3):
        name, values = pool.random.choice(dump.LIMITS)
        words.insert(0, (b"CONFIG", b"SET", name, pool.random.choice(values)))
    return Step((tuple(words), tuple(keys)), crossing="swap_many")
