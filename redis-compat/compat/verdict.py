"""Judges pairs of replies, one connection at a time.

Inside MULTI a command answers +QUEUED and its reply comes as an element of EXEC's. The judge remembers the rules of
what was queued, so that EXEC's array is compared element by element.
"""

import time

from .resp import CLOSED, is_error
from .rules import RULES, RULES_OF_TIME

QUEUED = (b"+", b"QUEUED")


def agree(rule, oracle, target, begun):
    """`begun`: when the script began, by time.monotonic()."""
    if oracle == target:
        return True
    if CLOSED in (oracle, target) or is_error(oracle) or is_error(target):
        return False
    if rule in RULES_OF_TIME:
        return RULES_OF_TIME[rule](oracle, target, time.monotonic() - begun)
    return RULES[rule](oracle, target)


class Judge:
    """Of one connection pair, in a script that began at `begun`."""

    def __init__(self, begun):
        self.begun_, self.queued_ = begun, []

    def agrees(self, step, oracle, target):
        name = step.name()
        if oracle == QUEUED and target == QUEUED:
            self.queued_.append(step.rule)
            return True
        if name == "EXEC":
            rules, self.queued_ = self.queued_, []
            return self._agree_exec(rules, oracle, target)
        if name in ("DISCARD", "RESET") or oracle == CLOSED:
            self.queued_ = []
        return agree(step.rule, oracle, target, self.begun_)

    def _agree_exec(self, rules, oracle, target):
        if oracle == target:
            return True
        if oracle[0] != b"*" or target[0] != b"*" or oracle[1] is None or target[1] is None:
            return False
        if not len(oracle[1]) == len(target[1]) == len(rules):
            return False
        return all(agree(*one, self.begun_) for one in zip(rules, oracle[1], target[1]))
