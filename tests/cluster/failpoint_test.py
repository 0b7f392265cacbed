"""Real processes that die, as by kill -9, at every named step of birth, checkpoint, log, truncation, snapshot
install, vote, transfer and change of members (base/failpoint.h), under load; each comes back with the same command
and directory, every acknowledged write is there, and what was interrupted is finished or can be done again.
Run with a server that has failpoints: QUORATE_SERVER=build/asan/quorate-server."""

import contextlib
import os
import re
import signal
import subprocess
import time
import unittest

from damage import flip
from everysec_test import pretend_another_boot
from load import Load
from nodes import SERVER, Cluster, until
from resp import Closed, ReplyError

REGISTRY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../base/failpoint.h")
SEGMENT_BYTES = 256 * 1024
CUT_LOG = ["--raft-catchup-log-max", "1kb"]  # whoever comes back late gets a checkpoint

# NAME or NAME:PASS. What dies there stands in the test of each.
BIRTH = ("identity.written", "identity.renamed", "birth.unwritten", "birth.durable")
CHECKPOINT = ("checkpoint.begun", "checkpoint.slice-written:2", "state.rows-uncommitted", "checkpoint.rows-written",
              "state.mark-uncommitted", "state.unfolded", "checkpoint.valid", "state.purge-uncommitted",
              "state.purged")
LOG = ("segment.created", "segment.allocated", "segment.header-written", "segment.durable", "segment.noted",
       "segment.first-batch", "note.written", "note.renamed", "promises.written")
DISCARD = ("log.discard-noted", "log.segment-removed")
TRUNCATION = ("truncation.unwritten", "truncation.written", "truncation.durable")
VOTE = ("vote.unwritten", "vote.durable")
TRANSFER_FROM, TRANSFER_TO = "transfer.told", "transfer.received"
INSTALL = (("install.begun", "install.chunk-stored", "install.chunk-stored:2", "install.rows-written", "install.valid"),
           ("install.log-reset",), ("install.loading",))
STREAM = ("stream.chunk-read", "stream.chunk-read:2", "stream.ended")
# A newcomer that was alone: where it is met, and then at each start.
NEWCOMER = ("dissolve.applied", "rebirth.state-removed", "rebirth.forgotten", "identity.written", "identity.renamed")
WELCOME = ("birth.unwritten", "birth.durable")
# (who, where) while a node is met: the first pass is the learner's coming, the second its promotion. And while
# one is removed.
MEET = (("leader", "meet.inviting"), ("newcomer", "meet.accepted"), ("leader", "meet.ordered"),
        ("leader", "membership.ordered"), ("leader", "membership.appended"), ("follower", "membership.durable"),
        ("leader", "membership.committed"), ("leader", "membership.applied"), ("leader", "membership.appended:2"),
        ("leader", "membership.durable:2"), ("follower", "membership.committed:2"))
FORGET = (("leader", "membership.ordered"), ("leader", "membership.appended"), ("follower", "membership.appended"),
          ("leader", "membership.durable"), ("leader", "membership.committed"), ("follower", "membership.applied"),
          ("newcomer", "removal.learned"), ("newcomer", "identity.written"), ("newcomer", "identity.renamed"))
RECALL = "recall.brought-back"
APPLYING = "element.applying"
SET_ASIDE = ("set-aside.moved", "set-aside.moved:2")
NEVER = 10**12  # passes: as good as disarmed


def registry():
    with open(REGISTRY, encoding="utf-8") as file:
        return re.findall(r'^    \{"([a-z.-]+)",', file.read(), re.M)


def name_of(point):
    return point.split(":")[0]


def tested():
    points = (*BIRTH, *CHECKPOINT, *LOG, *DISCARD, *TRUNCATION, *VOTE, TRANSFER_FROM, TRANSFER_TO, *sum(INSTALL, ()),
              *STREAM, *NEWCOMER, *WELCOME, *(point for _, point in MEET + FORGET), RECALL, APPLYING,
              *SET_ASIDE)
    return {name_of(point) for point in points}


