"""Payloads of DUMP: builders of every encoding that Redis up to 7.0 writes, old ones included, and a reader that says
what a payload holds, so that two can be compared although LZF compressed differently or a hash table has another order.

A value is text, a list of bytes, for a list or set; a list of pairs for a hash or sorted set; see the builders.
"""

import struct

VERSION = 10
STRING, LIST, SET, ZSET, HASH, ZSET_2 = 0, 1, 2, 3, 4, 5
HASH_ZIPMAP, LIST_ZIPLIST, SET_INTSET, ZSET_ZIPLIST, HASH_ZIPLIST, LIST_QUICKLIST = 9, 10, 11, 12, 13, 14
STREAM, HASH_LISTPACK, ZSET_LISTPACK, LIST_QUICKLIST_2, STREAM_2 = 15, 16, 17, 18, 19


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x95AC9329AC4BC9B5 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = _table()


def crc64(data):
    crc = 0
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc


def seal(body, version=VERSION):
    """With the footer."""
    body += struct.pack("<H", version)
    return body + struct.pack("<Q", crc64(body))


# ---- building ----

def length(number):
    if number < 64:
        return bytes([number])
    if number < 16384:
        return struct.pack(">H", 0x4000 | number)
    return b"\x80" + struct.pack(">I", number) if number < 2 ** 32 else b"\x81" + struct.pack(">Q", number)


def plain(data):
    return length(len(data)) + data


def compressed(data):
    """LZF of nothing but runs, which every reader must understand."""
    runs = b"".join(bytes([len(data[i:i + 32]) - 1]) + data[i:i + 32] for i in range(0, len(data), 32))
    return b"\xc3" + length(len(runs)) + length(len(data)) + runs


def integer(number):
    """8, 16 or 32 bits."""
    for kind, form in enumerate("bhi"):
        if -(1 << (8 << kind) - 1) <= number < 1 << (8 << kind) - 1:
            return bytes([0xC0 + kind]) + struct.pack("<" + form, number)
    return plain(b"%d" % number)


def as_integer(data):
    try:
        number = int(data)
    except ValueError:
        return None
    return number if b"%d" % number == data and -2 ** 63 <= number < 2 ** 63 else None


def ziplist(elements):
    entries, before, tail = b"", 0, 10
    for element in elements:
        tail = 10 + len(entries)
        entry = (bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)) + _ziplist_data(element)
        entries, before = entries + entry, len(entry)
    count = min(len(elements), 65535)
    return struct.pack("<IIH", 11 + len(entries), tail, count) + entries + b"\xff"


def _ziplist_data(element):
    number = as_integer(element)
    if number is None:
        size = len(element)
        head = bytes([size]) if size < 64 else struct.pack(">H", 0x4000 | size) if size < 16384 else b"\x80" + struct.pack(">I", size)
        return head + element
    if 0 <= number <= 12:
        return bytes([0xF1 + number])
    for encoding, size in ((0xFE, 1), (0xC0, 2), (0xF0, 3), (0xD0, 4), (0xE0, 8)):
        if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
            return bytes([encoding]) + number.to_bytes(size, "little", signed=True)
    raise AssertionError


def zipmap(pairs, unused=0):
    def text_length(data):
        return bytes([len(data)]) if len(data) < 254 else b"\xfe" + struct.pack("<I", len(data))
    body = b"".join(text_length(field) + field + text_length(value) + bytes([unused]) + value + b"\0" * unused
                    for field, value in pairs)
    return bytes([min(len(pairs), 254)]) + body + b"\xff"


def intset(numbers):
    numbers = sorted(set(numbers))
    size = next(size for size in (2, 4, 8) if all(-(1 << 8 * size - 1) <= n < 1 << 8 * size - 1 for n in numbers))
    return struct.pack("<II", size, len(numbers)) + b"".join(n.to_bytes(size, "little", signed=True) for n in numbers)


def listpack(elements):
    """Elements that are Python integers are kept as integers, whatever their size."""
    body = b""
    for element in elements:
        number = element if isinstance(element, int) else as_integer(element)
        data = _listpack_text(element) if number is None else _listpack_integer(number)
        body += data + _back_length(len(data))
    return struct.pack("<IH", len(body) + 7, min(len(elements), 65535)) + body + b"\xff"


def _listpack_text(data):
    size = len(data)
    head = bytes([0x80 | size]) if size < 64 else struct.pack(">H", 0xE000 | size) if size < 4096 else b"\xf0" + struct.pack("<I", size)
    return head + data


def _listpack_integer(number):
    if 0 <= number <= 127:
        return bytes([number])
    if -4096 <= number <= 4095:
        return struct.pack(">H", 0xC000 | number & 0x1FFF)
    for encoding, size in ((0xF1, 2), (0xF2, 3), (0xF3, 4), (0xF4, 8)):
        if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1:
            return bytes([encoding]) + number.to_bytes(size, "little", signed=True)
    raise AssertionError


