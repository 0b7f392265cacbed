"""Birth: nodes that list each other find each other, in any order, and become one cluster once."""

import itertools
import os
import re
import unittest

from nodes import Cluster, until
from resp import ReplyError


def cluster_of(node):
    """The cluster's name as the founding line of the node's log says it."""
    found = re.findall(r"cluster ([0-9a-f]+) of \d+ nodes is founded", node.log())
    return found[-1] if found else None


class BirthTest(unittest.TestCase):
    def test_three_nodes_become_one_cluster_in_any_order_of_start(self):
        for order in itertools.permutations(range(3)):
            with self.subTest(order=order), Cluster() as cluster:
                for number in order:
                    node = cluster.nodes[number]
                    node.start()
                    node.wait_log("Ready to accept connections")
                cluster.wait_ready()
                self.assertEqual(cluster.do("SET", "k", "v"), "OK")
                self.assertEqual(len({cluster_of(node) for node in cluster.nodes}), 1)

    def test_until_all_are_there_it_says_who_is_missing_and_serves_no_data(self):
        with Cluster() as cluster:
            first, second, third = cluster.nodes
            for node in (first, second):
                node.start()
            missing = f"127.0.0.1:{third.raft_port} does not answer"
            first.wait_log(missing)
            self.assertIn(b"cluster_state:fail", first.call("CLUSTER", "INFO"))
            until(lambda: missing in first.info()["raft_waiting_for"], "INFO names it")
            self.assertEqual(first.call("PING"), "PONG")
            with self.assertRaises(ReplyError) as caught:
                first.call("GET", "k")
            self.assertEqual(caught.exception.code, "CLUSTERDOWN")
            third.start()
            cluster.wait_ready()

    def test_host_names_do_as_well_as_addresses(self):
        with Cluster() as cluster:
            named = cluster.peers.replace("127.0.0.1", "localhost")
            for node in cluster.nodes:
                node.options[node.options.index("--raft-peers") + 1] = named
            cluster.start()
            self.assertEqual(cluster.do("SET", "k", "v"), "OK")
            hosts = {entry[0] for shard in cluster.do("CLUSTER", "SLOTS") for entry in shard[2:]}
            self.assertNotIn(b"", hosts)

    def test_a_list_without_this_node_is_refused_and_named(self):
        with Cluster() as cluster:
            first, second, third = cluster.nodes
            others = f"127.0.0.1:{second.raft_port},127.0.0.1:{third.raft_port}"
            second.start(), third.start()
            first.options[first.options.index("--raft-peers") + 1] = others
            first.start()
            self.assertNotEqual(first.wait_exit(), 0)
            self.assertIn("raft-peers", first.log())
            self.assertIn(f"127.0.0.1:{second.raft_port}", first.log())
            self.assertIn("none of these addresses is this node", first.log())

    def test_a_list_with_two_names_of_one_node_is_refused_and_named(self):
        with Cluster() as cluster:
            node = cluster.nodes[0]
            twice = cluster.peers + f",localhost:{node.raft_port}"
            node.options[node.options.index("--raft-peers") + 1] = twice
            node.start()
            self.assertNotEqual(node.wait_exit(), 0)
            self.assertIn(f"raft-peers {twice.replace(',', ', ')}", node.log())
            self.assertIn(f"127.0.0.1:{node.raft_port} and localhost:{node.raft_port} are both this "
                          "node", node.log())

    def test_lists_that_differ_found_nothing(self):
        with Cluster() as cluster:
            first, second, third = cluster.nodes
            short = f"127.0.0.1:{first.raft_port},127.0.0.1:{second.raft_port}"
            first.options[first.options.index("--raft-peers") + 1] = short
            for node in cluster.nodes:
                node.start()
            for node in (second, third):
                node.wait_log("does not see the same nodes")
                self.assertIn(b"cluster_state:fail", node.call("CLUSTER", "INFO"))

    def test_a_second_run_finds_the_data_of_the_first_whatever_the_lists_say_then(self):
        with Cluster().start() as cluster:
            cluster.do_all([("SET", f"key{number}", number) for number in range(100)])
            digest = cluster.wait_one_state()
            for node in cluster.nodes:
                node.signal(15)
            for node in cluster.nodes:
                self.assertEqual(node.wait_exit(), 0)
            other = cluster.nodes[0]
            other.options[other.options.index("--raft-peers") + 1] = (
                f"127.0.0.1:{other.raft_port},127.0.0.1:1")
            cluster.start()
            self.assertEqual(cluster.do("DBSIZE"), 100)
            self.assertEqual(cluster.wait_one_state(), digest)

    def test_a_newcomer_that_lists_a_living_cluster_stays_outside(self):
        with Cluster(2).start() as cluster, Cluster(1) as stranger:
            cluster.do("SET", "k", "v")
            node = stranger.nodes[0]
            node.options[node.options.index("--raft-peers") + 1] = (
                cluster.peers + "," + stranger.peers)
            node.start()
            node.wait_log("belongs to a cluster")
            self.assertIn(b"cluster_state:fail", node.call("CLUSTER", "INFO"))
            self.assertEqual(cluster.do("GET", "k"), b"v")

    def test_a_fresh_node_at_a_members_address_replaces_it_under_its_own_id(self):
        with Cluster().start() as cluster:
            cluster.do("SET", "k", "v")
            follower = cluster.followers()[0]
            follower.kill()
            follower.directory += "-emptied"
            os.makedirs(follower.directory)
            follower.start()
            follower.wait_log("belongs to a cluster")
            self.assertEqual(cluster.do("SET", "k", "w"), "OK")
            follower.wait_log("added to cluster")
            self.assertIn("a new node, answers at its address", cluster.logs())


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