@contextlib.contextmanager
def named(point):
    """What fails inside says where."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"at failpoint {point}")
        raise


def has_failpoints():
    with open(SERVER, "rb") as file:
        return b"QUORATE_FAILPOINT" in file.read()


class Growing(Cluster):
    """Three nodes, and a newcomer that is alone until it is met; `is_grown`: it counts as one of them."""

    def __init__(self):
        super().__init__(4, options=CUT_LOG)
        self.newcomer, self.is_grown = self.nodes.pop(), False
        for node in self.nodes:
            node.options[1] = ",".join(f"127.0.0.1:{other.raft_port}" for other in self.nodes)
        self.newcomer.options = ["--cluster-enabled", "yes", *CUT_LOG]

    def __exit__(self, *error):
        self.newcomer.kill()
        super().__exit__(*error)

    def start(self):
        super().start()
        self.newcomer.start()
        self.newcomer.wait_ready()
        return self

    def is_listed(self):
        """The leader counts the newcomer as a member, or as one that becomes one."""
        return f":{self.newcomer.port}@" in self.do("CLUSTER", "NODES").decode()

    def running(self):
        return [node for node in self.nodes + [self.newcomer] * self.is_grown if node.is_running()]

    def find_leader(self):
        """Alone it leads too, but not these."""
        was, self.is_grown = self.is_grown, "raft_peer2" in self.newcomer.info()
        found = super().find_leader()
        self.is_grown = was
        return found


@unittest.skipUnless(has_failpoints(), f"no failpoints are compiled into {SERVER}")
class FailpointTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["QUORATE_SEGMENT_BYTES"] = str(SEGMENT_BYTES)
        cls.deaths, cls.loads, cls.begun = 0, 0, time.monotonic()
        cls.log_before = {}  # by port: how long each node's log was when it was armed

    @classmethod
    def tearDownClass(cls):
        print(f"    {cls.deaths} deaths in {time.monotonic() - cls.begun:.0f} s")

    # ---- a death and what follows ----

    def arm(self, node, point):
        self.log_before[node.port] = len(node.log())
        self.assertEqual(node.call("DEBUG", "FAILPOINT", point), "OK", point)

    def demand_death(self, node, point, provoke=lambda: None):
        """What provokes it is done again and again: leadership may be elsewhere, or change meanwhile."""
        def dies():
            with contextlib.suppress(Closed, ReplyError):
                provoke()
            with contextlib.suppress(subprocess.TimeoutExpired):
                return node.process.wait(2) is not None
            return False
        until(dies, lambda: f"node {node.port} dies at {point}; its log ends\n{node.log()[-1500:]}")
        self.take_death(node, point)

    def take_death(self, node, point):
        self.assertEqual(node.wait_exit(), -signal.SIGKILL, point)
        self.assertIn(f"quorate: dies at failpoint {name_of(point)}\n", node.log()[self.log_before[node.port]:])
        type(self).deaths += 1

    def start_dying(self, node, point):
        """It starts and dies there."""
        self.log_before[node.port] = len(node.log())
        node.start(environment={"QUORATE_FAILPOINT": point})
        self.demand_death(node, point)

    def load(self, cluster, ports=None):
        """On keys that nobody has used before."""
        type(self).loads += 1
        return Load(cluster, clients=4, prefix=f"load{self.loads}.", ports=ports)

    def demand_whole(self, cluster, load):
        """Level, every acknowledged write there, the same state on all."""
        load.check(self)
        cluster.wait_one_state()

    def start_again(self, node, load):
        node.start()
        node.wait_ready()
        load.run_until_written()

    def dies_at(self, cluster, node, point, provoke):
        """Under load: `node` dies there because of `provoke()`, and comes back."""
        with named(point):
            with self.load(cluster) as load:
                load.run_until_written()
                self.arm(node, point)
                self.demand_death(node, point, provoke)
                load.run_until_written()
                self.start_again(node, load)
            self.demand_whole(cluster, load)

    def fill(self, cluster, keys=500):
        """1 MB, so much that the log goes on in other segments; with whoever leads, whoever dies."""
        connection = cluster.leader().connect()
        with contextlib.suppress(Closed):
            connection.pipeline([("SET", f"filled{number}", f"{time.time_ns()}" + "x" * 2000)
                                 for number in range(keys)])
        connection.close()

    def fill_and_save(self, cluster, node):
        self.fill(cluster)  # there is log to be thrown away
        node.call("BGSAVE")

    def one_of_each(self, cluster, count):
        """The leader and a follower, alternately."""
        for number in range(count):
            yield cluster.leader() if number % 2 else cluster.followers()[0]

    # ---- the tests ----

    def test_every_failpoint_is_in_one_of_these_tests(self):
        self.assertEqual(sorted(registry()), sorted(tested()))
        self.assertGreater(len(registry()), 20)

    def test_birth(self):
        with Cluster() as cluster:
            one, *others = cluster.nodes
            for node in others:
                node.start()
            for point in BIRTH:
                self.start_dying(one, point)
            one.start()
            cluster.wait_ready()
            with self.load(cluster) as load:
                load.run_until_written()
            self.demand_whole(cluster, load)

    def test_checkpoint(self):
        with Cluster(options=CUT_LOG).start() as cluster:
            self.fill(cluster, 1500)
            points = CHECKPOINT + DISCARD
            for point, node in zip(points, self.one_of_each(cluster, len(points))):
                self.dies_at(cluster, node, point, lambda node=node: self.fill_and_save(cluster, node))
                node.save()

    def test_segments_of_the_log(self):
        with Cluster().start() as cluster:
            for point, node in zip(LOG, self.one_of_each(cluster, len(LOG))):
                self.dies_at(cluster, node, point, lambda: self.fill(cluster, 200))

    def test_truncation(self):
        with Cluster().start() as cluster:
            for point in TRUNCATION:
                with named(point):
                    old = self.leave_alone(cluster)
                    with self.load(cluster, [node.port for node in cluster.running()]) as load:
                        load.run_until_written()
                        self.start_dying(old, point)
                        load.run_until_written()
                        self.start_again(old, load)
                    self.demand_whole(cluster, load)

    def leave_alone(self, cluster):
        """The leader dies with entries in its log that nobody else has; the others go on without it."""
        return until(lambda: self.try_to_leave_alone(cluster), "a leader with an entry of its own")

    def try_to_leave_alone(self, cluster):
        cluster.wait_ready()
        cluster.wait_level()
        leader, followers = cluster.leader(), cluster.followers()
        mark = f"alone{time.time_ns()}"
        with leader.connect() as connection:
            for node in followers:
                node.kill()
            connection.send("SET", "alone", mark)
            # A leader that is not heard gives up, maybe before it takes the write.
            until(lambda: self.is_in_log(leader, mark) or leader.info()["raft_role"] != "leader", "it is written, or not")
        is_written = self.is_in_log(leader, mark)
        if is_written:
            leader.kill()
        for node in followers:
            node.start()
        for node in followers:
            node.wait_ready()
        return leader if is_written else None

    def is_in_log(self, node, mark):
        """In what the disk is told to hold: a kill does not take it back."""
        directory = os.path.join(node.directory, "log")
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), "rb") as file:
                if mark.encode() in file.read():
                    return True
        return False

    def test_votes_and_transfers(self):
        with Cluster().start() as cluster:
            for point in VOTE:
                for dies in (0, 1):
                    followers = cluster.followers()
                    self.dies_at(cluster, followers[dies], point, lambda: self.fail_over(cluster.followers()[1]))
            leader = cluster.leader()
            self.dies_at(cluster, leader, TRANSFER_FROM, lambda: self.transfer_from(cluster, leader))
            to = cluster.followers()[0]
            self.dies_at(cluster, to, TRANSFER_TO, lambda: self.transfer_to(cluster, to))

    def transfer_from(self, cluster, leader):
        leads = cluster.leader() is leader
        self.fail_over(cluster.followers()[0] if leads else leader)

    def transfer_to(self, cluster, to):
        leads = cluster.leader() is to
        self.fail_over(cluster.followers()[0] if leads else to)

    def fail_over(self, to):
        with contextlib.suppress(Closed, ReplyError):
            to.call("CLUSTER", "FAILOVER")

    def test_install_at_the_receiver(self):
        with Cluster(options=CUT_LOG).start() as cluster:
            self.fill(cluster, 1500)
            for points in INSTALL:
                with named(points), self.load(cluster) as load:
                    away = self.send_away(cluster, load)
                    for point in points:
                        self.start_dying(away, point)
                        load.run_until_written()
                    self.start_again(away, load)
                self.demand_whole(cluster, load)
                away.save()

    def test_install_at_the_sender(self):
        with Cluster(options=CUT_LOG).start() as cluster:
            self.fill(cluster, 1500)
            for point in STREAM:
                with named(point), self.load(cluster) as load:
                    away = self.send_away(cluster, load)
                    senders = cluster.running()  # whoever leads then
                    for node in senders:
                        self.arm(node, point)
                    self.demand_dead_sender(cluster, senders, away)
                    for node in senders:
                        with contextlib.suppress(Closed):
                            node.call("DEBUG", "FAILPOINT", f"{name_of(point)}:{NEVER}")
                    for node in senders:
                        if not node.is_running():
                            self.take_death(node, point)
                            node.start()
                    cluster.wait_ready()
                    load.run_until_written()
                self.demand_whole(cluster, load)

    def demand_dead_sender(self, cluster, senders, away):
        """Leadership may move while the checkpoint is sent, and another node send the rest: then it is sent anew."""
        def one_is_dead():
            if not all(node.is_running() for node in senders):
                return True
            if not away.is_running():
                away.start()
            if away.is_ready() and "is installed" in away.log()[self.log_before[away.port]:]:
                self.leave_behind(cluster, away)
            return False
        until(one_is_dead, lambda: f"a sender dies; the receiver's log ends\n{away.log()[-1500:]}")

    def send_away(self, cluster, load):
        """A follower is killed, and the others' logs go on without it."""
        load.run_until_written()
        away = cluster.followers()[0]
        self.leave_behind(cluster, away)
        return away

    def leave_behind(self, cluster, away):
        away.kill()
        self.log_before[away.port] = len(away.log())
        last = max(int(node.info()["raft_last_log_index"]) for node in cluster.running())
        for node in cluster.running():
            node.cut_log_beyond(last)

    # ---- members ----

    def meet(self, asked, newcomer):
        with contextlib.suppress(Closed, ReplyError):
            asked.call("CLUSTER", "MEET", "127.0.0.1", newcomer.port, newcomer.raft_port)

    def forget(self, asked, name):
        with contextlib.suppress(Closed, ReplyError):
            asked.call("CLUSTER", "FORGET", name)

    def is_voter(self, cluster, node):
        """By its leader and by itself."""
        with contextlib.suppress(Closed, ReplyError):
            name, leader = node.call("CLUSTER", "MYID").decode(), cluster.leader()
            is_known = leader is node or any(name in text and "voter=1" in text for key, text in leader.info().items()
                                             if key.startswith("raft_peer"))
            return is_known and node.is_ready()
        return False

    def join(self, cluster, newcomer):
        """Met until it is a voter."""
        def is_in():
            if not newcomer.is_running():
                newcomer.start()
            if not cluster.is_listed():
                self.meet(cluster.leader(), newcomer)
            return self.is_voter(cluster, newcomer)
        until(is_in, lambda: f"it becomes a voter:\n{newcomer.log()[-2000:]}")

    def is_outside(self, node):
        with contextlib.suppress(Closed):
            return b"cluster_state:fail" in node.call("CLUSTER", "INFO")
        return False

    def name_of_newcomer(self, cluster):
        """As the leader knows it."""
        lines = cluster.do("CLUSTER", "NODES").decode().splitlines()
        return next((line.split()[0] for line in lines if f":{cluster.newcomer.port}@" in line), None)

    def leave(self, cluster):
        """The newcomer is removed until it knows."""
        def is_gone():
            if name := self.name_of_newcomer(cluster):
                self.forget(cluster.leader(), name)
            return name is None
        until(is_gone, "it is removed")
        until(lambda: self.is_outside(cluster.newcomer),
              lambda: f"it knows that it was removed\n{cluster.newcomer.log()[-1500:]}")

    def who(self, cluster, role):
        if role == "leader":
            return cluster.leader()
        return cluster.newcomer if role == "newcomer" else next(
            node for node in cluster.followers() if node is not cluster.newcomer)

    def come_back(self, cluster, node):
        node.start()
        if node is cluster.newcomer:
            until(node.info, "it is back")  # as a member or not
        else:
            node.wait_ready()

    def test_a_newcomer(self):
        with Growing().start() as cluster:
            newcomer = cluster.newcomer
            with self.load(cluster) as load:
                load.run_until_written()
                first, *at_starts = NEWCOMER
                self.arm(newcomer, first)
                self.demand_death(newcomer, first, lambda: self.meet(cluster.leader(), newcomer))
                for point in at_starts:
                    self.start_dying(newcomer, point)
                for point in WELCOME:
                    self.log_before[newcomer.port] = len(newcomer.log())
                    newcomer.start(environment={"QUORATE_FAILPOINT": point})
                    self.demand_death(newcomer, point, lambda: self.meet(cluster.leader(), newcomer))
                self.join(cluster, newcomer)
                cluster.is_grown = True
                load.run_until_written()
            self.demand_whole(cluster, load)

    def test_members_come_and_go(self):
        with Growing().start() as cluster:
            for number, (role, point) in enumerate(MEET):
                with named(f"{point}, {role}, MEET"):
                    self.comes(cluster, role, point)
                if number < len(FORGET):
                    role, point = FORGET[number]
                    with named(f"{point}, {role}, FORGET"):
                        self.goes(cluster, role, point)
                else:
                    self.leave(cluster)
                cluster.is_grown = False

    def comes(self, cluster, role, point):
        with self.load(cluster) as load:
            load.run_until_written()
            dies = self.who(cluster, role)
            self.arm(dies, point)
            self.demand_death(dies, point, lambda: self.provoke_coming(cluster, dies, role))
            load.run_until_written()
            self.come_back(cluster, dies)
            self.join(cluster, cluster.newcomer)
            load.run_until_written()
        cluster.is_grown = True
        self.demand_whole(cluster, load)

    def provoke_coming(self, cluster, dies, role):
        """Another leader may have added it: then it goes and comes again."""
        if role == "leader" and cluster.leader() is not dies:
            self.fail_over(dies)
        if self.is_voter(cluster, cluster.newcomer):
            self.forget(cluster.leader(), self.name_of_newcomer(cluster))
        else:
            self.meet(dies if role == "leader" else cluster.leader(), cluster.newcomer)

    def provoke_going(self, cluster, dies, role):
        if role == "leader" and cluster.leader() is not dies:
            self.fail_over(dies)
        if name := self.name_of_newcomer(cluster):
            self.forget(cluster.leader(), name)
        else:
            self.meet(cluster.leader(), cluster.newcomer)

    def goes(self, cluster, role, point):
        with self.load(cluster) as load:
            load.run_until_written()
            while cluster.leader() is cluster.newcomer:
                self.fail_over(cluster.nodes[0])
            dies = self.who(cluster, role)
            self.arm(dies, point)
            self.demand_death(dies, point, lambda: self.provoke_going(cluster, dies, role))
            load.run_until_written()
            self.come_back(cluster, dies)
            self.leave(cluster)
            load.run_until_written()
        cluster.is_grown = False
        self.demand_whole(cluster, load)

    # ---- what comes back otherwise ----

    def test_recall_after_a_power_failure(self):
        with Cluster().start() as cluster:
            with self.load(cluster) as load:
                node = cluster.followers()[0]
                self.assertEqual(node.call("CONFIG", "SET", "appendfsync", "everysec"), "OK")
                load.run_until_written(count=100)
                node.kill()
                pretend_another_boot(node)
                self.start_dying(node, RECALL)
                node.start()
                node.wait_ready()
                until(lambda: node.log().count("has brought back what the power failure") >= 2, "brought back")
                load.run_until_written()
            self.demand_whole(cluster, load)

    def test_a_place_in_the_log_that_ends_the_node_twice_is_named(self):
        """And left out where it is told to; what came before is there."""
        with Cluster(count=1, peers=False).start() as cluster:
            node = cluster.nodes[0]
            node.call("SET", "kept", "yes")
            node.save()
            self.arm(node, APPLYING)
            self.demand_death(node, APPLYING, lambda: node.call("SET", "fatal", "value"))
            self.start_dying(node, APPLYING)
            node.start()
            self.assertEqual(node.wait_exit(), 1)
            found = re.search(r"has died 2 times while it applied (.+)\. Start all nodes with --raft-skip-entry (\d+:\d+) ",
                              node.log())
            self.assertIsNotNone(found, node.log()[-1000:])
            self.assertIn("fatal", found[1])
            node.start("--raft-skip-entry", found[2])
            node.wait_ready()
            self.assertEqual(node.call("MGET", "kept", "fatal"), [b"yes", None])

    def test_a_damaged_directory_is_set_aside(self):
        with Cluster().start() as cluster:
            with self.load(cluster) as load:
                load.run_until_written()
                node = cluster.followers()[0]
                name = node.call("CLUSTER", "MYID").decode()
                node.save()
                load.run_until_written()
                node.kill()
                flip(os.path.join(node.directory, "log", "0000000001.seg"), 200)
                load.ports = [other.port for other in cluster.running()]
                for point in SET_ASIDE:
                    self.start_dying(node, point)
                node.start()
                node.wait_log("added to cluster")
                self.assertIn("0000000001.seg at ", node.log(), "where the damage was has been said")
                node.wait_ready()
                self.assertNotEqual(node.call("CLUSTER", "MYID").decode(), name)
                load.run_until_written()
            self.demand_whole(cluster, load)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
