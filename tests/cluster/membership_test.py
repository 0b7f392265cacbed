"""Nodes join, leave and are replaced by redis-cli commands alone, without a restart and under load: every
acknowledged write is kept."""

import subprocess
import unittest

from load import Load
from nodes import Cluster, until
from resp import Closed, ReplyError


def cli(node, *arguments):
    """What redis-cli prints."""
    done = subprocess.run(["redis-cli", "-p", str(node.port), *map(str, arguments)], timeout=30,
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def meet(node, other):
    return cli(node, "cluster", "meet", "127.0.0.1", other.port, other.raft_port)


def node_id(node):
    return cli(node, "cluster", "myid")


def members(node):
    """Lines of CLUSTER NODES."""
    return [line for line in cli(node, "cluster", "nodes").split("\n") if line]


def is_removed(node):
    try:
        node.call("GET", "key")
    except ReplyError as error:
        return str(error).startswith("CLUSTERDOWN this node was removed")
    except Closed:
        pass
    return False


def state_of(node):
    return "ok" if "cluster_state:ok" in cli(node, "cluster", "info") else "fail"


class MembershipTest(unittest.TestCase):
    def lone_cluster(self, count=3):
        return Cluster(count, options=["--cluster-enabled", "yes"], peers=False)

    def test_from_one_process_to_three_and_back_to_one_under_load(self):
        with self.lone_cluster().start() as cluster:
            first, second, third = cluster.nodes
            connection = first.connect()
            connection.pipeline([("SET", f"loaded{number}", number) for number in range(5000)])
            connection.close()
            with Load(cluster, ports=[first.port]) as load:
                load.run_until_written()
                self.assertEqual(meet(first, second), "OK")
                until(lambda: len(members(second)) == 2 and state_of(second) == "ok", 15, "two")
                load.run_until_written()
                self.assertEqual(meet(third, first), "OK")  # sent to the newcomer
                until(lambda: len(members(third)) == 3 and state_of(third) == "ok", 15, "three")
                load.ports = [node.port for node in cluster.nodes]
                until(lambda: all(len(members(node)) == 3 for node in cluster.nodes), 10, "all see it")
                load.run_until_written(count=200)
                for gone in (second, first):
                    asked = third
                    self.assertEqual(cli(asked, "cluster", "forget", node_id(gone)), "OK")
                    load.ports.remove(gone.port)
                    until(lambda gone=gone: is_removed(gone), 5, "the removed node says so")
                    self.assertEqual(state_of(gone), "fail")
                    self.assertIn("was removed from cluster", gone.log())
                    load.run_until_written()
                until(lambda: len(members(third)) == 1, 5, "one is left")
                self.assertTrue(is_removed(first) and is_removed(second))
            cluster.nodes = [third, first, second]
            load.check(self)
            self.assertEqual(third.call("GET", "loaded7"), b"7")
            self.assertEqual(third.call("DBSIZE"), 5000 + len(third.call("KEYS", "key?")))
            self.assertEqual([node.process.poll() for node in cluster.nodes], [None] * 3)

    def test_a_removed_node_stays_outside_after_a_restart_and_can_be_met_again(self):
        with Cluster().start() as cluster:
            leader, gone = cluster.leader(), cluster.followers()[0]
            leader.call("SET", "a", "1")
            was = node_id(gone)
            gone.kill()
            self.assertEqual(cli(leader, "cluster", "forget", was), "OK")
            gone.start()
            until(lambda: is_removed(gone), 10, "it learns that it was removed")
            gone.kill()
            gone.start()
            until(lambda: is_removed(gone), 10, "it knows after a restart")
            self.assertEqual(meet(leader, gone), "OK")
            until(lambda: state_of(gone) == "ok", 15, "it is back")
            self.assertNotEqual(node_id(gone), was)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)

    def test_a_node_with_data_is_refused_and_nothing_changes(self):
        with self.lone_cluster(2).start() as cluster:
            one, other = cluster.nodes
            one.call("SET", "a", "1")
            other.call("SET", "b", "2")
            ids = [node_id(node) for node in cluster.nodes]
            for asked, named in ((one, other), (other, one)):
                self.assertIn("ERR node holds data of cluster c", meet(asked, named))
            self.assertEqual([node_id(node) for node in cluster.nodes], ids)
            self.assertEqual([one.call("GET", "a"), other.call("GET", "b")], [b"1", b"2"])
            self.assertEqual([len(members(node)) for node in cluster.nodes], [1, 1])

    def test_a_node_without_cluster_mode_says_so_at_either_end(self):
        with Cluster(2, peers=False) as cluster:
            plain, one = cluster.nodes
            one.options += ["--cluster-enabled", "yes"]
            cluster.start()
            self.assertIn("cluster-enabled yes", meet(plain, one))
            self.assertIn("cluster-enabled yes", meet(one, plain))
            self.assertEqual(plain.call("SET", "a", "1"), "OK")

    def test_a_dead_node_is_replaced_under_load(self):
        with Cluster(4) as cluster:
            spare = cluster.nodes.pop()
            spare.options = ["--cluster-enabled", "yes"]
            for node in cluster.nodes:
                node.options[1] = ",".join(f"127.0.0.1:{node.raft_port}" for node in cluster.nodes)
            cluster.start()
            spare.start()
            spare.wait_ready()
            try:
                with Load(cluster) as load:
                    load.run_until_written()
                    dead = cluster.leader()
                    dead_id = node_id(dead)
                    dead.kill()
                    load.run_until_written()
                    alive = cluster.leader()
                    self.assertEqual(cli(alive, "cluster", "forget", dead_id), "OK")
                    self.assertEqual(meet(alive, spare), "OK")
                    until(lambda: state_of(spare) == "ok", 15, "the new one follows")
                    cluster.nodes = [node for node in cluster.nodes if node is not dead] + [spare]
                    load.ports = [node.port for node in cluster.nodes]
                    load.run_until_written()
                load.check(self)
                cluster.wait_level()
                self.assertEqual(len(set(cluster.digests())), 1)
                dead.start()
                until(lambda: is_removed(dead), 10, "the replaced one learns it when it returns")
            finally:
                spare.kill()
                dead.kill()

    def test_redis_cli_s_cluster_tools(self):
        with self.lone_cluster(2).start() as cluster:
            one, other = cluster.nodes
            one.call("SET", "a", "1")
            self.assertEqual(meet(other, one), "OK")
            until(lambda: state_of(other) == "ok" and len(members(other)) == 2, 10, "it follows")
            at_one = f"127.0.0.1:{one.port}"
            self.assertIn("All 16384 slots covered", cli(one, "--cluster", "check", at_one))
            self.assertIn("1 keys in 1 masters", cli(one, "--cluster", "info", at_one))
            removed = cli(one, "--cluster", "del-node", at_one, node_id(other))
            until(lambda: len(members(one)) == 1, 10, f"removed: {removed}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
