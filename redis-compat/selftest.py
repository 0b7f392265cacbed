#!/usr/bin/python3
"""The comparison can fail: planted differences are found, tolerated ones are not, scripts shrink."""

import importlib.machinery
import importlib.util
import os
import socket
import subprocess
import sys
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from compat import comparison, connection, crossings, payloads, ports, resp, runner  # noqa: E402
from compat.pools import step  # noqa: E402
from compat.runner import Difference, segments  # noqa: E402
from compat.shrink import shrink  # noqa: E402
from compat.step import Step  # noqa: E402
from compat.verdict import QUEUED, Judge, agree as agree_after  # noqa: E402
from families import geo  # noqa: E402,F401  registers a rule

HERE = os.path.dirname(os.path.abspath(__file__))


def program():
    """`run` as a module."""
    loader = importlib.machinery.SourceFileLoader("run", os.path.join(HERE, "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run", loader))
    loader.exec_module(module)
    return module


def agree(rule, oracle, target, passed_s=0):
    """In a script that began so long ago."""
    return agree_after(rule, oracle, target, time.monotonic() - passed_s)


def parse(data):
    return resp.parse(data, 0)[0]


class ParserTest(unittest.TestCase):
    def test_many_integers_are_read_as_one_is(self):
        numbers = [b":%d\r\n" % (number - 70) for number in range(200)]
        for odd in (None, 0, 63, 64, 150, 199):  # where something else stands
            parts = [b"$3\r\n:1\r\r\n" if at == odd else part for at, part in enumerate(numbers)]
            reply, end = resp.parse(b"*200\r\n" + b"".join(parts) + b":7\r\n", 0)
            self.assertEqual(reply, (b"*", tuple(parse(part) for part in parts)))
            self.assertEqual(end, len(b"*200\r\n" + b"".join(parts)))


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

    def test_times_may_differ_by_as_much_as_the_script_has_taken(self):
        for rule, unit, form in (("near_seconds", 1, b":%d\r\n"), ("near_milliseconds", 1000, b":%d\r\n"), ("idle_seconds", 1, b":%d\r\n"),
                                 ("idle_times", 1000, b"*4\r\n$3\r\n1-1\r\n$1\r\na\r\n:%d\r\n:1\r\n")):
            one, other = parse(form % (1000 * unit)), parse(form % (1100 * unit))
            self.assertFalse(agree(rule, one, other, 30), rule)
            self.assertTrue(agree(rule, one, other, 100), rule)
        self.assertFalse(agree("idle_times", parse(b"*4\r\n$3\r\n1-1\r\n$1\r\na\r\n:5\r\n:1\r\n"),
                               parse(b"*4\r\n$3\r\n1-1\r\n$1\r\na\r\n:5\r\n:2\r\n"), 100))

    def test_distances_of_a_thousand_may_differ_by_one_in_the_last_decimal(self):
        def reply(text):
            return parse(b"*2\r\n$1\r\na\r\n$%d\r\n%s\r\n" % (len(text), text))
        self.assertTrue(agree("distances", reply(b"43261934.4838"), reply(b"43261934.4839")))
        self.assertTrue(agree("distances", reply(b"1999.9999"), reply(b"2000.0000")))
        for one, other in ((b"43261934.4838", b"43261934.4840"), (b"999.4838", b"999.4839"), (b"43261934.483", b"43261934.484"),
                           (b"12345", b"12346"), (b"abc", b"abd")):
            self.assertFalse(agree("distances", reply(one), reply(other)))
        self.assertFalse(agree("distances", parse(b":12345678\r\n"), parse(b":12345679\r\n")))

    def test_hanging_up_is_no_agreement(self):
        self.assertFalse(agree("same_kind", resp.CLOSED, parse(b"+OK\r\n")))
        self.assertTrue(agree("exact", resp.CLOSED, resp.CLOSED))

    def test_exec_is_compared_by_the_rules_of_what_was_queued(self):
        judge = Judge(time.monotonic())
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

    def test_procedures_and_other_connections_end_a_segment(self):
        script = [step(b"A"), step(b"B"), step(b"k", procedure="scan_all"), step(b"C"), step(b"D", conn=1), step(b"E")]
        self.assertEqual([len(segment) for segment in segments(script)], [2, 1, 1, 1, 1])


# How a command says how long from now: its name -> where, or behind which words.
SPANS_AT = {b"EXPIRE": 2, b"PEXPIRE": 2, b"SETEX": 2, b"PSETEX": 2, b"RESTORE": 2, b"XCLAIM": 4, b"XAUTOCLAIM": 4}
SPANS_BEHIND = {b"SET": (b"EX", b"PX"), b"GETEX": (b"EX", b"PX"), b"XPENDING": (b"IDLE",), b"XREAD": (b"BLOCK",), b"XREADGROUP": (b"BLOCK",)}
IN_SECONDS = (b"EXPIRE", b"SETEX")
HOUR_MS, CENTURY_MS = 3_600_000, 3_200_000_000_000


