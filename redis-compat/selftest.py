#!/usr/bin/python3
"""The comparison can fail: planted differences are found, tolerated ones are not, scripts shrink."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from compat import resp  # noqa: E402
from compat.pools import step  # noqa: E402
from compat.runner import Difference, segments  # noqa: E402
from compat.shrink import shrink  # noqa: E402
from compat.step import Step  # noqa: E402
from compat.verdict import QUEUED, Judge, agree  # noqa: E402


def parse(data):
    return resp.parse(data, 0)[0]


class RuleTest(unittest.TestCase):
    def test_replies_that_differ_in_one_byte_or_in_type_differ(self):
        self.assertTrue(agree("exact", parse(b"+OK\r\n"), parse(b"+OK\r\n")))
        for other in (b"+ok\r\n", b"$2\r\nOK\r\n", b"-OK\r\n"):
            self.assertFalse(agree("exact", parse(b"+OK\r\n"), parse(other)))
        self.assertFalse(agree("exact", parse(b"$-1\r\n"), parse(b"_\r\n")))

    def test_errors_must_be_equal_whatever_the_rule(self):
        for rule in ("unordered", "same_kind", "shape"):
            self.assertFalse(agree(rule, parse(b"-ERR a\r\n"), parse(b"-ERR b\r\n")))

    def test_sets_are_compared_without_order_and_not_without_members(self):
        one, same = parse(b"*2\r\n+a\r\n+b\r\n"), parse(b"*2\r\n+b\r\n+a\r\n")
        self.assertTrue(agree("unordered", one, same))
        self.assertFalse(agree("unordered", one, parse(b"*2\r\n+b\r\n+b\r\n")))
        self.assertFalse(agree("exact", one, same))

    def test_times_are_near_and_minus_two_is_nothing_but_itself(self):
        self.assertTrue(agree("near_seconds", parse(b":100\r\n"), parse(b":99\r\n")))
        self.assertFalse(agree("near_seconds", parse(b":100\r\n"), parse(b":90\r\n")))
        self.assertFalse(agree("near_seconds", parse(b":1\r\n"), parse(b":-2\r\n")))

    def test_silence_and_hanging_up_are_no_agreement(self):
        self.assertFalse(agree("exact", resp.TIMEOUT, resp.TIMEOUT))
        self.assertFalse(agree("same_kind", resp.CLOSED, parse(b"+OK\r\n")))
        self.assertTrue(agree("exact", resp.CLOSED, resp.CLOSED))

    def test_exec_is_compared_by_the_rules_of_what_was_queued(self):
        judge = Judge()
        judge.agrees(step(b"KEYS", b"*", rule="unordered"), QUEUED, QUEUED)
        judge.agrees(step(b"GET", b"k"), QUEUED, QUEUED)
        left = parse(b"*2\r\n*2\r\n+a\r\n+b\r\n+x\r\n")
        self.assertTrue(judge.agrees(step(b"EXEC"), left, parse(b"*2\r\n*2\r\n+b\r\n+a\r\n+x\r\n")))
        judge.agrees(step(b"KEYS", b"*", rule="unordered"), QUEUED, QUEUED)
        judge.agrees(step(b"GET", b"k"), QUEUED, QUEUED)
        self.assertFalse(judge.agrees(step(b"EXEC"), left, parse(b"*2\r\n*2\r\n+a\r\n+b\r\n+y\r\n")))


class ScriptTest(unittest.TestCase):
    def test_a_script_shrinks_to_the_steps_that_matter(self):
        script = [step(b"NOISE", str(n)) for n in range(100)]
        script[20], script[70] = step(b"SET"), step(b"GET")

        def differs(steps):
            names = [one.name() for one in steps]
            if "SET" in names and "GET" in names[names.index("SET"):]:
                at = names.index("GET", names.index("SET"))
                return Difference(at, steps[at], (b"+", b"1"), (b"+", b"2"))
            return None

        short, difference = shrink(script, differs)
        self.assertEqual([one.name() for one in short], ["SET", "GET"])
        self.assertEqual(difference.index, 1)

    def test_glued_steps_stay_together(self):
        script = [step(b"A"), step(b"B", glue=7), step(b"C", glue=7), step(b"D")]

        def differs(steps):
            names = [one.name() for one in steps]
            return Difference(names.index("C"), steps[names.index("C")], 1, 2) if "C" in names else None

        self.assertEqual([one.name() for one in shrink(script, differs)[0]], ["B", "C"])

    def test_pauses_and_other_connections_end_a_segment(self):
        script = [step(b"A"), step(b"B"), Step(pause_ms=1), step(b"C"), step(b"D", conn=1), step(b"E")]
        self.assertEqual([len(segment) for segment in segments(script)], [2, 1, 1, 1, 1])


if __name__ == "__main__":
    unittest.main()
