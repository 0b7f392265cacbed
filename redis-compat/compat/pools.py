"""What commands are made of: few keys, so that they meet; values and numbers at the edges."""

from .step import Step

KEYS = [b"k1", b"k2", b"k3", b"k4", b"k5", b"k6", b"", b"\x00\xff bin", b"key with blanks"]
INTEGERS = [b"0", b"1", b"-1", b"2", b"10", b"100", b"-100", b"9223372036854775807",
            b"-9223372036854775808", b"9223372036854775806", b"-9223372036854775807",
            b"4294967296", b"2147483647", b"-2147483648", b"512", b"16383"]
NO_INTEGERS = [b"", b"x", b"1.5", b"+1", b" 1", b"1 ", b"01", b"-0", b"0x10", b"1e3", b"inf", b"nan",
               b"9223372036854775808", b"-9223372036854775809", b"99999999999999999999999"]
FLOATS = [b"0", b"-0", b"1.5", b"-1.5", b"0.1", b"3.0e3", b"1e308", b"-1e308", b"1e-10", b"5e-324",
          b"1e4932", b"inf", b"-inf", b"nan", b"0x1p3", b"1.", b".5", b"1e", b"", b" 1", b"1 ", b"abc",
          b"3.14159265358979323846", b"100000000000000000000", b"0.30000000000000004"]
VALUES = [b"", b"a", b"abc", b"hello world", b"\x00\x01\xfe\xff", b"x" * 44, b"x" * 45, b"y" * 1000,
          b"\r\n", b"0", b"7", b"-7", b"10.5", b"ohmytext", b"mynewtext"]
BIG = b"z" * 65536


class Pool:
    """Draws words for commands from one seeded source of chance."""

    def __init__(self, random):
        self.random, self.drawn = random, 0

    def chance(self, probability):
        return self.random.random() < probability

    def unique(self):
        """A number that this pool has not given before."""
        self.drawn += 1
        return self.drawn

    def one_of(self, *choices):
        return self.random.choice(choices)

    def key(self):
        return self.random.choice(KEYS[:6]) if self.chance(0.93) else self.random.choice(KEYS)

    def keys(self, least=1, most=4):
        return [self.key() for _ in range(self.random.randint(least, most))]

    def integer(self, wrong=0.08):
        if self.chance(wrong):
            return self.random.choice(NO_INTEGERS)
        if self.chance(0.5):
            return b"%d" % self.random.randint(-20, 200)
        return self.random.choice(INTEGERS)

    def small(self, least=-8, most=30, wrong=0.04):
        return self.integer(1) if self.chance(wrong) else b"%d" % self.random.randint(least, most)

    def number(self):
        if self.chance(0.3):
            return self.integer()
        if self.chance(0.4):
            return b"%.*g" % (self.random.randint(1, 17), self.random.uniform(-1000, 1000))
        return self.random.choice(FLOATS)

    def value(self):
        if self.chance(0.25):
            return self.integer(0.1)
        if self.chance(0.01):
            return BIG
        if self.chance(0.2):
            return bytes(self.random.choices(b"abcde", k=self.random.randint(1, 30)))
        return self.random.choice(VALUES)

    def case(self, word):
        """A word in a case of its own."""
        return self.random.choice((word, word, word.lower(), word.capitalize()))


def step(*words, **options):
    return Step(tuple(word if isinstance(word, bytes) else str(word).encode() for word in words), **options)
