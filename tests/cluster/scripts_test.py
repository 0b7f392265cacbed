"""Scripts that would never end, or take all memory, on three processes: each ends with an error that says so, on all
three at the same state, and the cluster goes on."""

import unittest

from nodes import Cluster
from resp import ReplyError

STEPS = "takes more steps than scripts may take"
MEMORY = "needs more memory than scripts may have"
# What it is -> source, words of its error.
HOSTILE = {
    "an endless loop": ("while true do end", STEPS),
    "a string that doubles": ("local s = 'x' while true do s = s .. s end", MEMORY),
    "a pattern that backtracks": ("return string.find(string.rep('a', 40), string.rep('a*', 40) .. 'b')", STEPS),
    "a table that grows without end": ("local t = {} while true do t[#t + 1] = {} end", MEMORY),
    "nested calls": ("local function f(n) return 1 + f(n - 1) end return f(10000)", "stack overflow"),
}


def error_of(cluster, *command):
    """What the command is answered by whoever leads in the end; a script of this kind may run twice."""
    try:
        return f"no error, but {cluster.do(*command)}"
    except ReplyError as error:
        return str(error)


class HostileScriptsTest(unittest.TestCase):
    def test_each_ends_alike_everywhere_and_the_next_command_works(self):
        with Cluster().start() as cluster:
            for what, (source, words) in HOSTILE.items():
                with self.subTest(what):
                    # What it wrote before stays: the error says so, and every node has it.
                    script = f"redis.call('SET', KEYS[1], ARGV[1]) {source}"
                    self.assertIn(words, error_of(cluster, "EVAL", script, "1", "written", what))
                    self.assertEqual(cluster.do("GET", "written"), what.encode())
                    cluster.wait_one_state()
            self.assertEqual(cluster.do("DBSIZE"), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
