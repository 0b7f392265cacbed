"""Judges pairs of replies, one connection at a time.

Inside MULTI a command answers +QUEUED and its reply comes as an element of EXEC's. The judge remembers the rules of
what was queued, so that EXEC's array is compared element by element.
"""

from .resp import CLOSED, TIMEOUT, is_error
from .rules import RULES

QUEUED = (b"+", b"QUEUED")


def agree(rule, oracle, target):
    if oracle == target:
        return oracle != TIMEOUT
    if oracle in (CLOSED, TIMEOUT) or target in (CLOSED, TIMEOUT) or is_error(oracle) or is_error(target):
        return False
    return RULES[rule](oracle, target)


class Judge:
    """Of one connection pair."""

    def __init__(self):
        self.queued_ = []

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
        return agree(step.rule, oracle, target)

    @staticmethod
    def _agree_exec(rules, oracle, target):
        if oracle == target:
            return True
        if oracle[0] != b"*" or target[0] != b"*" or oracle[1] is None or target[1] is None:
            return False
        if not len(oracle[1]) == len(target[1]) == len(rules):
            return False
        return all(map(agree, rules, oracle[1], target[1]))
