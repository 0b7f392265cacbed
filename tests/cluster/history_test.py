"""The checker rejects what it must, and accepts what only looks odd."""

import math
import unittest

from history import Operation, violations


def write(value, begun, ended, key="k"):
    return Operation(key, True, value, begun, ended)


def read(value, begun, ended, key="k"):
    return Operation(key, False, value, begun, ended)


class HistoryTest(unittest.TestCase):
    def accepts(self, *operations):
        self.assertEqual(violations(operations), [])

    def rejects(self, *operations):
        self.assertNotEqual(violations(operations), [])

    def test_reads_follow_writes(self):
        self.accepts(read(None, 0, 1), write(1, 2, 3), read(1, 4, 5), write(2, 6, 7), read(2, 8, 9))

    def test_concurrent_writes_may_take_either_order(self):
        self.accepts(write(1, 0, 5), write(2, 1, 4), read(1, 6, 7))
        self.accepts(write(1, 0, 5), write(2, 1, 4), read(2, 6, 7))

    def test_an_unknown_write_may_happen_late_or_never(self):
        self.accepts(write(1, 0, math.inf), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7))
        self.accepts(write(1, 0, math.inf), write(2, 2, 3), read(2, 4, 5))

    def test_a_stale_read_is_rejected(self):
        self.rejects(write(1, 0, 1), write(2, 2, 3), read(1, 4, 5))

    def test_a_lost_write_is_rejected(self):
        self.rejects(write(1, 0, 1), read(None, 2, 3))

    def test_a_value_that_comes_back_is_rejected(self):
        self.rejects(write(1, 0, 1), write(2, 2, 3), read(2, 4, 5), read(1, 6, 7))
        self.rejects(write(1, 0, 9), write(2, 0, 9), read(1, 1, 2), read(2, 3, 4), read(1, 5, 6))

    def test_an_unknown_write_seen_once_stays(self):
        self.rejects(write(1, 0, math.inf), read(1, 1, 2), read(None, 3, 4))

    def test_a_read_from_nowhere_or_from_the_future_is_rejected(self):
        self.rejects(read(7, 0, 1))
        self.rejects(read(1, 0, 1), write(1, 2, 3))

    def test_keys_do_not_disturb_each_other(self):
        self.accepts(write(1, 0, 1, "a"), read(None, 2, 3, "b"), read(1, 2, 3, "a"))


if __name__ == "__main__":
    unittest.main()
