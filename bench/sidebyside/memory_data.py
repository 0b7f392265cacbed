"""The data sets of the memory comparison, as commands, and a loader that sends them in a pipeline: both servers get the same
bytes in the same order."""

import socket
from dataclasses import dataclass
from typing import Callable, Iterator

CHUNK_COMMANDS = 1000
CHUNKS_IN_FLIGHT = 8
PER_COMMAND = 100            # members in one SADD and the like


def command(*words):
    return b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%b\r\n' % (len(word), word) for word in words)


def strings(count):
    tail = b'.' * 88
    for i in range(count):
        yield b'*3\r\n$3\r\nSET\r\n$14\r\nkey:%010d\r\n$100\r\n%012d%b\r\n' % (i, i, tail)


def small_hashes(count):
    for i in range(count):
        number = b'%07d' % i
        yield command(b'HSET', b'user:' + number, b'name', b'name-' + number, b'mail', number + b'@example.org',
                      b'city', b'city-%03d' % (i % 500), b'age', b'%d' % (i % 90), b'score', b'%d' % (i * 7919 % 100003))


def grouped(name, count, words_of):
    """One key, PER_COMMAND elements a command."""
    for first in range(0, count, PER_COMMAND):
        words = [word for i in range(first, min(count, first + PER_COMMAND)) for word in words_of(i)]
        yield command(name, b'key', *words)


def shuffled(i, count):
    return i * 7919 % count      # 7919 is a prime that divides no count in use


def one_hash(count):
    return grouped(b'HSET', count, lambda i: (b'field:%08d' % shuffled(i, count), b'value:%012d' % i))


def one_set(count):
    return grouped(b'SADD', count, lambda i: (b'member:%08d' % shuffled(i, count),))


def one_sorted_set(count):
    return grouped(b'ZADD', count, lambda i: (b'%d' % (i * 104729 % 1000003), b'member:%08d' % shuffled(i, count)))


def one_list(count):
    return grouped(b'RPUSH', count, lambda i: (b'element:%012d' % i,))


def stream(count):
    for i in range(count):
        yield command(b'XADD', b'key', b'*', b'sensor', b'%d' % (i % 1000), b'value', b'%d.%d' % (i % 40, i % 10))


def small(kind, members, size):
    """Keys of a few members each: hashes of short fields with values of `size` bytes, (sorted) sets of members of that size."""
    def words_of(key, i):
        text = (b'%d-%d-' % (key, i)).ljust(size, b'.')[:size]
        if kind == 'hash':
            return (b'field:%04d' % i, text)
        text = (b'%d-' % i + text)[:size]
        return (text,) if kind == 'set' else (b'%d' % (key * 7919 % 1000 + i), text)

    name = {'hash': b'HSET', 'set': b'SADD', 'zset': b'ZADD'}[kind]

    def commands(count):
        for key in range(count):
            yield command(name, b'key:%07d' % key, *[word for i in range(members) for word in words_of(key, i)])
    return commands


def hashes_with_a_long_value(count):
    for i in range(count):
        yield command(b'HSET', b'user:%07d' % i, *[b'f%d' % f if part == 0 else b'v%d' % (i % 100)
                                                    for f in range(5) for part in range(2)], b'json', b'%0100d' % i)


def overwrites(count):
    """A thousand keys written over and over: what stays is caches and buffers."""
    tail = b'.' * 988
    for i in range(count):
        yield b'*3\r\n$3\r\nSET\r\n$7\r\nkey:%03d\r\n$1000\r\n%012d%b\r\n' % (i % 1000, i, tail)


SMALL_SHAPES = [(1, 10), (1, 70), (1, 100), (1, 500), (3, 70), (5, 10), (5, 70), (5, 200), (5, 500), (20, 10), (20, 70), (20, 500)]


@dataclass
class DataSet:
    name: str
    what: str
    count: int
    commands: Callable[[int], Iterator[bytes]]
    target: float
    aim: float
    judges_data: bool = False    # not the whole process: caches and buffers are full before what is measured is loaded


DATA_SETS = [
    DataSet('memory-strings', 'strings of 100 bytes', 5_000_000, strings, 0.85, 0.7),
    DataSet('memory-hashes', 'hashes of 5 fields', 1_000_000, small_hashes, 1.0, 0.8),
    DataSet('memory-hash', 'fields of one hash', 100_000, one_hash, 1.0, 0.8),
    DataSet('memory-set', 'members of one set', 100_000, one_set, 1.0, 0.8),
    DataSet('memory-zset', 'members of one sorted set', 100_000, one_sorted_set, 1.0, 0.8),
    DataSet('memory-list', 'elements of one list', 100_000, one_list, 1.0, 0.8),
    DataSet('memory-stream', 'entries of one stream', 1_000_000, stream, 1.0, 0.8),
    DataSet('memory-small-json', 'hashes of 5 short fields and one of 100 bytes', 50_000, hashes_with_a_long_value, 1.0, 0.8, True),
] + [
    DataSet(f'memory-small-{kind}-{members}x{size}', f'{kind}: members: {members}, bytes: {size}',
            50_000 if members * size <= 1000 else 10_000, small(kind, members, size), 1.0, 0.8, True)
    for kind in ('hash', 'set', 'zset') for members, size in SMALL_SHAPES
]


class Loader:
    """Sends commands in chunks, each ended by a PING, and keeps a bounded number of chunks unanswered."""

    def __init__(self, port):
        self.connection = socket.create_connection(('127.0.0.1', port), 60)
        self.rest, self.unanswered = b'', 0

    def load(self, commands):
        chunk = []
        for words in commands:
            chunk.append(words)
            if len(chunk) == CHUNK_COMMANDS:
                self._send(chunk)
                chunk = []
        self._send(chunk)
        self._wait_until(0)
        self.connection.close()

    def _send(self, chunk):
        self._wait_until(CHUNKS_IN_FLIGHT - 1)
        self.connection.sendall(b''.join(chunk) + b'*1\r\n$4\r\nPING\r\n')
        self.unanswered += 1

    def _wait_until(self, most):
        while self.unanswered > most:
            received = self.connection.recv(1 << 20)
            if not received:
                raise RuntimeError('the server closed the connection')
            answer = self.rest + received
            if answer.startswith(b'-') or b'\n-' in answer:
                at = 0 if answer.startswith(b'-') else answer.index(b'\n-') + 1
                raise RuntimeError(answer[at:at + 120].split(b'\r')[0].decode())
            self.unanswered -= answer.count(b'+PONG\r\n')
            self.rest = answer[answer.rfind(b'\n', 0, -1) + 1:] if not answer.endswith(b'\n') else b''
