"""The network between real processes breaks (the fault catalogue in docs/testing.md): each node in a
network namespace, cuts by blackhole routes in a router between them."""

import time
import unittest

from load import Load
from network_cluster import ELECTION_TIMEOUT_S, IS_LONG, NetworkCluster, NetworkTestCase
from nodes import until

CUT_S = 10 if IS_LONG else 1.5
CALM_S = 5 if IS_LONG else 1


class SplitTest(NetworkTestCase):
    def split(self, count, choose):
        """Cuts off the minority that `choose` names: it is silent, the others go on, and nobody's
        return costs an election."""
        with NetworkCluster(count).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader, term = cluster.leader(), cluster.term()
                minority = choose(leader, cluster.followers())
                majority = cluster.all_but(minority)
                load.pin(minority)
                load.ports = [node.port for node in majority]
                moment = time.monotonic()
                cluster.cut(minority, majority)
                cut = time.monotonic()
                if leader in minority:
                    took = self.step_down_seconds(leader, cut)
                    load.run_until_written(since=cut)
                    gap = load.gap_after(moment, leader.port)
                    print(f"    the leader stepped down after {1000 * took:.0f} ms; without a write "
                          f"{1000 * gap:.0f} ms")
                    # Seen by asking, whose answer is up to 100 ms old.
                    self.assertLess(took, 2 * ELECTION_TIMEOUT_S + 0.15)
                    self.assertLess(gap, 3)
                while time.monotonic() < cut + CUT_S:
                    load.run_until_written(count=50)
                term = term if leader in majority else cluster.term()
                load.demand_silence(self, cut)
                cluster.heal()
                healed = time.monotonic()
                self.demand_no_election(cluster, CALM_S, term)
                cluster.wait_ready(10)
                cluster.wait_level()
                self.assertEqual(cluster.terms(), {term})
                print(f"    cut for {healed - cut:.1f} s, level {time.monotonic() - healed:.1f} s "
                      f"after healing; term {term} stayed")
                load.run_until_written(count=100)
            load.check(self)
            self.demand_one_state(cluster)

    def test_an_isolated_leader_of_three_steps_down_and_its_return_costs_no_election(self):
        self.split(3, lambda leader, followers: [leader])

    def test_an_isolated_follower_of_three_costs_nothing(self):
        self.split(3, lambda leader, followers: followers[:1])

    def test_two_of_five_with_the_leader_are_silent_and_the_three_go_on(self):
        self.split(5, lambda leader, followers: [leader, followers[0]])

    @unittest.skipUnless(IS_LONG, "long")
    def test_two_followers_of_five_are_silent_and_the_three_go_on(self):
        self.split(5, lambda leader, followers: followers[:2])

    @unittest.skipUnless(IS_LONG, "long")
    def test_an_isolated_leader_of_five_steps_down(self):
        self.split(5, lambda leader, followers: [leader])


class PartialTest(NetworkTestCase):
    def demand_that_it_serves(self, cut):
        """`cut` cuts links of five nodes that leave the leader a majority: nothing happens."""
        with NetworkCluster(5).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader, term = cluster.leader(), cluster.term()
                load.ports = [leader.port]
                cut(cluster, leader)
                begun = time.monotonic()
                while time.monotonic() < begun + CUT_S:
                    load.run_until_written(count=50)
                    self.assertLessEqual(max(cluster.terms()), term)
                cluster.heal()
                self.demand_no_election(cluster, CALM_S, term)
                self.assertIs(cluster.leader(), leader)
                cluster.wait_level()
                load.run_until_written(count=100)
            load.check(self)
            self.demand_one_state(cluster)

    def test_in_a_ring_the_leader_stays_and_serves(self):
        def make_ring(cluster, _):
            for i, node in enumerate(cluster.nodes):
                cluster.cut([node], [cluster.nodes[(i + 2) % 5]])
        self.demand_that_it_serves(make_ring)

    def bridge(self, is_leader_the_bridge):
        def make_bridge(cluster, leader):
            others = cluster.all_but([leader])
            if is_leader_the_bridge:
                cluster.cut(others[:2], others[2:])
            else:
                cluster.cut([leader, others[0]], others[1:3])
        self.demand_that_it_serves(make_bridge)

    def test_over_a_bridge_the_leader_on_one_side_stays_and_serves(self):
        self.bridge(False)

    @unittest.skipUnless(IS_LONG, "long")
    def test_as_the_bridge_the_leader_stays_and_serves(self):
        self.bridge(True)


