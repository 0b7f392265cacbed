"""How long no write succeeds when leadership moves, with real processes: "failover", or the names of its rows. Each row is a
distribution beside the target of the contract; nothing is judged, as the figures are the machine's too. Clients and clusters
are those of tests/cluster. The same is claimed in virtual time by tests/sim/failover_story_test.cpp."""

import collections
import datetime
import os
import shutil
import signal
import statistics
import sys
import time
import unittest

from . import report

FIELDS = ('row', 'what', 'count', 'min_ms', 'median_ms', 'p90_ms', 'max_ms', 'target', 'commit', 'date',
          'distribution_ms')
COUNT = 20
COUNTS = {'failover-transfer': 50}
BOUNDS_MS = (10, 20, 50, 100, 200, 500, 1000, 2000)


class Failovers:
    """One cluster under load; each method is a way in which leadership moves, and returns seconds."""

    def __init__(self, cluster, load, new_load):
        """`new_load` makes one like it."""
        self.cluster, self.load, self.new_load = cluster, load, new_load
        self.killed, self.troubles = 0, collections.Counter()

    def longest_gap_since(self, begun, load=None):
        """Of the time without an acknowledged write, from the last one before `begun` until many have followed."""
        load = load or self.load
        load.run_until_written(count=30)
        times = [when for when, _ in load.acknowledged()]
        first = max((i for i, when in enumerate(times) if when <= begun), default=0)
        return max(b - a for a, b in zip(times[first:], times[first + 1:]))

    def settle(self, node):
        if not node.is_running():
            node.start()
        node.wait_ready()
        self.load.run_until_written(count=100)

    def kill(self):
        leader, begun = self.cluster.leader(), time.monotonic()
        leader.kill()
        gap = self.longest_gap_since(begun)
        self.settle(leader)
        return (gap,)

    def kill_under_doors(self):
        """50 more clients at the plain doors of both followers, for this kill alone."""
        leader = self.cluster.leader()
        doors = [node.plain_port for node in self.cluster.nodes if node is not leader]
        self.killed += 1
        clients = self.new_load(self.cluster, clients=50, timeout=30, ports=doors, prefix=f'door{self.killed}-', reads=0.5,
                                pause=0.01)
        with clients:
            clients.run_until_written(count=200)
            for client in clients.clients:
                client.longest_answer = 0
            begun = time.monotonic()
            leader.kill()
            gap = self.longest_gap_since(begun, clients)
        self.troubles += clients.troubles()
        clients.check(unittest.TestCase())
        self.settle(leader)
        return gap, max(client.longest_answer for client in clients.clients)

    def freeze(self):
        leader, begun = self.cluster.leader(), time.monotonic()
        leader.signal(signal.SIGSTOP)
        gap = self.longest_gap_since(begun)
        leader.signal(signal.SIGCONT)
        self.settle(leader)
        return (gap,)

    def stop(self):
        """The gap, and how long the process takes to end."""
        leader, begun = self.cluster.leader(), time.monotonic()
        code = leader.terminate()
        took = time.monotonic() - begun
        if code != 0:
            raise RuntimeError(f'exit code {code} after SIGTERM')
        gap = self.longest_gap_since(begun)
        self.settle(leader)
        return gap, took

    def transfer(self):
        target, begun = self.cluster.followers()[0], time.monotonic()
        self.cluster.hand_over(target)
        gap = self.longest_gap_since(begun)
        self.settle(target)
        return (gap,)


# Row -> (how, what each figure is, with its target in words).
ROWS = {
    'failover-kill': (Failovers.kill, (('without a write after kill -9 of the leader', 'median 1000, max 2000'),)),
    'failover-freeze': (Failovers.freeze, (('without a write after SIGSTOP of the leader (clients wait 250 ms for an answer)',
                                            'median 1000, max 2000'),)),
    'failover-stop': (Failovers.stop, (('without a write around SIGTERM of the leader', 'median 100'),
                                       ('until the process has ended with 0', 'max 5000'))),
    'failover-door': (Failovers.kill_under_doors, (
        ('without a write at any follower\'s plain door after kill -9 of the leader, 50 clients', 'below 1000'),
        ('the longest that one of them waited for an answer', 'below 1000'))),
    'failover-transfer': (Failovers.transfer, (('without a write around CLUSTER FAILOVER', 'median 100'),)),
}


def percentile(figures, share):
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * share))]


def distribution(found):
    """How many of the figures, in ms, are below each bound and not below the one before, in words."""
    words, below = [], 0
    for bound in BOUNDS_MS:
        count = sum(figure < bound for figure in found) - below
        below += count
        if count:
            words.append(f'{count} below {bound}')
    if below < len(found):
        words.append(f'{len(found) - below} above')
    return ', '.join(words)


def modules(root, build):
    """nodes and load of tests/cluster."""
    os.environ['QUORATE_SERVER'] = os.path.join(build, 'quorate-server')
    sys.path.insert(0, os.path.join(root, 'tests/cluster'))
    import load
    import nodes
    return nodes, load


def measure(nodes, load, move, count):
    found = []
    with nodes.Cluster(plain=True) as cluster:
        cluster.start()
        with load.Load(cluster, reads=0, timeout=0.25) as clients:
            clients.run_until_written(count=200)
            failovers = Failovers(cluster, clients, load.Load)
            for _ in range(count):
                found.append(move(failovers))
    if move is Failovers.kill_under_doors:
        print('what those clients were told:', dict(failovers.troubles) or 'no error, and no connection was closed', flush=True)
    return list(zip(*found))


def run(options, root):
    """`options.rows`: "failover" or names of rows; `options.scale`: a part of the times of each, 20 or 50. Always 0."""
    names = [name for name in options.rows if name != 'failover'] or list(ROWS)
    unknown = set(names) - set(ROWS)
    if unknown:
        raise SystemExit(f'bench: no such row: {" ".join(sorted(unknown))}\nrows: {" ".join(ROWS)}')
    nodes, load = modules(root, options.build)
    date, commit = datetime.datetime.now().strftime('%Y-%m-%d %H:%M'), report.commit(root)
    print(f'{date}, commit {commit}; {report.machine()}', *report.versions(options.build), sep='\n')
    print(f'{"row":20} {"times":>5} {"min":>8} {"median":>8} {"p90":>8} {"max":>8} ms  what; target')
    lines = []
    for name in names:
        move, figures = ROWS[name]
        columns = measure(nodes, load, move, max(1, int(COUNTS.get(name, COUNT) * options.scale)))
        for (what, target), seconds in zip(figures, columns):
            found = [1000 * figure for figure in seconds]
            line = {'row': name, 'what': what, 'count': len(found), 'min_ms': round(min(found)),
                    'median_ms': round(statistics.median(found)), 'p90_ms': round(percentile(found, 0.9)),
                    'max_ms': round(max(found)), 'target': target, 'commit': commit, 'date': date,
                    'distribution_ms': distribution(found)}
            figures_text = ' '.join(f'{line[key]:>8,}' for key in ('min_ms', 'median_ms', 'p90_ms', 'max_ms'))
            print(f'{name:20} {line["count"]:>5} {figures_text}     {what}; {target}', flush=True)
            print(f'{"":20}       in ms: {line["distribution_ms"]}', flush=True)
            lines.append(line)
        report.replace_rows(os.path.join(options.out, 'failover.csv'), FIELDS, lines)
    if options.save:
        shutil.copy(os.path.join(options.out, 'failover.csv'), os.path.join(root, 'bench/results/failover.csv'))
    return 0
