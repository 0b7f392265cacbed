"""A small RESP client on one blocking socket: what the tests of real processes speak."""

import socket

# Ends a hang and nothing else: no verdict of a test depends on how fast the machine is.
PATIENCE_S = 120
# Refused because of where leadership is or was, and certainly not carried out.
RETRYABLE = ("MOVED", "CLUSTERDOWN", "TRYAGAIN", "READONLY", "LOADING", "MASTERDOWN")


class ReplyError(Exception):
    """An error reply: text as sent, without the minus."""

    @property
    def code(self):
        return str(self).split(" ", 1)[0]


class Closed(Exception):
    """The connection broke: whether the last command took effect is unknown."""


class Connection:
    def __init__(self, port, timeout=PATIENCE_S, host="127.0.0.1", dial=None):
        """`dial`: makes the socket, if not as usual."""
        try:
            self.socket = dial() if dial else socket.create_connection((host, port), timeout=timeout)
        except OSError as error:
            raise Closed(f"port {port}: {error}") from None
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port, self.buffer = port, bytearray()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, *arguments):
        self.send(*arguments)
        return self.receive()

    def send(self, *arguments):
        self.send_raw(encode(arguments))

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from None

    def receive(self):
        """One reply; an error reply is raised."""
        reply = self._reply()
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def pipeline(self, commands):
        """Sends all, then reads all; error replies stand in the list as ReplyError."""
        self.send_raw(b"".join(encode(command) for command in commands))
        return [self._reply() for _ in commands]

    def read_to_end(self):
        """Whatever comes until the other end closes."""
        data = bytes(self.buffer)
        try:
            while chunk := self.socket.recv(65536):
                data += chunk
        except ConnectionError:
            pass
        return data

    def _more(self):
        try:
            chunk = self.socket.recv(1 << 16)  # more is mapped and unmapped by the kernel for each reply
        except OSError as error:
            raise Closed(str(error)) from None
        if not chunk:
            raise Closed("closed by the server")
        self.buffer += chunk

    def _line(self):
        while (end := self.buffer.find(b"\r\n")) < 0:
            self._more()
        line = bytes(self.buffer[:end])
        del self.buffer[:end + 2]
        return line

    def _bytes(self, count):
        while len(self.buffer) < count + 2:
            self._more()
        data = bytes(self.buffer[:count])
        del self.buffer[:count + 2]
        return data

    def _reply(self):
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return ReplyError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._bytes(int(rest))
        if kind == b"*":
            return None if rest == b"-1" else [self._reply() for _ in range(int(rest))]
        raise Closed(f"not a RESP2 reply: {line[:60]!r}")


def encode(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = argument if isinstance(argument, bytes) else str(argument).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)
