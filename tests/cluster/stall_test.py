"""A slow command and a slow disk are normal life: neither costs an election (DESIGN section 3)."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from load import Load
from nodes import Cluster

# Loaded into a node: while the file named by QUORATE_STALL exists, every sync waits.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
static void stall(void) {
  const char* path = getenv("QUORATE_STALL");
  while (path != NULL && access(path, F_OK) == 0) usleep(10000);
}
int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  stall();
  return real(fd);
}
int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  stall();
  return real(fd);
}
"""


class StallTest(unittest.TestCase):
    def sleep_on(self, cluster, node, seconds):
        sleeper = threading.Thread(target=lambda: node.call("DEBUG", "SLEEP", seconds, timeout=30))
        sleeper.start()
        return sleeper

    def test_a_leader_asleep_for_ten_seconds_stays_leader(self):
        with Cluster().start() as cluster:
            leader, term = cluster.leader(), cluster.term()
            leader.call("SET", "before", "1")
            sleeper = self.sleep_on(cluster, leader, 10)
            time.sleep(0.5)
            begun = time.monotonic()
            self.assertEqual(leader.call("SET", "after", "2", timeout=30), "OK")
            self.assertGreater(time.monotonic() - begun, 5, "the node was not asleep")
            sleeper.join()
            self.assertEqual(cluster.term(), term)
            self.assertIs(cluster.leader(), leader)
            self.assertEqual(leader.call("MGET", "before", "after"), [b"1", b"2"])

    def test_a_follower_asleep_for_ten_seconds_stays_follower_and_writes_go_on(self):
        with Cluster().start() as cluster:
            term, follower = cluster.term(), cluster.followers()[0]
            with Load(cluster, timeout=30) as load:
                load.ports = [node.port for node in cluster.nodes if node is not follower]
                sleeper = self.sleep_on(cluster, follower, 10)
                begun = time.monotonic()
                while time.monotonic() < begun + 9:
                    load.run_until_written(count=100)
                sleeper.join()
            self.assertEqual(cluster.term(), term)
            load.check(self)
            cluster.wait_level()
            self.assertEqual(len(set(cluster.digests())), 1)


class DiskStallTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="quorate-stall-")
        self.addCleanup(shutil.rmtree, self.directory)
        source, self.shim = (os.path.join(self.directory, name) for name in ("stall.c", "stall.so"))
        with open(source, "w") as file:
            file.write(SHIM)
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", self.shim, source, "-ldl"], check=True)

    def start_with_shims(self, cluster):
        self.stalls = {}
        for number, node in enumerate(cluster.nodes):
            self.stalls[node] = os.path.join(self.directory, f"stalled{number}")
            node.start(environment={"LD_PRELOAD": self.shim, "QUORATE_STALL": self.stalls[node]})
        cluster.wait_ready()

    def stall(self, node, seconds):
        with open(self.stalls[node], "w"):
            time.sleep(seconds)
        os.remove(self.stalls[node])

    def stall_under_load(self, choose):
        with Cluster() as cluster:
            self.start_with_shims(cluster)
            with Load(cluster, timeout=20) as load:
                load.run_until_written()
                term = cluster.term()
                begun = time.monotonic()
                self.stall(choose(cluster), 5)
                during = sum(begun + 0.5 < when < begun + 5 for when, _ in load.acknowledged())
                load.run_until_written(count=100)
                self.assertEqual(cluster.term(), term)
            load.check(self)
            cluster.wait_level()
            return during

    def test_nothing_is_acknowledged_while_every_disk_stalls(self):
        with Cluster() as cluster:
            self.start_with_shims(cluster)
            with Load(cluster, timeout=20) as load:
                load.run_until_written()
                term = cluster.term()
                begun = time.monotonic()
                for node in cluster.nodes[1:]:
                    open(self.stalls[node], "w").close()
                self.stall(cluster.nodes[0], 2)
                for node in cluster.nodes[1:]:
                    os.remove(self.stalls[node])
                load.run_until_written(count=100)
                self.assertEqual([when - begun for when, _ in load.acknowledged()
                                  if begun + 0.5 < when < begun + 2], [])
                self.assertEqual(cluster.term(), term)
            load.check(self)

    def test_a_leader_whose_disk_stalls_for_five_seconds_stays_leader(self):
        # The followers' disks are a majority: writes go on meanwhile.
        during = self.stall_under_load(lambda cluster: cluster.leader())
        self.assertGreater(during, 50)

    def test_a_follower_whose_disk_stalls_for_five_seconds_costs_nothing(self):
        during = self.stall_under_load(lambda cluster: cluster.followers()[0])
        self.assertGreater(during, 50)


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
