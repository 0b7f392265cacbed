"""Replies of RESP2 and RESP3 as values that keep their wire type.

A reply is a pair (kind, value): kind is the type byte; value is bytes for lines, numbers and bulks, a tuple of
replies for aggregates (a map's keys and values flat, in order), None for the nulls of RESP2. Nothing is converted,
so two replies are equal exactly when their bytes are.
"""

import re

LINES = (b"+", b"-", b":", b"_", b"#", b",", b"(")
BULKS = (b"$", b"=", b"!")
AGGREGATES = (b"*", b"%", b"~", b">", b"|")

CLOSED = (b"closed", b"")
INTEGERS = re.compile(rb"(?::-?[0-9]+\r\n){64,}")  # the registers of a HyperLogLog are 16,384: read as a whole


class Incomplete(Exception):
    """The buffer ends inside a reply, of which at least `missing` bytes are to come."""

    def __init__(self, missing=1):
        super().__init__()
        self.missing = missing


class ProtocolError(Exception):
    """The bytes are no reply."""


def encode(argv):
    """A command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(argv)]
    for arg in argv:
        parts.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(parts)


def parse(data, at):
    """The reply that starts at `at`, and the position behind it."""
    end = data.find(b"\r\n", at)
    if end < 0:
        raise Incomplete
    kind, line, behind = data[at:at + 1], data[at + 1:end], end + 2
    if kind in LINES:
        return (kind, line), behind
    if kind in BULKS:
        return _bulk(kind, _length(line), data, behind)
    if kind in AGGREGATES:
        return _aggregate(kind, _length(line), data, behind)
    raise ProtocolError("no reply starts with %r" % data[at:at + 20])


def _length(line):
    try:
        return int(line)
    except ValueError:
        raise ProtocolError("a length of %r" % line[:20]) from None


def _bulk(kind, length, data, at):
    if length < 0:
        return (kind, None), at
    stop = at + length
    if len(data) < stop + 2:
        raise Incomplete(stop + 2 - len(data))
    if data[stop:stop + 2] != b"\r\n":
        raise ProtocolError("a bulk of %d bytes does not end in CRLF" % length)
    return (kind, data[at:stop]), stop + 2


def _aggregate(kind, length, data, at):
    if length < 0:
        return (kind, None), at
    items, count = [], length * 2 if kind in (b"%", b"|") else length
    if count >= 64 and (run := INTEGERS.match(data, at)):
        items = [(b":", line[1:]) for line in run[0].split(b"\r\n", count)[:count] if line]
        at += sum(len(number) + 3 for _, number in items)
    while len(items) < count:
        item, at = parse(data, at)
        items.append(item)
    return (kind, tuple(items)), at


def is_error(reply):
    return reply[0] in (b"-", b"!")


def is_null(reply):
    return reply[0] == b"_" or reply[1] is None


def show(reply, indent=""):
    """For people: one line per leaf, long values cut."""
    kind, value = reply
    if kind in AGGREGATES and value is not None:
        lines = ["%s%s%d" % (indent, kind.decode(), len(value))]
        lines += [show(item, indent + "  ") for item in value[:60]]
        if len(value) > 60:
            lines.append("%s  ... %d more" % (indent, len(value) - 60))
        return "\n".join(lines)
    text = "null" if value is None else brief(value, 400)
    return "%s%s %s" % (indent, kind.decode(), text)


def brief(value, width=60):
    """Bytes as a Python literal without the b, cut in the middle of long ones."""
    text = repr(value)[1:]
    if len(text) <= width:
        return text
    return "%s...%s (%d bytes)" % (text[:width // 2], text[-width // 4:], len(value))
