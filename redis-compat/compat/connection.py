"""One raw connection to a server: bytes out, replies in. Blocking, with a deadline per read; never retries."""

import socket

from . import resp

READ_TIMEOUT_S = 5


class Connection:
    def __init__(self, address, timeout_s=READ_TIMEOUT_S):
        self.socket_ = socket.create_connection(address, timeout=timeout_s)
        self.socket_.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data_ = b""
        self.at_ = 0
        self.pushes = []
        self.is_closed = False

    def send(self, data):
        """A server that hung up is noticed by the next read."""
        try:
            self.socket_.sendall(data)
        except OSError:
            self.is_closed = True

    def read(self):
        """The next reply that is not a push; CLOSED or TIMEOUT instead if there is none."""
        while True:
            try:
                reply, self.at_ = resp.parse(self.data_, self.at_)
            except resp.Incomplete:
                failure = self._fill()
                if failure is not None:
                    return failure
                continue
            if reply[0] != b">":
                return reply
            self.pushes.append(reply)

    def _fill(self):
        try:
            chunk = self.socket_.recv(1 << 20)
        except socket.timeout:
            return resp.TIMEOUT
        except OSError:
            chunk = b""
        if not chunk:
            self.is_closed = True
            return resp.CLOSED
        self.data_ = self.data_[self.at_:] + chunk
        self.at_ = 0
        return None

    def call(self, *argv):
        self.send(resp.encode([arg if isinstance(arg, bytes) else str(arg).encode() for arg in argv]))
        return self.read()

    def close(self):
        self.is_closed = True
        self.socket_.close()
