"""The network between real processes breaks (the fault catalogue in docs/testing.md): each node in a
network namespace, cuts by blackhole routes in a router between them. That a leader steps down in time, and that
nobody's return costs an election, is claimed in virtual time (tests/sim/network_story_test.cpp); here it is printed."""

import time
import unittest

from load import Load
from network_cluster import NetworkCluster, NetworkTestCase
from nodes import IS_LONG, dwell, until

CUT_S = 10 if IS_LONG else 1
CALM_S = 5 if IS_LONG else 0.5


class SplitTest(NetworkTestCase):
    def split(self, count, choose):
        """Cuts off the minority that `choose` names: it is silent, and the others go on."""
        with NetworkCluster(count).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader = cluster.leader()
                minority = choose(leader, cluster.all_but([leader]))
                majority = cluster.all_but(minority)
                load.pin(minority)
                load.ports = [node.port for node in majority]
                moment = time.monotonic()
                cluster.cut(minority, majority)
                cut = time.monotonic()
                if leader in minority:
                    took = self.step_down_seconds(leader, cut)
                    load.run_until_written(since=cut)
                    print(f"    the leader stepped down after {1000 * took:.0f} ms; without a write "
                          f"{1000 * load.gap_after(moment, leader.port):.0f} ms")
                load.run_until_written(since=cut, count=50)
                dwell(CUT_S)
                load.demand_silence(self, cut)
                term = cluster.term()
                cluster.heal()
                healed = time.monotonic()
                cluster.wait_ready()
                cluster.wait_level()
                print(f"    cut for {healed - cut:.1f} s, level {time.monotonic() - healed:.1f} s after healing")
                dwell(CALM_S)
                load.run_until_written(count=100)
                print(f"    elections after healing: {cluster.term() - term}")
            load.check(self)
            cluster.wait_one_state()

    def test_an_isolated_leader_of_three_is_silent_and_the_others_go_on(self):
        self.split(3, lambda leader, others: [leader])

    def test_an_isolated_follower_of_three_is_silent_and_the_others_go_on(self):
        self.split(3, lambda leader, others: others[:1])

    def test_two_of_five_with_the_leader_are_silent_and_the_three_go_on(self):
        self.split(5, lambda leader, others: [leader, others[0]])

    @unittest.skipUnless(IS_LONG, "long")
    def test_two_followers_of_five_are_silent_and_the_three_go_on(self):
        self.split(5, lambda leader, others: others[:2])

    @unittest.skipUnless(IS_LONG, "long")
    def test_an_isolated_leader_of_five_is_silent_and_the_others_go_on(self):
        self.split(5, lambda leader, others: [leader])


class PartialTest(NetworkTestCase):
    def cut_and_heal(self, cut):
        """`cut` cuts links of five nodes that leave the leader a majority: what is acknowledged meanwhile is kept."""
        with NetworkCluster(5).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader, term = cluster.leader(), cluster.term()
                cut(cluster, leader)
                begun = time.monotonic()
                dwell(CUT_S)
                print(f"    {load.count_written(begun)} writes in {time.monotonic() - begun:.1f} s, "
                      f"{cluster.term() - term} elections")
                cluster.heal()
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()

    def test_in_a_ring_nothing_is_lost(self):
        def make_ring(cluster, _):
            for i, node in enumerate(cluster.nodes):
                cluster.cut([node], [cluster.nodes[(i + 2) % 5]])
        self.cut_and_heal(make_ring)

    def bridge(self, is_leader_the_bridge):
        def make_bridge(cluster, leader):
            others = cluster.all_but([leader])
            if is_leader_the_bridge:
                cluster.cut(others[:2], others[2:])
            else:
                cluster.cut([leader, others[0]], others[1:3])
        self.cut_and_heal(make_bridge)

    def test_over_a_bridge_with_the_leader_on_one_side_nothing_is_lost(self):
        self.bridge(False)

    @unittest.skipUnless(IS_LONG, "long")
    def test_over_a_bridge_that_is_the_leader_nothing_is_lost(self):
        self.bridge(True)


class RestTest(NetworkTestCase):
    """Nothing is written: no read waits behind a write that cannot be done."""

    def test_a_leader_cut_off_among_readers_answers_none_of_them(self):
        with NetworkCluster(3).start() as cluster:
            with Load(cluster, clients=0, timeout=0.5) as load:
                leader = cluster.leader()
                self.assertEqual(cluster.do("SET", "key1", "old"), "OK")
                load.pin([leader], [True] * 4)
                until(lambda: self.answers_as_leader(cluster, leader, load), "it answers reads")
                cluster.cut([leader], cluster.all_but([leader]))
                cut = time.monotonic()
                took = self.step_down_seconds(leader, cut)
                self.assertEqual(cluster.do("SET", "key1", "new"), "OK")
                dwell(0.5)
                load.demand_silence(self, cut)
            print(f"    stepped down after {1000 * took:.0f} ms")

    def answers_as_leader(self, cluster, leader, load):
        if leader.has_stepped_down():
            cluster.hand_over(leader)
        return any(client.operations for client in load.pinned)

    def test_a_follower_cut_from_the_leader_alone_or_from_all_loses_nothing(self):
        with NetworkCluster(3).start() as cluster:
            leader = cluster.leader()
            odd = cluster.all_but([leader])[0]
            self.assertEqual(cluster.do("SET", "k", "v"), "OK")
            cluster.wait_level()
            term = cluster.term()
            for others in ([leader], cluster.all_but([odd])):
                cluster.cut([odd], others)
                dwell(CUT_S)
                cluster.heal()
                odd.wait_ready()
            print(f"    {cluster.term() - term} elections")
            self.assertEqual(cluster.do("GET", "k"), b"v")
            cluster.wait_one_state()


class OneWayTest(NetworkTestCase):
    def disturb(self, is_leader, is_deaf):
        """One node hears nobody, or is heard by nobody: it is silent, and the others go on."""
        with NetworkCluster(3).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader, term = cluster.leader(), cluster.term()
                odd = leader if is_leader else cluster.all_but([leader])[0]
                others = cluster.all_but([odd])
                load.pin([odd])
                load.ports = [node.port for node in others]
                if is_deaf:
                    cluster.cut_one_way(others, [odd])
                else:
                    cluster.cut_one_way([odd], others)
                cut = time.monotonic()
                load.run_until_written(since=cut, count=50)
                print(f"    a {'deaf' if is_deaf else 'mute'} {'leader' if is_leader else 'follower'}: without a "
                      f"write {1000 * load.gap_after(cut, odd.port):.0f} ms, {cluster.term() - term} elections")
                dwell(CUT_S)
                load.demand_silence(self, cut)
                cluster.heal()
                cluster.wait_ready()
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()

    def test_a_deaf_leader_is_silent_and_is_replaced(self):
        self.disturb(is_leader=True, is_deaf=True)

    def test_a_mute_leader_is_silent_and_is_replaced(self):
        self.disturb(is_leader=True, is_deaf=False)

    def test_a_deaf_follower_is_silent_and_the_others_go_on(self):
        self.disturb(is_leader=False, is_deaf=True)

    @unittest.skipUnless(IS_LONG, "long")
    def test_a_mute_follower_is_silent_and_the_others_go_on(self):
        self.disturb(is_leader=False, is_deaf=False)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
