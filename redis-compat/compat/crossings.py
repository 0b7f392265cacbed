"""Steps that carry bytes from one server to the other. A crossing gets a connection to each and the step's argv, and returns
a reply of each to compare."""

from .payloads import contents

CROSSINGS = {}
REFUSED = (b"-", b"ERR Bad data format")
OK = (b"+", b"OK")


def crossing(function):
    CROSSINGS[function.__name__] = function
    return function


def shown(payload, has_same_nodes):
    """What a payload holds, as a reply."""
    try:
        return b"$", repr(contents(payload, has_same_nodes)).encode()
    except (ValueError, IndexError) as error:
        return b"$", b"no payload (%r): %r" % (error, payload)


def dumps(oracle, target, key, has_same_nodes=True):
    """DUMP on both: two payloads, or None and two replies to compare."""
    replies = [side.call(b"DUMP", key) for side in (oracle, target)]
    if any(reply[0] != b"$" or reply[1] is None for reply in replies):
        return None, replies
    held = [shown(reply[1], has_same_nodes) for reply in replies]
    if held[0] != held[1]:
        return None, held
    return [reply[1] for reply in replies], None


@crossing
def swap(oracle, target, argv):
    """Both dump a key; the payloads hold the same; each restores the other's."""
    key, *options = argv
    payloads, different = dumps(oracle, target, key, not key.startswith(b"set in the middle"))
    if payloads is None:
        return different
    return (oracle.call(b"RESTORE", key, options[0], payloads[1], *options[1:]),
            target.call(b"RESTORE", key, options[0], payloads[0], *options[1:]))


@crossing
def restore_damaged(oracle, target, argv):
    """Both restore the same damaged payload. Quorate may refuse what Redis takes, never the other way round; what both
    take is the same."""
    replies = [side.call(b"RESTORE", b"damaged", b"0", argv[0], b"REPLACE") for side in (oracle, target)]
    if replies == [OK, OK]:
        payloads, different = dumps(oracle, target, b"damaged")
        if payloads is None:
            return different
    elif replies == [OK, REFUSED]:
        replies = [OK, OK]
    for side in (oracle, target):
        side.call(b"DEL", b"damaged")
    return replies
