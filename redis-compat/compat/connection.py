"""One raw connection to a server: bytes out, replies in. Blocking; never retries. A server that is silent for so long that
it hangs ends the run: silence is never compared."""

import socket
import struct

from . import resp

HANG_S = 300  # for every wait of the suite: no machine is that slow


class Silence(Exception):
    """Something that was to happen has not happened for HANG_S."""


class Connection:
    def __init__(self, address):
        self.address = address
        self.socket_ = socket.create_connection(address, timeout=HANG_S)
        # The kernel keeps the time: with a timeout of its own Python asks it twice for each read and each write.
        self.socket_.settimeout(None)
        for wait in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self.socket_.setsockopt(socket.SOL_SOCKET, wait, struct.pack("ll", int(HANG_S), int(HANG_S % 1 * 1e6)))
        self.socket_.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data_ = b""
        self.at_ = 0
        self.pushes = []
        self.companions = []  # connections that were opened for this one and end with it
        self.is_closed = False

    def send(self, data):
        """A server that hung up is noticed by the next read."""
        try:
            self.socket_.sendall(data)
        except BlockingIOError:
            raise Silence("%s:%d takes no bytes" % self.address) from None
        except OSError:
            self.is_closed = True

    def read(self):
        """The next reply that is not a push; CLOSED if the server hung up instead."""
        while True:
            try:
                reply, self.at_ = resp.parse(self.data_, self.at_)
            except resp.Incomplete as reply:
                if not self._fill(reply.missing):
                    return resp.CLOSED
                continue
            if reply[0] != b">":
                return reply
            self.pushes.append(reply)

    def _fill(self, missing):
        """At least so many bytes more, joined once: a reply may have hundreds of megabytes. False: the server hung up."""
        chunks = [self.data_[self.at_:]]
        while missing > 0 and (chunk := self._receive(missing)):
            chunks.append(chunk)
            missing -= len(chunk)
        self.data_, self.at_ = b"".join(chunks), 0
        return missing <= 0

    def _receive(self, missing):
        """What Python makes room for: a megabyte is mapped and unmapped by the kernel for each reply, some kilobytes are not."""
        try:
            chunk = self.socket_.recv(1 << 13 if missing < 1 << 13 else 1 << 20)
        except BlockingIOError:
            raise Silence("%s:%d has not answered for %d s" % (*self.address, HANG_S)) from None
        except OSError:
            chunk = b""
        self.is_closed = self.is_closed or not chunk
        return chunk

    def call(self, *argv):
        self.send(resp.encode([arg if isinstance(arg, bytes) else str(arg).encode() for arg in argv]))
        return self.read()

    def close(self):
        self.is_closed = True
        self.socket_.close()
        for one in self.companions:
            one.close()
