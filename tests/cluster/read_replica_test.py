"""A read replica (raft-voter no) beside three voters: it follows and answers reads, is shown as a learner, and neither leads
nor makes a majority, whoever is gone; the setting may change with a restart."""

import contextlib
import os
import unittest

from load import Load
from nodes import Cluster, Node, dwell, until
from ports import free_ports
from resp import ReplyError


def ids(node, field):
    """The ids in a field of INFO raft."""
    return set(filter(None, node.info().get(field, "").split(",")))


def name_of(node):
    return node.call("CLUSTER", "MYID").decode()


def refusal(node, *command):
    try:
        return f"no error but {node.call(*command)!r}"
    except ReplyError as error:
        return str(error)


def read(node, key, mode=("READONLY",)):
    with contextlib.closing(node.connect()) as connection:
        connection.call(*mode)
        return connection.call("GET", key)


class ReadReplicaTest(unittest.TestCase):
    @contextlib.contextmanager
    def cluster_with_replica(self):
        with Cluster().start() as cluster:
            port, raft_port = free_ports(2)
            replica = Node(os.path.join(cluster.directory, "replica"), port, raft_port, ["--raft-voter", "no"])
            cluster.nodes.append(replica)
            replica.start()
            replica.wait_log("waiting for a cluster that adds this node (CLUSTER MEET)")
            self.assertTrue(refusal(replica, "SET", "a", "1").startswith("CLUSTERDOWN"), refusal(replica, "SET", "a", "1"))
            until(lambda: cluster.do("CLUSTER", "MEET", "127.0.0.1", port, raft_port) == "OK", "it is met")
            replica.wait_ready()
            yield cluster, replica

    def is_learner(self, cluster, replica):
        return ids(cluster.leader(), "raft_learners") == {name_of(replica)}

    def test_it_follows_and_reads_and_never_leads_nor_makes_a_majority(self):
        with self.cluster_with_replica() as (cluster, replica):
            voters = cluster.nodes[:3]
            with Load(cluster, ports=[node.port for node in voters]) as load:
                load.run_until_written()
                self.assertEqual(cluster.do("SET", "a", "1"), "OK")
                self.assertEqual(read(replica, "a", ("CLIENT", "READS", "LINEARIZABLE")), b"1")
                self.assertEqual(read(replica, "a"), b"1")
                self.assertTrue(refusal(replica, "SET", "a", "2").startswith("MOVED"))
                self.assertTrue(self.is_learner(cluster, replica))
                text = cluster.do("CLUSTER", "INFO").decode()
                self.assertIn(f"cluster_raft_learners:{name_of(replica)}\r\n", text)
                self.assertIn("never leads", refusal(replica, "CLUSTER", "FAILOVER"))
                self.assertIn("never leads", refusal(replica, "CLUSTER", "FAILOVER", "FORCE"))
                voters[0].kill()
                load.run_until_written()
                until(lambda: read(replica, "a") == b"1", "it goes on reading")
                self.assertEqual(replica.info()["raft_role"], "learner")
            load.check(self)
            # Two of four processes are left, and of the voters one.
            voters[1].kill()
            until(lambda: cluster.find_leader() is None, "the last voter leads no more")
            self.assertEqual(read(replica, "a"), b"1")
            dwell(3)
            self.assertIsNone(cluster.find_leader())
            self.assertEqual(replica.info()["raft_role"], "learner")
            voters[0].start()
            self.assertEqual(cluster.do("SET", "a", "2"), "OK")
            until(lambda: read(replica, "a") == b"2", "it follows again")
            voters[1].start()
            cluster.wait_one_state()
            for words in ("standing for election", "asking for pre-votes", "elected leader"):
                self.assertNotIn(words, replica.log())

    def test_a_restart_with_the_other_setting_makes_it_a_voter_and_a_learner_again(self):
        with self.cluster_with_replica() as (cluster, replica):
            self.assertEqual(cluster.do("SET", "a", "1"), "OK")
            name = name_of(replica)
            for setting, field in (("yes", "raft_voters"), ("no", "raft_learners")):
                self.assertEqual(replica.terminate(), 0)
                replica.options = ["--raft-voter", setting]
                replica.start()
                until(lambda field=field: name in ids(cluster.leader(), field), f"it is one of {field}")
            until(lambda: replica.info().get("raft_role") == "learner", "it knows")
            until(lambda: read(replica, "a") == b"1", "it reads")
            cluster.wait_one_state()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
