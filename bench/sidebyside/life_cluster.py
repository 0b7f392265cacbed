"""Rows of a cluster's life: a node that was away, and the leader's death under load."""

import json
import os
import subprocess
import time

from .life import Finding
from .life_one import RATE, fill
from .systems import info

AWAY_S = 60
KEYS = 1_000_000
WINDOW_S = 0.25


def roles(system):
    """(number of the leader, numbers of the others)."""
    ports = [system.client_port + i for i in range(len(system.processes))]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [info(port, 'raft').get('raft_role') for port in ports]
        if found.count('leader') == 1:
            leader = found.index('leader')
            return leader, [i for i in range(len(ports)) if i != leader]
        time.sleep(0.02)
    raise RuntimeError('no leader within 20 s')


def away(catalogue, measurer, scale):
    system = catalogue.make('three')
    seconds = AWAY_S * min(1, scale)
    try:
        system.start(os.path.join(measurer.data, 'life'))
        fill(measurer, system, int(KEYS * scale))
        leader, others = roles(system)
        system.kill(others[0])
        words = measurer.load_command(system, ('--rate', str(RATE), '--keys', str(int(KEYS * scale)),
                                               '--port', str(system.client_port + leader)))
        words[words.index('--seconds') + 1] = f'{seconds + 30:g}'
        writer = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        time.sleep(seconds)
        begun = time.monotonic()
        system.start_again(others[0])
        while not is_level(system, others[0], leader):
            if time.monotonic() > begun + 120:
                raise RuntimeError('not level within 120 s')
            time.sleep(0.05)
        took = time.monotonic() - begun
        installed = info(system.client_port + others[0], 'raft').get('raft_snapshots_installed', '?')
        writer.wait()
        yield Finding('life-away', f'until a node that was away for {seconds:g} s of {RATE:,} writes a second is level, writes going on',
                      took, 's', 10, f'snapshots installed: {installed}')
    finally:
        system.stop()


def is_level(system, number, leader):
    """Everything that was committed when asked has been applied there, but for what a turn brings."""
    committed = info(system.client_port + leader, 'raft').get('raft_commit_index')
    time.sleep(0.1)
    applied = info(system.client_port + number, 'raft').get('raft_applied_index')
    return committed is not None and applied is not None and int(applied) >= int(committed)


def throughput(measurer, system, seconds, port):
    words = measurer.load_command(system, ('--port', str(port), '--warmup', '0'))
    words[words.index('--seconds') + 1] = f'{seconds:g}'
    done = subprocess.run(words, capture_output=True, text=True)
    return json.loads(done.stdout)['ops'] if done.returncode == 0 else 0.0


def failover(catalogue, measurer, scale):
    """The load of one window after the other; the first window that reaches nine tenths of what was before the death."""
    system = catalogue.make('three')
    try:
        system.start(os.path.join(measurer.data, 'life'))
        leader, others = roles(system)
        survivor = system.client_port + others[0]
        before = sorted(throughput(measurer, system, WINDOW_S, survivor) for _ in range(12))[6]
        load = subprocess.Popen([*measurer.load_command(system, ('--port', str(survivor)))], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        time.sleep(1)
        died = time.monotonic()
        system.kill(leader)
        load.wait()
        while True:
            reached = throughput(measurer, system, WINDOW_S, survivor)
            if reached >= 0.9 * before or time.monotonic() > died + 30:
                break
        took = time.monotonic() - died
        yield Finding('life-failover', 'from the leader\'s death to nine tenths of the throughput before it', took, 's', 2,
                      f'{before:,.0f} a second before, {reached:,.0f} then; told in windows of {WINDOW_S} s')
    finally:
        system.stop()
