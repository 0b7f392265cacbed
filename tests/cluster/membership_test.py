"""Nodes join, leave and are replaced by redis-cli commands alone, without a restart and under load: every
acknowledged write is kept."""

import subprocess
import unittest

from load import Load
from nodes import Cluster, until
from resp import PATIENCE_S, Closed, ReplyError


def cli(node, *arguments):
    """What redis-cli prints."""
    done = subprocess.run(["redis-cli", "-p", str(node.port), *map(str, arguments)], timeout=PATIENCE_S,
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def meet(node, other):
    return cli(node, "cluster", "meet", "127.0.0.1", other.port, other.raft_port)


def unite(node, other):
    """Until it is carried out: leadership may move meanwhile, and a slow node not answer in time."""
    until(lambda: meet(node, other) == "OK", lambda: f"CLUSTER MEET: {meet(node, other)}")


def remove(node, name):
    def forget():
        said = cli(node, "cluster", "forget", name)
        return said == "OK" or "Unknown node" in said
    until(forget, lambda: "CLUSTER FORGET: " + cli(node, "cluster", "forget", name))


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
                unite(first, second)
                until(lambda: len(members(second)) == 2 and state_of(second) == "ok", "two")
                load.run_until_written()
                unite(third, first)  # sent to the newcomer
                until(lambda: len(members(third)) == 3 and state_of(third) == "ok", "three")
                load.ports = [node.port for node in cluster.nodes]
                until(lambda: all(len(members(node)) == 3 for node in cluster.nodes), "all see it")
                load.run_until_written(count=200)
                for gone in (second, first):
                    remove(third, node_id(gone))
                    load.ports.remove(gone.port)
                    until(lambda gone=gone: is_removed(gone), "the removed node says so")
                    self.assertEqual(state_of(gone), "fail")
                    gone.wait_log("was removed from cluster")
                    load.run_until_written()
                until(lambda: len(members(third)) == 1, "one is left")
                self.assertTrue(is_removed(first) and is_removed(second))
            cluster.nodes = [third, first, second]
            load.check(self)
            self.assertEqual(cluster.do("GET", "loaded7"), b"7")
            self.assertEqual(cluster.do("DBSIZE"), 5000 + len(cluster.do("KEYS", "key?")))
            self.assertEqual([node.process.poll() for node in cluster.nodes], [None] * 3)

    def test_a_removed_node_stays_outside_after_a_restart_and_can_be_met_again(self):
        with Cluster().start() as cluster:
            gone, stays, _ = cluster.nodes
            cluster.do("SET", "a", "1")
            was = node_id(gone)
            gone.kill()
            remove(stays, was)
            gone.start()
            until(lambda: is_removed(gone), "it learns that it was removed")
            gone.kill()
            gone.start()
            until(lambda: is_removed(gone), "it knows after a restart")
            unite(stays, gone)
            until(lambda: state_of(gone) == "ok", "it is back")
            self.assertNotEqual(node_id(gone), was)
            cluster.wait_one_state()

    def test_a_node_with_data_is_refused_and_nothing_changes(self):
        with self.lone_cluster(2).start() as cluster:
            one, other = cluster.nodes
            one.call("SET", "a", "1")
            other.call("SET", "b", "2")
            ids = [node_id(node) for node in cluster.nodes]
            for asked, named in ((one, other), (other, one)):
                until(lambda asked=asked, named=named: "ERR node holds data of cluster c" in meet(asked, named), "refused")
            self.assertEqual([node_id(node) for node in cluster.nodes], ids)
            self.assertEqual([one.call("GET", "a"), other.call("GET", "b")], [b"1", b"2"])
            self.assertEqual([len(members(node)) for node in cluster.nodes], [1, 1])

    def test_nodes_that_were_started_alone_join_when_each_is_told_to(self):
        """Without `cluster-enabled yes`, as one that stands in for a single Redis is started, and with no restart: nobody from
        outside makes it give away or lose what it holds."""
        with Cluster(2, peers=False).start() as cluster:
            first, second = cluster.nodes
            first.call("SET", "a", "1")
            until(lambda: "say CLUSTER MEET there too" in meet(first, second), "the one that was named says so")
            until(lambda: meet(second, first) == "OK", "both have been told")
            until(lambda: all(node.info().get("raft_voters", "").count(",") == 1 for node in cluster.nodes), "two voters")
            until(lambda: second.call("GET", "a") == b"1", "what the first had")
            self.assertEqual(second.call("SET", "b", "2"), "OK")
            self.assertEqual(first.call("GET", "b"), b"2")

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
                    remove(alive, dead_id)
                    unite(alive, spare)
                    until(lambda: state_of(spare) == "ok", "the new one follows")
                    cluster.nodes = [node for node in cluster.nodes if node is not dead] + [spare]
                    load.ports = [node.port for node in cluster.nodes]
                    load.run_until_written()
                load.check(self)
                cluster.wait_one_state()
                dead.start()
                until(lambda: is_removed(dead), "the replaced one learns it when it returns")
            finally:
                spare.kill()
                dead.kill()

    def test_redis_cli_s_cluster_tools(self):
        with self.lone_cluster(2).start() as cluster:
            one, other = cluster.nodes
            one.call("SET", "a", "1")
            unite(other, one)
            until(lambda: state_of(other) == "ok" and len(members(other)) == 2, "it follows")
            at_one = f"127.0.0.1:{one.port}"
            until(lambda: "All 16384 slots covered" in cli(one, "--cluster", "check", at_one), "check")
            until(lambda: "1 keys in 1 masters" in cli(one, "--cluster", "info", at_one), "info")
            name = node_id(other)
            until(lambda: cli(one, "--cluster", "del-node", at_one, name) and len(members(one)) == 1, "it is removed")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
