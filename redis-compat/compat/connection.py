"""One raw connection to a server: bytes out, replies in. Blocking, with a deadline per read; never retries."""

import socket

from . import resp

READ_TIMEOUT_S = 30  # on a loaded machine too


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
            except resp.Incomplete as reply:
                failure = self._fill(reply.missing)
                if failure is not None:
                    return failure
                continue
            if reply[0] != b">":
                return reply
            self.pushes.append(reply)

    def _fill(self, missing):
        """At least so many bytes more, joined once: a reply may have hundreds of megabytes."""
        chunks = [self.data_[self.at_:]]
        failure = None
        while missing > 0 and failure is None:
            chunk, failure = self._receive()
            chunks.append(chunk)
            missing -= len(chunk)
        self.data_, self.at_ = b"".join(chunks), 0
        return failure

    def _receive(self):
        try:
            chunk = self.socket_.recv(1 << 20)
        except socket.timeout:
            return b"", resp.TIMEOUT
        except OSError:
            chunk = b""
        if chunk:
            return chunk, None
        self.is_closed = True
        return b"", resp.CLOSED

    def call(self, *argv):
        self.send(resp.encode([arg if isinstance(arg, bytes) else str(arg).encode() for arg in argv]))
        return self.read()

    def close(self):
        self.is_closed = True
        self.socket_.close()
