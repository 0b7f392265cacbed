"""The systems that are compared: each is a set of processes on loopback with data of their own, started for one measurement
and ended by their process ids. A system says how it was started, so that a table can be repeated by hand."""

import os
import shutil
import signal
import socket
import subprocess
import time

READY_WITHIN_S = 20.0


class System:
    def __init__(self, name, command_lines, client_port, wants=b'+PONG', ask=b'PING'):
        self.name, self.command_lines, self.client_port = name, command_lines, client_port
        self.wants, self.ask = wants, ask
        self.processes = []

    def start(self, data):
        self.data = data
        shutil.rmtree(data, ignore_errors=True)
        for number, line in enumerate(self.command_lines, 1):
            directory = os.path.join(data, f'node{number}')
            os.makedirs(directory)
            log = open(os.path.join(directory, 'log'), 'wb')
            words = [word.replace('{dir}', directory) for word in line]
            self.processes.append(subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL))
        self._wait_until_ready()

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
        shutil.rmtree(self.data, ignore_errors=True)

    def cpu_s(self):
        return [_cpu_s(process.pid) for process in self.processes]

    def resident_bytes(self):
        total = 0
        for process in self.processes:
            with open(f'/proc/{process.pid}/statm') as file:
                total += int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE')
        return total

    def _wait_until_ready(self):
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f'{self.name}: a server ended at once; see {self.data}')
            if self.wants in ask(self.client_port, self.ask):
                return
            time.sleep(0.05)
        raise RuntimeError(f'{self.name}: not ready within {READY_WITHIN_S} s; see {self.data}')


def _cpu_s(pid):
    with open(f'/proc/{pid}/stat') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def ask(port, words):
    try:
        with socket.create_connection(('127.0.0.1', port), 1) as connection:
            connection.settimeout(1)
            connection.sendall(words + b'\r\n')
            return connection.recv(65536)
    except OSError:
        return b''


class Catalogue:
    """Makes each system by name, on ports from `port` on."""

    def __init__(self, build, port):
        self.build, self.port = build, port

    def make(self, name):
        return getattr(self, '_' + name.replace('-', '_'))()

    def _quorate(self, count, name, *options):
        server = os.path.join(self.build, 'quorate-server')
        ports = [self.port + 1 + i for i in range(count)]
        raft_ports = [port + 100 for port in ports]
        peers = ['--raft-peers', ','.join(f'127.0.0.1:{port}' for port in raft_ports)] if count > 1 else []
        lines = [[server, '--port', str(port), '--raft-port', str(raft_port), '--dir', '{dir}/data', '--bind', '127.0.0.1',
                  *peers, *options] for port, raft_port in zip(ports, raft_ports)]
        if count == 1:
            return System(name, lines, ports[0])
        return System(name, lines, ports[0], b'cluster_state:ok', b'CLUSTER INFO')

    def _three(self):
        return self._quorate(3, 'three')

    def _three_lease(self):
        return self._quorate(3, 'three-lease', '--read-mode', 'lease')

    def _one(self):
        return self._quorate(1, 'one')

    def _one_everysec(self):
        return self._quorate(1, 'one-everysec', '--appendfsync', 'everysec')

    def _redis(self, name, *options, replicas=0):
        def line(port, *more):
            return ['redis-server', '--port', str(port), '--dir', '{dir}', '--bind', '127.0.0.1', '--save', '', *options, *more]
        first = self.port + 51
        lines = [line(first)]
        for i in range(1, replicas + 1):
            lines.append(line(first + i, '--replicaof', f'127.0.0.1 {first}'))
        if replicas == 0:
            return System(name, lines, first)
        return System(name, lines, first, b'connected_slaves:%d' % replicas, b'INFO replication')

    def _redis_memory(self):
        return self._redis('redis-memory', '--appendonly', 'no')

    def _redis_always(self):
        return self._redis('redis-always', '--appendonly', 'yes', '--appendfsync', 'always')

    def _redis_everysec(self):
        return self._redis('redis-everysec', '--appendonly', 'yes', '--appendfsync', 'everysec')

    def _redis_replicas(self):
        return self._redis('redis-replicas', '--appendonly', 'yes', '--appendfsync', 'always', '--repl-diskless-sync-delay', '0',
                           replicas=2)

    def _floor(self):
        port = self.port + 41
        return System('floor', [[os.path.join(self.build, 'bench', 'quorate-floor'), str(port)]], port, b'+OK')
