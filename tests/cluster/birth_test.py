"""Birth: nodes that list each other find each other, in any order, and become one cluster once."""

import itertools
import os
import re
import unittest

from nodes import Cluster, until
from resp import Closed, ReplyError


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
                    until(lambda: "Ready to accept connections" in node.log(), 5, "it listens")
                cluster.wait_ready()
                self.assertEqual(cluster.leader().call("SET", "k", "v"), "OK")
                self.assertEqual(len({cluster_of(node) for node in cluster.nodes}), 1)

    def test_until_all_are_there_it_says_who_is_missing_and_serves_no_data(self):
        with Cluster() as cluster:
            first, second, third = cluster.nodes
            for node in (first, second):
                node.start()
            missing = f"127.0.0.1:{third.raft_port} does not answer"
            until(lambda: missing in first.log(), 5, "the log names the missing node")
            self.assertIn(b"cluster_state:fail", first.call("CLUSTER", "INFO"))
            self.assertIn(missing, first.info()["raft_waiting_for"])
            self.assertEqual(first.call("PING"), "PONG")
            with self.assertRaises(ReplyError) as caught:
                first.call("GET", "k", timeout=15)
            self.assertEqual(caught.exception.code, "CLUSTERDOWN")
            third.start()
            cluster.wait_ready()

    def test_host_names_do_as_well_as_addresses(self):
        with Cluster() as cluster:
            named = cluster.peers.replace("127.0.0.1", "localhost")
            for node in cluster.nodes:
                node.options[node.options.index("--raft-peers") + 1] = named
            cluster.start()
            leader = cluster.leader()
            self.assertEqual(leader.call("SET", "k", "v"), "OK")
            hosts = {entry[0] for shard in leader.call("CLUSTER", "SLOTS") for entry in shard[2:]}
            self.assertNotIn(b"", hosts)

    def test_a_list_without_this_node_is_refused_and_named(self):
        with Cluster() as cluster:
            first, second, third = cluster.nodes
            others = f"127.0.0.1:{second.raft_port},127.0.0.1:{third.raft_port}"
            second.start(), third.start()
            first.options[first.options.index("--raft-peers") + 1] = others
            first.start()
            self.assertNotEqual(first.wait_exit(20), 0)
            self.assertIn("raft-peers", first.log())
            self.assertIn(f"127.0.0.1:{second.raft_port}", first.log())
            self.assertIn("none of these addresses is this node", first.log())

    def test_a_list_with_two_names_of_one_node_is_refused_and_named(self):
        with Cluster() as cluster:
            node = cluster.nodes[0]
            twice = cluster.peers + f",localhost:{node.raft_port}"
            node.options[node.options.index("--raft-peers") + 1] = twice
            node.start()
            self.assertNotEqual(node.wait_exit(20), 0)
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
                until(lambda: "does not see the same nodes" in node.log(), 15,
                      "the log says that the lists differ")
                self.assertIn(b"cluster_state:fail", node.call("CLUSTER", "INFO"))

    def test_a_second_run_finds_the_data_of_the_first_whatever_the_lists_say_then(self):
        with Cluster().start() as cluster:
            leader = cluster.leader()
            for number in range(100):
                leader.call("SET", f"key{number}", number)
            digest = leader.call("DEBUG", "DIGEST")
            for node in cluster.nodes:
                node.signal(15)
            for node in cluster.nodes:
                self.assertEqual(node.wait_exit(10), 0)
            other = cluster.nodes[0]
            other.options[other.options.index("--raft-peers") + 1] = (
                f"127.0.0.1:{other.raft_port},127.0.0.1:1")
            cluster.start()
            cluster.wait_level()
            self.assertEqual(cluster.leader().call("DBSIZE"), 100)
            self.assertEqual(set(cluster.digests()), {digest})

    def test_a_newcomer_that_lists_a_living_cluster_stays_outside(self):
        with Cluster(2).start() as cluster, Cluster(1) as stranger:
            cluster.leader().call("SET", "k", "v")
            term = cluster.term()
            node = stranger.nodes[0]
            node.options[node.options.index("--raft-peers") + 1] = (
                cluster.peers + "," + stranger.peers)
            node.start()
            until(lambda: "belongs to cluster" in node.log(), 15, "it says whose cluster that is")
            self.assertIn(b"cluster_state:fail", node.call("CLUSTER", "INFO"))
            self.assertEqual(cluster.leader().call("GET", "k"), b"v")
            self.assertEqual(cluster.term(), term)

    def test_a_fresh_node_at_a_members_address_replaces_it_under_its_own_id(self):
        with Cluster().start() as cluster:
            cluster.leader().call("SET", "k", "v")
            follower = cluster.followers()[0]
            follower.kill()
            follower.directory += "-emptied"
            os.makedirs(follower.directory)
            follower.start()
            until(lambda: "belongs to cluster" in follower.log(), 15, "it waits")
            self.assertEqual(cluster.leader().call("SET", "k", "w"), "OK")
            until(lambda: "added to cluster" in follower.log(), 15, "it is added")
            self.assertIn("a new node, answers at its address", cluster.leader().log())


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
