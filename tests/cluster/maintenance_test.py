"""A rolling restart under clients that asked to be told of planned hand-overs, as the client libraries do
(CLIENT MAINT_NOTIFICATIONS): they leave a node before it is gone, and no request of theirs fails."""

import threading
import unittest

from nodes import Cluster, until
from resp import Closed, Connection, ReplyError

CLIENTS = 9
STEPS = 30  # of each client, between what is done to the nodes

# A machine that is too slow for the clients to leave in time, or for a leader to be heard in time, excuses what fails.
LEFT_BEHIND = "are still here, and are left"
DISTURBANCES = ("heard nothing from leader", "no leader is known", "a majority has not been heard", "did not take over in time",
                "not everything could be answered in time")


def count_excuses(cluster):
    text = cluster.logs()
    return sum(text.count(words) for words in (*DISTURBANCES, LEFT_BEHIND))


class Told(Connection):
    """Speaks as much of RESP3 as it takes to be told of hand-overs; `pushes` are those that came."""

    def __init__(self, port):
        super().__init__(port)
        self.pushes = []
        self.call("HELLO", "3")
        self.call("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "internal-ip")

    def _reply(self):
        while True:
            if not self.buffer:
                self._more()
            kind = self.buffer[:1]
            if kind == b">":
                self.buffer[:1] = b"*"
                self.pushes.append(super()._reply())
            elif kind == b"%":
                return [(self._reply(), self._reply()) for _ in range(int(self._line()[1:]))]
            elif kind == b"_":
                return self._line() and None
            else:
                return super()._reply()

    def moving_to(self):
        """The port that it is to go to, or None."""
        return next((int(push[3].rsplit(b":", 1)[1]) for push in self.pushes if push[0] == b"MOVING"), None)


class Traveller(threading.Thread):
    """Appends to a list of its own and reads it, through one connection at a time, without a pause; goes where it is told
    to go, between two requests."""

    def __init__(self, number, port):
        super().__init__(daemon=True)
        self.key, self.connection = f"list{number}", Told(port)
        self.is_over, self.steps, self.moves, self.names = threading.Event(), 0, 0, []
        self.failed = []
        self.lengths = []  # as acknowledged

    def run(self):
        while not self.is_over.is_set():
            try:
                self.lengths.append(self.connection.call("RPUSH", self.key, self.steps))
                self.connection.call("LRANGE", self.key, "-1", "-1")
                self.steps += 1
                self.follow()
            except (Closed, ReplyError) as error:
                self.failed.append(str(error))
                break
        self.connection.close()

    def follow(self):
        port = self.connection.moving_to()
        if port is None:
            return
        left, self.connection = self.connection, Told(port)
        self.names += [push[0] for push in left.pushes]
        left.close()
        self.moves += 1


class RollingRestartTest(unittest.TestCase):
    def run_travellers(self, cluster, story):
        travellers = [Traveller(number, cluster.nodes[number % 3].plain_port) for number in range(CLIENTS)]
        for traveller in travellers:
            traveller.start()
        try:
            story(travellers)
        finally:
            for traveller in travellers:
                traveller.is_over.set()
            for traveller in travellers:
                traveller.join()
        return travellers

    def go_on(self, travellers):
        begun = [traveller.steps for traveller in travellers]
        until(lambda: all(one.steps >= before + STEPS or one.failed for one, before in zip(travellers, begun)), "all go on")

    def test_no_request_fails_while_each_node_is_restarted(self):
        with Cluster(plain=True, options=["--raft-election-timeout", "2000"]).start() as cluster:
            cluster.wait_level()
            before = count_excuses(cluster)

            def story(travellers):
                for node in cluster.nodes:
                    self.go_on(travellers)
                    self.assertEqual(node.terminate(), 0)
                    node.start()
                    node.wait_ready()
                    cluster.wait_level()
                self.go_on(travellers)
            travellers = self.run_travellers(cluster, story)
            self.check(cluster, travellers, before)
            cluster.wait_one_state()

    def check(self, cluster, travellers, before):
        excuses = count_excuses(cluster) - before
        failed = [text for traveller in travellers for text in traveller.failed]
        print(f"    {sum(one.steps for one in travellers)} writes, {sum(one.moves for one in travellers)} moves, {len(failed)} requests "
              f"failed, {excuses} times the machine was too slow")
        if excuses == 0:
            self.assertEqual(failed, [])
            self.assertTrue(all(traveller.moves > 0 for traveller in travellers), "each was at some node when that was stopped")
        for traveller in travellers:
            # What was acknowledged is there, in order, once; what failed may be there too.
            stored = cluster.do("LRANGE", traveller.key, "0", "-1")
            steps = [b"%d" % step for step in range(len(traveller.lengths))]
            self.assertEqual(stored[:len(steps)], steps)
            self.assertLessEqual(len(stored), len(steps) + len(traveller.failed))
            self.assertEqual(traveller.lengths, list(range(1, len(steps) + 1)))

    def test_the_leaders_clients_hear_of_a_hand_over(self):
        with Cluster(plain=True).start() as cluster:
            def is_told():
                leader = cluster.leader()
                with Told(leader.plain_port) as client:
                    if not cluster.hand_over(next(node for node in cluster.nodes if node is not leader)):
                        return False
                    client.call("PING")
                    return client.pushes and until(lambda: self.ends(client), "and of its end")
            until(is_told, "it hears of it, if its node led until then")

    def ends(self, client):
        client.call("PING")
        names = [push[0] for push in client.pushes]
        numbers = [push[1] for push in client.pushes]
        self.assertEqual(numbers, sorted(set(numbers)), "numbers rise")
        self.assertEqual(names, ([b"FAILING_OVER", b"FAILED_OVER"] * len(names))[:len(names)], "each that begins ends")
        return len(names) % 2 == 0


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
