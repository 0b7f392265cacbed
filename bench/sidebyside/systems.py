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
        self.processes = [self._launch(number) for number in range(len(self.command_lines))]
        self.wait_until_ready(READY_WITHIN_S)

    def _launch(self, number):
        directory = os.path.join(self.data, f'node{number + 1}')
        os.makedirs(directory, exist_ok=True)
        words = [word.replace('{dir}', directory) for word in self.command_lines[number]]
        with open(os.path.join(directory, 'log'), 'ab') as log:
            return subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def kill(self, number):
        self.processes[number].kill()
        self.processes[number].wait()

    def end_in_order(self, number):
        self.processes[number].send_signal(signal.SIGTERM)
        self.processes[number].wait(60)

    def start_again(self, number):
        """With the directory it had; the caller waits."""
        self.processes[number] = self._launch(number)

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

    def wait_until_ready(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                raise RuntimeError(f'{self.name}: a server ended at once; see {self.data}')
            if self.wants in ask(self.client_port, self.ask):
                return
            time.sleep(0.02)
        raise RuntimeError(f'{self.name}: not ready within {seconds} s; see {self.data}')


class PlainDoors(System):
    """Three nodes, and the client at the plain door of the leader or of a follower."""

    def __init__(self, name, command_lines, ports, plain_ports, role):
        super().__init__(name, command_lines, ports[0], b'cluster_state:ok', b'CLUSTER INFO')
        self.ports, self.plain_ports, self.role = ports, plain_ports, role

    def wait_until_ready(self, seconds):
        self.client_port = self.ports[0]
        super().wait_until_ready(seconds)
        roles = [info(port, 'raft').get('raft_role') for port in self.ports]
        self.client_port = self.plain_ports[roles.index(self.role)]


def _cpu_s(pid):
    with open(f'/proc/{pid}/stat') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def ask(port, words, seconds=1):
    try:
        with socket.create_connection(('127.0.0.1', port), 1) as connection:
            connection.settimeout(seconds)
            connection.sendall(words + b'\r\n')
            return connection.recv(65536)
    except OSError:
        return b''


def info(port, section):
    """A section of INFO as a dictionary; empty when there is no answer."""
    text = ask(port, b'INFO ' + section.encode()).decode()
    return dict(line.split(':', 1) for line in text.split('\r\n') if ':' in line)


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

    def _plain_doors(self, name, role):
        nodes = self._quorate(3, name)
        ports = [self.port + 1 + i for i in range(3)]
        plain_ports = [port + 10 for port in ports]
        lines = [[*line, '--plain-port', str(port)] for line, port in zip(nodes.command_lines, plain_ports)]
        return PlainDoors(name, lines, ports, plain_ports, role)

    def _door_of_leader(self):
        return self._plain_doors('door-of-leader', 'leader')

    def _door_of_follower(self):
        return self._plain_doors('door-of-follower', 'follower')

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

    def _redis_rdb(self):
        return self._redis('redis-rdb', '--appendonly', 'no', '--dbfilename', 'dump.rdb')

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
