"""What a script is made of: steps, in the order they are carried out."""

from dataclasses import dataclass, field
from typing import Optional

from . import resp


@dataclass(frozen=True)
class ClientId:
    """An argument that differs between the servers: the id of the suite's connection number `conn` there."""
    conn: int

    def __repr__(self):
        return "<client id of connection %d>" % self.conn


@dataclass
class Step:
    """One command on one connection, and how its replies are to be compared."""
    argv: tuple = ()
    rule: str = "exact"            # a name of compat/rules.py
    conn: int = 0
    raw: Optional[bytes] = None    # these bytes instead of argv
    replies: int = 1               # 0 after CLIENT REPLY OFF
    ends_segment: bool = False     # nothing may be pipelined behind it (QUIT, a protocol error)
    procedure: Optional[str] = None  # a name of compat/procedures.py, called with argv, instead of a command
    crossing: Optional[str] = None   # a name of compat/crossings.py, called with both servers' connections and argv
    glue: int = field(default=0)   # steps with the same number other than 0 stay together when shrunk

    def name(self):
        if self.procedure is not None or self.crossing is not None:
            return self.procedure or self.crossing
        first = self.argv[0] if self.argv else b""
        return first.decode("latin-1").upper() if isinstance(first, bytes) else ""

    def encode(self, client_ids):
        """Bytes for the server on which the connections have these ids."""
        if self.raw is not None:
            return self.raw
        return resp.encode([b"%d" % client_ids[arg.conn] if isinstance(arg, ClientId) else arg for arg in self.argv])

    def show(self):
        where = "[%d]" % self.conn
        if self.raw is not None:
            return "%s raw %s" % (where, resp.brief(self.raw))
        words = [_word(arg) if isinstance(arg, bytes) else repr(arg) for arg in self.argv]
        return "%s %s%s" % (where, "(%s) " % self.name() if self.procedure or self.crossing else "", " ".join(words))


def _word(arg):
    plain = arg and all(33 <= byte < 127 and byte not in b"'\"\\" for byte in arg)
    return arg.decode() if plain and len(arg) <= 60 else resp.brief(arg)


def command(text, **options):
    """A step from words without spaces."""
    return Step(tuple(text.encode().split()), **options)
