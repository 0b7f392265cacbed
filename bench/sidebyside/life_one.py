"""Rows of one node's life: checkpoints under load, start from a checkpoint."""

import json
import os
import subprocess
import threading
import time

from .life import Finding
from .systems import ask, info

KEYS = 5_000_000
RATE = 20_000
READY_WITHIN_S = 300
WRITES_FILES_FROM = 2**20     # bytes: sockets do not count, nor does the log file of a quiet node


def fill(measurer, system, keys):
    words = measurer.load_command(system, ('--keys', str(keys), '--fill', '--warmup', '0'))
    words[words.index('--seconds') + 1] = '0.1'
    subprocess.run(words, capture_output=True, check=True)


def load(measurer, system, keys, seconds, *options):
    words = measurer.load_command(system, ('--keys', str(keys), *options))
    words[words.index('--seconds') + 1] = f'{seconds:g}'
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def written_bytes(process):
    """What its threads that write files have given to write calls. (write_bytes counts whole folios of the page cache: many
    times what a small write to a large preallocated file costs the disk.)"""
    total = 0
    for thread in os.listdir(f'/proc/{process.pid}/task'):
        with open(f'/proc/{process.pid}/task/{thread}/io') as file:
            counts = {name: int(value) for name, value in (line.split(': ') for line in file)}
        if counts['write_bytes'] > WRITES_FILES_FROM:
            total += counts['wchar']
    return total


class Peak:
    """The most resident bytes while it is in force."""

    def __init__(self, system):
        self.system, self.bytes, self.is_over = system, 0, False
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.is_over:
            self.bytes = max(self.bytes, self.system.resident_bytes())
            time.sleep(0.05)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()


def wait_for_no_checkpoint(port):
    while info(port, 'persistence')['rdb_bgsave_in_progress'] != '0':
        time.sleep(0.2)


def checkpoint(catalogue, measurer, scale):
    """Writes at an even rate: without a checkpoint, then during one that must write much of the state."""
    keys, rate = int(KEYS * scale), RATE
    system = catalogue.make('one')
    try:
        system.start(os.path.join(measurer.data, 'life'))
        port = system.client_port
        fill(measurer, system, keys)
        wait_for_no_checkpoint(port)
        ask(port, b'SAVE', READY_WITHIN_S)
        calm = load(measurer, system, keys, 20, '--rate', str(rate))
        # Half of the keys are changed, so that the checkpoint has that many rows to write.
        load(measurer, system, keys, 15, '--pipeline', '16')
        wait_for_no_checkpoint(port)
        before, done = system.resident_bytes(), info(port, 'persistence')['rdb_saves']
        written, logged = written_bytes(system.processes[0]), int(info(port, 'raft')['raft_log_written_bytes'])
        with Peak(system) as peak:
            ask(port, b'BGSAVE')
            begun = time.monotonic()
            under = load(measurer, system, keys, 20, '--rate', str(rate))
            wait_for_no_checkpoint(port)
            took = time.monotonic() - begun
        extra_ms = (under['p999_us'] - calm['p999_us']) / 1000
        yield Finding('life-checkpoint', f'p99.9 of {rate:,} writes a second during a checkpoint of {keys:,} keys, above that without',
                      extra_ms, 'ms', 5, f'{calm["p999_us"]:,.0f} us without, {under["p999_us"]:,.0f} with; '
                      f'{int(info(port, "persistence")["rdb_saves"]) - int(done)} checkpoints in {took:.0f} s')
        yield Finding('life-checkpoint', 'memory during it, above before', 100 * (peak.bytes / before - 1), '%', 15,
                      f'{before >> 20} MB before, {peak.bytes >> 20} MB at most')
        yield from amplification(measurer, system, keys, written, logged)
    finally:
        system.stop()


def amplification(measurer, system, keys, written, logged):
    """A whole cycle: until the next checkpoint that the log's growth brings is done."""
    port = system.client_port
    count = int(info(port, 'persistence')['rdb_saves'])
    deadline = time.monotonic() + READY_WITHIN_S
    while int(info(port, 'persistence')['rdb_saves']) == count and time.monotonic() < deadline:
        load(measurer, system, keys, 5, '--pipeline', '16')
    wait_for_no_checkpoint(port)
    time.sleep(2)
    written = written_bytes(system.processes[0]) - written
    logged = int(info(port, 'raft')['raft_log_written_bytes']) - logged
    yield Finding('life-checkpoint', 'bytes written for each byte logged', written / logged, 'times', 4,
                  f'{written >> 20} MB written, {logged >> 20} MB logged, {int(info(port, "persistence")["rdb_saves"]) - count + 1} '
                  'checkpoints')


def timed_start(system, name):
    begun = time.monotonic()
    system.start_again(0)
    while b'PONG' not in ask(system.client_port, b'PING') or info(system.client_port, 'persistence').get('loading') != '0':
        if time.monotonic() > begun + READY_WITHIN_S:
            raise RuntimeError(f'{name}: not loaded within {READY_WITHIN_S} s')
        time.sleep(0.01)
    return time.monotonic() - begun


def loading_time(catalogue, measurer, name, keys, rounds=3):
    system = catalogue.make(name)
    try:
        system.start(os.path.join(measurer.data, 'life'))
        fill(measurer, system, keys)
        if name == 'one':
            wait_for_no_checkpoint(system.client_port)
        ask(system.client_port, b'SAVE', READY_WITHIN_S)
        times = []
        for _ in range(rounds):
            system.end_in_order(0)
            times.append(timed_start(system, name))
        tail = None
        if name == 'one':
            load(measurer, system, keys, 10, '--rate', str(RATE))
            system.kill(0)
            tail = timed_start(system, name)
        return sorted(times)[rounds // 2], tail
    finally:
        system.stop()


def start(catalogue, measurer, scale):
    keys = int(KEYS * scale)
    ours, tail = loading_time(catalogue, measurer, 'one', keys)
    theirs, _ = loading_time(catalogue, measurer, 'redis-rdb', keys)
    yield Finding('life-start', f'loading {keys:,} keys from the checkpoint, of the time Redis takes for its RDB', ours / theirs,
                  'times', 0.9, f'{ours:.2f} s against {theirs:.2f} s')
    yield Finding('life-start', f'the same after kill -9, with a log of {RATE * 10:,} writes behind the checkpoint', tail, 's', None)
