"""The sentinel door (docs/operations.md): redis-py, told the sentinel ports alone, finds the leader, goes on when it is killed
or hands over, and hears of it."""

import contextlib
import unittest

import redis
from nodes import Cluster, until
from ports import free_ports
from redis.sentinel import MasterNotFoundError, Sentinel
from resp import ReplyError

NAME = "mymaster"
# What a client is told when the node that it spoke to has died, or leads no more.
LOST_LEADER = ("INDOUBT", "CLUSTERDOWN", "TRYAGAIN", "READONLY")


def patiently(act):
    """What act() returns, as soon as it does: only for what may be done twice."""
    def attempt():
        try:
            return [act()]
        except (redis.ConnectionError, MasterNotFoundError):
            return None
        except redis.ResponseError as error:
            if not isinstance(error, redis.ReadOnlyError) and not str(error).startswith(LOST_LEADER):
                raise
            return None
    return until(attempt, "somebody who leads answers")[0]


class Doors:
    """The sentinel doors of three nodes, and a client that knows them alone."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.ports = dict(zip(cluster.nodes, free_ports(len(cluster.nodes))))
        for node, port in self.ports.items():
            node.options += ["--sentinel-port", str(port)]
        self.sentinel = Sentinel([("127.0.0.1", port) for port in self.ports.values()])
        self.client = self.sentinel.master_for(NAME)

    def at(self, node):
        return redis.Redis(port=self.ports[node], decode_responses=True)

    def name_the_leader(self):
        """Whether every running node names the one that leads as the master, and the others that run as replicas that are up."""
        leader, running = self.cluster.leader(), self.cluster.running()
        others = sorted(node.port for node in running if node is not leader)
        for node in running:
            door = self.at(node)
            if door.sentinel_get_master_addr_by_name(NAME) != ("127.0.0.1", leader.port):
                return False
            if sorted(one["port"] for one in door.sentinel_slaves(NAME) if not one["is_sdown"]) != others:
                return False
        return True

    def wait_agreed(self):
        until(lambda: patiently(self.name_the_leader), "all nodes name the leader and who follows it")

    def get(self):
        return patiently(lambda: self.client.get("key"))

    def set(self, value):
        return patiently(lambda: self.client.set("key", value))


@contextlib.contextmanager
def three_nodes():
    cluster = Cluster(options=["--cluster-enabled", "no"])
    doors = Doors(cluster)
    with cluster.start():
        yield doors


def is_switch_to(message, port):
    if not message or message["type"] != "pmessage" or message["channel"] != "+switch-master":
        return False
    name, *_, new_port = message["data"].split()
    return name == NAME and new_port == str(port)


class SentinelTest(unittest.TestCase):
    def test_a_client_that_knows_the_sentinel_ports_alone_finds_the_leader(self):
        with three_nodes() as doors:
            doors.wait_agreed()
            host, port = patiently(lambda: doors.sentinel.discover_master(NAME))
            self.assertEqual(host, "127.0.0.1")
            self.assertIn(port, [node.port for node in doors.cluster.nodes])
            self.assertTrue(doors.set("value"))
            self.assertEqual(doors.get(), b"value")
            with self.assertRaises(MasterNotFoundError):
                doors.sentinel.discover_master("another")
            for node in doors.cluster.nodes:
                self.check_door(doors, node)

    def check_door(self, doors, node):
        door = doors.at(node)
        others = {port for other, port in doors.ports.items() if other is not node}
        self.assertEqual({one["port"] for one in door.sentinel_sentinels(NAME)}, others)
        self.assertEqual(door.execute_command("ROLE"), ["sentinel", [NAME]])
        with self.assertRaisesRegex(redis.ResponseError, "unknown command"):
            door.get("key")
        with self.assertRaisesRegex(ReplyError, "unknown command"):
            node.call("SENTINEL", "MASTERS")

    def test_a_client_goes_on_and_who_listens_is_told_when_the_leader_is_killed(self):
        with three_nodes() as doors, contextlib.ExitStack() as listening:
            doors.wait_agreed()
            self.assertTrue(doors.set("before"))
            events = {node: listening.enter_context(doors.at(node).pubsub()) for node in doors.cluster.nodes}
            for each in events.values():
                each.psubscribe("*")
                until(lambda each=each: each.get_message(timeout=1), "it is confirmed")
            former = doors.cluster.leader()
            former.kill()
            self.assertEqual(doors.get(), b"before")
            self.assertTrue(doors.set("after"))
            doors.wait_agreed()
            for node in doors.cluster.running():
                self.wait_switch(events[node], doors.cluster)
            former.start()
            former.wait_ready()
            doors.wait_agreed()
            self.assertEqual(doors.get(), b"after")

    def wait_switch(self, events, cluster):
        """Until a switch to the leader was told."""
        until(lambda: is_switch_to(events.get_message(timeout=0.1), cluster.leader().port), "the switch is told")

    def test_a_client_follows_when_the_leader_hands_over(self):
        with three_nodes() as doors:
            for node in doors.cluster.nodes:
                doors.cluster.hand_over(node)
                self.assertTrue(doors.set(node.port))
                self.assertEqual(doors.get(), str(node.port).encode())
            doors.wait_agreed()


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