def _back_length(size):
    count = 1 if size <= 127 else 2 if size < 16383 else 3 if size < 2097151 else 4
    groups = [size >> 7 * i & 127 for i in range(count)]
    return bytes([groups[-1]] + [group | 128 for group in groups[-2::-1]])


def stream_id(ms, seq):
    return struct.pack(">QQ", ms, seq)


def stream_node(ids, fields):
    """Entries of the same fields and values 0, 1, ...; the node's id is the first one's."""
    ms, seq = ids[0]
    elements = [len(ids), 0, len(fields), *fields, 0]
    for number, (entry_ms, entry_seq) in enumerate(ids):
        elements += [2, entry_ms - ms, entry_seq - seq, *[number] * len(fields), len(fields) + 3]
    return plain(stream_id(ms, seq)) + plain(listpack(elements))


# ---- reading ----

class Reader:
    def __init__(self, data):
        self.data_, self.at_ = data, 0

    def take(self, size):
        piece = self.data_[self.at_:self.at_ + size]
        if len(piece) != size:
            raise ValueError("too short")
        self.at_ += size
        return piece

    def length(self):
        first = self.take(1)[0]
        if first >> 6 == 0:
            return first
        if first >> 6 == 1:
            return (first & 63) << 8 | self.take(1)[0]
        if first in (0x80, 0x81):
            return int.from_bytes(self.take(4 if first == 0x80 else 8), "big")
        raise ValueError("no length begins with %d" % first)

    def string(self):
        first = self.data_[self.at_]
        if first < 0xC0:
            return self.take(self.length())
        self.at_ += 1
        if first < 0xC3:
            return b"%d" % int.from_bytes(self.take(1 << (first & 3)), "little", signed=True)
        size, whole = self.length(), self.length()
        made = decompress(self.take(size))
        if len(made) != whole:
            raise ValueError("LZF made %d bytes, not %d" % (len(made), whole))
        return made

    def many(self, read):
        return [read() for _ in range(self.length())]

    def id(self):
        return self.length(), self.length()


def decompress(data):
    out, at = bytearray(), 0
    while at < len(data):
        control, at = data[at], at + 1
        if control < 32:
            out += data[at:at + control + 1]
            at += control + 1
            continue
        size = control >> 5
        if size == 7:
            size, at = size + data[at], at + 1
        start = len(out) - ((control & 31) << 8 | data[at]) - 1
        at += 1
        for i in range(size + 2):
            out.append(out[start + i])
    return bytes(out)


def _group(reader):
    """Times are each server's own."""
    name, last_id, read = reader.string(), reader.id(), reader.length()
    pending = reader.many(lambda: (reader.take(16), reader.take(8) and 0, reader.length()))
    consumers = reader.many(lambda: (reader.string(), reader.take(8) and 0, reader.many(lambda: reader.take(16))))
    return name, last_id, read, pending, consumers


def elements_of(listpack):
    """Texts and integers, their encoding byte and data without the length behind."""
    at, found = 6, []
    while listpack[at] != 0xFF:
        first = listpack[at]
        sizes = {0xF1: 3, 0xF2: 4, 0xF3: 5, 0xF4: 9}
        size = 1 if first < 0x80 else 1 + (first & 63) if first < 0xC0 else 2 if first < 0xE0 else \
            2 + ((first & 15) << 8 | listpack[at + 1]) if first < 0xF0 else \
            5 + int.from_bytes(listpack[at + 1:at + 5], "little") if first == 0xF0 else sizes[first]
        found.append(listpack[at:at + size])
        at += size + len(_back_length(size))
    return found


def _list_node(container, data):
    """Quorate knows no plain nodes: one is a listpack of one element there."""
    return (2, listpack([data])) if container == 1 else (container, data)


def contents(payload, has_same_nodes=True):
    """Equal for payloads that differ only by how LZF compressed, the order of a hash table, or times in a stream; where the
    nodes of a list end, if `has_same_nodes` is false."""
    reader = Reader(payload[:-10])
    kind = reader.take(1)[0]
    if kind in (SET, HASH):
        count = reader.length()
        made = sorted(tuple(reader.string() for _ in range(1 if kind == SET else 2)) for _ in range(count))
    elif kind == HASH_LISTPACK:
        packed = reader.string()  # may have been a hash table before
        elements = elements_of(packed)
        made = packed[:6], sorted(zip(elements[::2], elements[1::2]))
    elif kind == ZSET_2:
        made = reader.many(lambda: (reader.string(), reader.take(8)))
    elif kind == LIST_QUICKLIST_2:
        made = reader.many(lambda: _list_node(reader.length(), reader.string()))
        if not has_same_nodes:
            made = [element for _, node in made for element in elements_of(node)]
    elif kind == STREAM_2:
        nodes = reader.many(lambda: (reader.string(), reader.string()))
        made = (nodes, reader.length(), reader.id(), reader.id(), reader.id(), reader.length(), reader.many(lambda: _group(reader)))
    else:
        made = reader.string()
    return kind, payload[-10:-8], made, seal(payload[:-10]) == payload, reader.at_ == len(payload) - 10