class RestTest(NetworkTestCase):
    """Nothing is written: all logs are equal, so only hearing a leader is a reason to refuse a vote;
    and no read waits behind a write that cannot be done."""

    def test_a_leader_cut_off_among_readers_answers_none_of_them(self):
        with NetworkCluster(3).start() as cluster:
            with Load(cluster, clients=0, timeout=0.5) as load:
                leader = cluster.leader()
                self.assertEqual(leader.call("SET", "key1", "old"), "OK")
                load.pin([leader], [True] * 4)
                until(lambda: load.pinned[0].operations, 5, "it answers reads")
                cluster.cut([leader], cluster.all_but([leader]))
                cut = time.monotonic()
                took = self.step_down_seconds(leader, cut)
                self.assertEqual(cluster.leader().call("SET", "key1", "new"), "OK")
                time.sleep(0.5)
                load.demand_silence(self, cut)
            print(f"    stepped down after {1000 * took:.0f} ms")

    def test_a_follower_cut_from_the_leader_alone_or_from_all_deposes_nobody(self):
        with NetworkCluster(3).start() as cluster:
            leader, odd = cluster.leader(), cluster.followers()[0]
            self.assertEqual(leader.call("SET", "k", "v"), "OK")
            cluster.wait_level()
            term = cluster.term()
            for others in ([leader], cluster.all_but([odd])):
                cluster.cut([odd], others)
                self.demand_no_election(cluster, CUT_S, term)
                cluster.heal()
                self.demand_no_election(cluster, CALM_S, term)
                odd.wait_ready(10)
            self.assertIs(cluster.leader(), leader)
            print(f"    term {term} stays")
            self.demand_one_state(cluster)


class OneWayTest(NetworkTestCase):
    def replace_leader(self, is_deaf):
        with NetworkCluster(3).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader = cluster.leader()
                others = cluster.all_but([leader])
                load.pin([leader])
                load.ports = [node.port for node in others]
                if is_deaf:
                    cluster.cut_one_way(others, [leader])
                else:
                    cluster.cut_one_way([leader], others)
                cut = time.monotonic()
                took = self.step_down_seconds(leader, cut)
                load.run_until_written(since=cut)
                print(f"    a {'deaf' if is_deaf else 'mute'} leader stepped down after "
                      f"{1000 * took:.0f} ms; without a write "
                      f"{1000 * load.gap_after(cut, leader.port):.0f} ms")
                if is_deaf:
                    self.assertLess(took, 2 * ELECTION_TIMEOUT_S + 0.15)
                while time.monotonic() < cut + CUT_S:
                    load.run_until_written(count=50)
                load.demand_silence(self, cut)
                term = cluster.term()
                cluster.heal()
                self.demand_no_election(cluster, CALM_S, term)
                cluster.wait_ready(10)
                load.run_until_written(count=100)
                self.assertEqual(cluster.terms(), {term})
            load.check(self)
            self.demand_one_state(cluster)

    def test_a_deaf_leader_steps_down_in_time_and_is_replaced(self):
        self.replace_leader(is_deaf=True)

    def test_a_mute_leader_is_replaced(self):
        self.replace_leader(is_deaf=False)

    def disturb_follower(self, is_deaf):
        with NetworkCluster(3).start() as cluster:
            with Load(cluster, timeout=0.5) as load:
                load.run_until_written(count=100)
                leader, term, odd = cluster.leader(), cluster.term(), cluster.followers()[0]
                others = cluster.all_but([odd])
                load.ports = [node.port for node in others]
                load.pin([odd])
                if is_deaf:
                    cluster.cut_one_way(others, [odd])
                else:
                    cluster.cut_one_way([odd], others)
                cut = time.monotonic()
                while time.monotonic() < cut + CUT_S:
                    load.run_until_written(count=50)
                    self.assertLessEqual(max(cluster.terms()), term)
                load.demand_silence(self, cut)
                cluster.heal()
                self.demand_no_election(cluster, CALM_S, term)
                cluster.wait_ready(10)
                self.assertIs(cluster.leader(), leader)
                self.assertEqual(cluster.terms(), {term})
            load.check(self)
            self.demand_one_state(cluster)

    def test_a_deaf_follower_deposes_nobody(self):
        self.disturb_follower(is_deaf=True)

    @unittest.skipUnless(IS_LONG, "long")
    def test_a_mute_follower_deposes_nobody(self):
        self.disturb_follower(is_deaf=False)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
