#!/usr/bin/python3
"""The comparison can fail: planted differences are found, tolerated ones are not, scripts shrink."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from compat import crossings, payloads, resp  # noqa: E402
from compat.pools import step  # noqa: E402
from compat.runner import Difference, segments  # noqa: E402
from compat.shrink import shrink  # noqa: E402
from compat.step import Step  # noqa: E402
from compat.verdict import QUEUED, Judge, agree  # noqa: E402
from families import geo  # noqa: E402,F401  registers a rule


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

    def test_distances_of_a_thousand_may_differ_by_one_in_the_last_decimal(self):
        def reply(text):
            return parse(b"*2\r\n$1\r\na\r\n$%d\r\n%s\r\n" % (len(text), text))
        self.assertTrue(agree("distances", reply(b"43261934.4838"), reply(b"43261934.4839")))
        self.assertTrue(agree("distances", reply(b"1999.9999"), reply(b"2000.0000")))
        for one, other in ((b"43261934.4838", b"43261934.4840"), (b"999.4838", b"999.4839"), (b"43261934.483", b"43261934.484"),
                           (b"12345", b"12346"), (b"abc", b"abd")):
            self.assertFalse(agree("distances", reply(one), reply(other)))
        self.assertFalse(agree("distances", parse(b":12345678\r\n"), parse(b":12345679\r\n")))

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


class Server:
    """Answers DUMP with a payload and notes what it is given to restore."""

    def __init__(self, payload, answer=(b"+", b"OK")):
        self.payload, self.answer, self.restored = payload, answer, None

    def call(self, name, *words):
        if name == b"DUMP":
            return b"$", self.payload
        if name == b"RESTORE":
            self.restored = words[2]
        return self.answer


class PayloadTest(unittest.TestCase):
    def test_the_checksum_is_jones(self):
        self.assertEqual(payloads.crc64(b"123456789"), 0xE9C6D914C4B8D9CA)

    def test_payloads_that_differ_by_compression_or_by_the_order_of_a_hash_table_hold_the_same(self):
        text = b"a" * 40
        self.assertEqual(payloads.contents(payloads.seal(b"\0" + payloads.plain(text))),
                         payloads.contents(payloads.seal(b"\0" + payloads.compressed(text))))
        self.assertEqual(payloads.contents(payloads.seal(b"\2\2\1a\1b")), payloads.contents(payloads.seal(b"\2\2\1b\1a")))
        self.assertNotEqual(payloads.contents(payloads.seal(b"\2\2\1a\1b")), payloads.contents(payloads.seal(b"\2\2\1a\1c")))
        self.assertEqual(payloads.decompress(b"\x02aba\xe0\xba\x01\x01ab"), b"ab" * 100)

    def test_another_checksum_version_or_type_is_a_difference(self):
        good = payloads.seal(b"\0\1a")
        for bad in (good[:-1] + b"x", payloads.seal(b"\0\1a", 9), payloads.seal(b"\0\1ab"), payloads.seal(b"\0\xc0\1")):
            self.assertNotEqual(payloads.contents(good), payloads.contents(bad))

    def test_the_ends_of_nodes_count_unless_they_do_not(self):
        one = payloads.seal(b"\x12\1\2" + payloads.plain(payloads.listpack([b"a", b"1"])))
        two = payloads.seal(b"\x12\2" + b"".join(b"\2" + payloads.plain(payloads.listpack([word])) for word in (b"a", b"1")))
        self.assertNotEqual(payloads.contents(one), payloads.contents(two))
        self.assertEqual(payloads.contents(one, False), payloads.contents(two, False))

    def test_a_swap_carries_each_payload_to_the_other_side(self):
        left, right = Server(payloads.seal(b"\2\2\1a\1b")), Server(payloads.seal(b"\2\2\1b\1a"))
        oracle, target = crossings.swap(left, right, (b"k", b"0"))
        self.assertEqual(oracle, target)
        self.assertEqual((left.restored, right.restored), (right.payload, left.payload))
        oracle, target = crossings.swap(left, Server(payloads.seal(b"\2\1\1b")), (b"k", b"0"))
        self.assertNotEqual(oracle, target)

    def test_only_quorate_may_be_stricter(self):
        payload, refused = payloads.seal(b"\0\1a"), (b"-", b"ERR Bad data format")

        def agrees(left, right):
            oracle, target = crossings.restore_damaged(Server(payload, left), Server(payload, right), (b"x",))
            return agree("exact", oracle, target)
        self.assertTrue(agrees((b"+", b"OK"), refused))
        self.assertFalse(agrees(refused, (b"+", b"OK")))
        self.assertTrue(agrees(refused, refused))


if __name__ == "__main__":
    unittest.main()
