"""Was what the clients saw possible? Registers with unique values, checked after Gibbons and Korach
(Testing Shared Memories, 1997): all operations that wrote or read one value form a zone; zones that
overlap where they must not are a violation. Exact for histories in which every written value is
unique."""

import math
from collections import defaultdict
from dataclasses import dataclass

INITIAL = None  # what a key holds that nobody has written


@dataclass
class Operation:
    key: str
    is_write: bool
    value: object  # written, or read
    begun: float
    ended: float  # math.inf: a write whose outcome is unknown


def violations(operations):
    """Words for each violation; empty if the history is linearizable key by key."""
    by_key = defaultdict(list)
    for operation in operations:
        by_key[operation.key].append(operation)
    return [f"{key}: {text}" for key, own in sorted(by_key.items()) for text in _check_key(own)]


def _check_key(operations):
    written = {INITIAL: Operation("", True, INITIAL, -math.inf, -math.inf)}
    reads = defaultdict(list)
    for operation in operations:
        if operation.is_write:
            assert operation.value not in written, "values of a history are unique"
            written[operation.value] = operation
        else:
            reads[operation.value].append(operation)
    found = [f"{value!r} was read and never written" for value in reads if value not in written]
    zones = []
    for value, write in written.items():
        own = [write, *reads[value]] if value in reads else [write]
        if any(read.ended < write.begun for read in own[1:]):
            found.append(f"{value!r} was read before it was written")
        if write.ended == math.inf and len(own) == 1:
            continue  # may never have happened
        zones.append((min(o.ended for o in own), max(o.begun for o in own), value))
    return found + _check_zones(zones)


# A zone is (first end, last begin, value): forward if the first end lies before the last begin.
def _check_zones(zones):
    forward = sorted(zone for zone in zones if zone[0] < zone[1])
    found = []
    for before, after in zip(forward, forward[1:]):
        if after[0] < before[1]:
            found.append(f"{before[2]!r} and {after[2]!r} each were current again after the other")
    for end, begin, value in (zone for zone in zones if zone[0] >= zone[1]):
        around = [zone for zone in forward if zone[0] < begin and end < zone[1]]
        found += [f"{value!r} was overwritten by {zone[2]!r} before it was written" for zone in around]
    return found