def spans_ms(words):
    """Of a command: those that a server could begin to wait for."""
    upper = [word.upper() if isinstance(word, bytes) else b"" for word in words]
    name = upper[0] if upper else b""
    said = [(upper[at], name in IN_SECONDS) for at in (SPANS_AT.get(name),) if at is not None and at < len(upper)]
    said += [(upper[at + 1], upper[at] == b"EX") for at in range(3 if name == b"SET" else 1, len(upper) - 1)
             if upper[at] in SPANS_BEHIND.get(name, ())]
    return [int(text) * (1000 if in_seconds else 1) for text, in_seconds in said if text.isdigit() and text[:1] != b"0"]


def commands_of(script):
    for one in script:
        if one.procedure == "scene":
            yield from (words for _, words in one.argv)
        elif one.crossing == "swap":
            yield (b"RESTORE", one.argv[0], one.argv[1])
        elif one.crossing == "swap_many":
            yield from one.argv[0]
        elif one.procedure is None and one.crossing is None:
            yield one.argv


class TimeTest(unittest.TestCase):
    """No reply depends on how fast the servers are."""

    @classmethod
    def setUpClass(cls):
        cls.program = program()
        cls.scripts = {(name, seed): cls.program.make_script(importlib.import_module("families." + name), seed)
                       for name in cls.program.FAMILIES for seed in range(int(os.environ.get('SEEDS', 3)))}

    def test_a_seed_makes_the_same_script_whatever_came_before(self):
        for (name, seed), script in reversed(self.scripts.items()):
            self.assertEqual(self.program.make_script(importlib.import_module("families." + name), seed), script, (name, seed))

    def test_nothing_runs_out_within_a_script(self):
        for key, script in self.scripts.items():
            for words in commands_of(script):
                for span in spans_ms(words):
                    self.assertGreater(span, HOUR_MS, (key, words[:3]))

    def test_what_is_compared_with_a_span_is_hours_from_it(self):
        for (name, seed), script in self.scripts.items():
            spans = [(words, span) for words in commands_of(script) for span in spans_ms(words) if span < CENTURY_MS]
            for words, span in spans:
                if {b"GT", b"LT"} & {word.upper() for word in words[3:]}:
                    near = [other for other, its in spans if other is not words and abs(its - span) < HOUR_MS]
                    self.assertEqual(near, [], (name, seed, words))

    def test_waits_last_for_hours_or_are_awaited(self):
        for (name, seed), script in self.scripts.items():
            for words in commands_of(script):
                if words and words[0] in (b"BLPOP", b"BRPOP", b"BZPOPMIN", b"BZPOPMAX", b"BLMOVE", b"BRPOPLPUSH"):
                    self.assertIn(words[-1], (b"0", b"36000", b"100000.5", b"0.02", b"x", b"-1", b"1e400", b"inf", b"nan",
                                              b"9223372036854775807", b""), (name, seed))

    def test_ports_of_a_process_are_its_own(self):
        mine, more = ports.free_ports(6), ports.free_ports(6)
        code = f"import sys; sys.path.insert(0, {HERE!r}); from compat import ports; print(*ports.free_ports(6))"
        others = subprocess.run([sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(len({*mine, *more} | set(map(int, others))), 18)

    def test_silence_is_no_reply(self):
        with socket.create_server(("127.0.0.1", 0)) as server, mock.patch.object(connection, "HANG_S", 0.01):
            client = connection.Connection(server.getsockname())
            self.assertRaises(connection.Silence, client.call, "PING")
            client.close()


class Cluster:
    """Whose leadership is as a list says, each time it is asked for."""

    oracle = target = ("127.0.0.1", 1)

    def __init__(self, *terms):
        self.terms = list(terms)

    def leader(self):
        return self.terms.pop(0)

    follow_leader = leader


class LeaderTest(unittest.TestCase):
    def compare(self, cluster, *outcomes):
        """What a comparison makes of scripts that end so, one after the other."""
        compared = comparison.Comparison(cluster)
        with mock.patch.object(runner.Run, "carry_out", side_effect=outcomes):
            return compared.carry_out([]), compared.begun_again

    def test_a_difference_under_one_leader_is_one(self):
        found = Difference(0, step(b"A"), 1, 2)
        self.assertEqual(self.compare(Cluster("a", "a"), found), (found, 0))

    def test_a_script_whose_leader_was_lost_begins_again(self):
        lost, found = Difference(0, step(b"A"), 1, 2), Difference(3, step(b"B"), 1, 2)
        self.assertEqual(self.compare(Cluster("a", "b", "b"), lost, None), (None, 1))
        self.assertEqual(self.compare(Cluster("a", None, "b", "c", "c", "c"), lost, lost, found), (found, 2))

    def test_a_cluster_that_does_not_serve_yet_is_asked_again(self):
        self.assertEqual(self.compare(Cluster("a", "a"), runner.NotServing("-CLUSTERDOWN"), None), (None, 1))


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
