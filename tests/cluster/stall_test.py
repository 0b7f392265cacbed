"""A slow command and a slow disk are normal life: nothing is lost and nothing is acknowledged that is not durable. That
neither costs an election (DESIGN section 3) is claimed in virtual time (tests/sim/process_story_test.cpp)."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

from load import Load
from nodes import IS_LONG, Cluster, dwell

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
    def sleep_on(self, node, seconds):
        """Begins a command that takes so long there."""
        sleeper = threading.Thread(target=lambda: node.call("DEBUG", "SLEEP", seconds))
        sleeper.start()
        return sleeper

    def test_what_is_asked_of_a_leader_that_sleeps_is_carried_out(self):
        with Cluster().start() as cluster:
            leader = cluster.leader()
            cluster.do("SET", "before", "1")
            sleeper = self.sleep_on(leader, 3)
            self.assertEqual(cluster.do("SET", "after", "2"), "OK")
            sleeper.join()
            self.assertEqual(cluster.do("MGET", "before", "after"), [b"1", b"2"])
            cluster.wait_one_state()

    def test_while_a_follower_sleeps_writes_go_on(self):
        with Cluster().start() as cluster:
            follower = cluster.followers()[0]
            with Load(cluster) as load:
                load.ports = [node.port for node in cluster.nodes if node is not follower]
                sleeper = self.sleep_on(follower, 3)
                load.run_until_written(count=500)
                sleeper.join()
            load.check(self)
            cluster.wait_one_state()


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

    def stall(self, *nodes):
        for node in nodes:
            open(self.stalls[node], "w").close()

    def go_on(self, *nodes):
        for node in nodes:
            os.remove(self.stalls[node])

    def stall_under_load(self, choose):
        with Cluster() as cluster:
            self.start_with_shims(cluster)
            with Load(cluster, timeout=20) as load:
                load.run_until_written()
                term, stalled = cluster.term(), choose(cluster)
                begun = time.monotonic()
                self.stall(stalled)
                dwell(5 if IS_LONG else 2)
                print(f"    {load.count_written(begun)} writes in {time.monotonic() - begun:.1f} s of the stall, "
                      f"{cluster.term() - term} elections")
                self.go_on(stalled)
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()

    def test_nothing_is_acknowledged_while_every_disk_stalls(self):
        with Cluster() as cluster:
            self.start_with_shims(cluster)
            with Load(cluster, timeout=20) as load:
                load.run_until_written()
                self.stall(*cluster.nodes)
                begun = time.monotonic()
                dwell(2)
                load.demand_no_write(self, begun)
                self.go_on(*cluster.nodes)
                load.run_until_written(count=100)
            load.check(self)
            cluster.wait_one_state()

    def test_a_leader_whose_disk_stalls_loses_nothing(self):
        self.stall_under_load(lambda cluster: cluster.leader())

    def test_a_follower_whose_disk_stalls_loses_nothing(self):
        self.stall_under_load(lambda cluster: cluster.followers()[0])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
