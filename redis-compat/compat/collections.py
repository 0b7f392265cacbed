"""Procedures for collections: walks to their end, and random picks judged by what they promise."""

from .procedures import procedure


def _calls(connection, *commands):
    """The replies of several commands as one transaction; the first reply that is not what MULTI answers, else."""
    for words in ((b"MULTI",), *commands):
        reply = connection.call(*words)
        if reply not in ((b"+", b"OK"), (b"+", b"QUEUED")):
            if words[0] != b"MULTI":
                connection.call(b"DISCARD")
            return None, reply
    reply = connection.call(b"EXEC")
    if reply[0] != b"*" or reply[1] is None:
        return None, reply
    return reply[1], None


@procedure("scan_elements")
def scan_elements(connection, argv):
    """SSCAN, HSCAN or ZSCAN KEY to its end with these options: the elements as a set."""
    name, key, *options = argv
    width = 1 if name.upper() == b"SSCAN" else 2
    cursor, seen = b"0", set()
    for _ in range(100_000):
        reply = connection.call(name, key, cursor, *options)
        if reply[0] != b"*":
            return reply
        cursor = reply[1][0][1]
        items = [item[1] for item in reply[1][1][1]]
        seen.update(tuple(items[i:i + width]) for i in range(0, len(items), width))
        if cursor == b"0":
            return (b"~", tuple((b"$", b"\0".join(element)) for element in sorted(seen)))
    return (b"-", name + b" does not come to an end")


READERS = {b"HRANDFIELD": (b"HGETALL",), b"SRANDMEMBER": (b"SMEMBERS",),
           b"ZRANDMEMBER": (b"ZRANGE", b"0", b"-1", b"WITHSCORES")}


def _flat(reply):
    """The leaves of a reply, in order."""
    if isinstance(reply[1], tuple) and reply[1] and isinstance(reply[1][0], tuple):
        return [leaf for item in reply[1] for leaf in _flat(item)]
    return [] if reply[1] in (None, ()) else [reply]


@procedure("random_elements")
def random_elements(connection, argv):
    """HRANDFIELD, SRANDMEMBER, ZRANDMEMBER: how many of what shape, all of them elements, different if promised."""
    name, key = argv[0].upper(), argv[1]
    reader = READERS[name]
    replies, other = _calls(connection, (reader[0], key, *reader[1:]), argv)
    if replies is None:
        return other
    whole, picked = replies
    if picked[0] == b"-" or whole[0] == b"-":
        return picked
    if len(argv) == 2:
        leaves = _flat(picked)
        is_one = not leaves or leaves[0][1] in [leaf[1] for leaf in _flat(whole)]
        return (b"+", b"%s %d" % (b"one of them" if is_one else b"a stranger", len(leaves)))
    has_values = len(argv) == 4
    items, all_items = _flat(picked), _flat(whole)
    step = 2 if name != b"SRANDMEMBER" else 1
    known = {tuple(leaf[1] for leaf in all_items[i:i + (step if has_values else 1)])
             for i in range(0, len(all_items), step)}
    width = 2 if has_values else 1
    picks = [tuple(leaf[1] for leaf in items[i:i + width]) for i in range(0, len(items), width)]
    strangers = sum(pick not in known for pick in picks)
    repeated = len(picks) - len(set(picks)) if not argv[2].startswith(b"-") else 0
    return (picked[0], ((b":", b"%d" % len(picked[1] or ())), (b":", b"%d" % strangers), (b":", b"%d" % repeated)))
