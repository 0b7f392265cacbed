"""A scene of several connections, some of which wait: every command is sent when it is known what became of the one
before (answered, or its client waits), so that both servers see one order. What it returns is who got what, when."""

import select
import time

from . import resp
from .connection import Connection
from .procedures import procedure

PATIENCE_S = 5
BRIEF = b"0.05"  # a timeout that is awaited


class Scene:
    def __init__(self, address):
        self.address, self.control = address, Connection(address)
        self.connections, self.ids, self.waiting, self.events = {}, {}, [], []

    def connection(self, name):
        if name not in self.connections:
            made = self.connections[name] = Connection(self.address)
            self.ids[name] = made.call("CLIENT", "ID")[1]
        return self.connections[name]

    def is_blocked(self, name):
        line = self.control.call("CLIENT", "LIST", "ID", self.ids[name].decode())[1].decode("latin-1")
        flags = [word for word in line.split() if word.startswith("flags=")]
        return bool(flags) and "b" in flags[0]

    def has_reply(self, name):
        made = self.connections[name]
        return made.at_ < len(made.data_) or bool(select.select([made.socket_], [], [], 0)[0])

    def settle(self, name):
        """Until the client of that name has a reply or is known to wait."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self.has_reply(name):
                return self.note(name)
            if self.is_blocked(name) and not self.has_reply(name):
                if name not in self.waiting:
                    self.waiting.append(name)
                return None
        self.events.append((name, (b"-", b"neither answered nor waiting")))
        return None

    def note(self, name):
        self.events.append((name, self.connections[name].read()))
        if name in self.waiting:
            self.waiting.remove(name)

    def await_reply(self, name):
        deadline = time.monotonic() + PATIENCE_S
        while not self.has_reply(name) and time.monotonic() < deadline:
            time.sleep(0.001)

    def look(self):
        """Whoever waited and was served, in the order of their names."""
        for name in sorted(self.waiting):
            if self.has_reply(name) or not self.is_blocked(name):
                self.note(name)

    def act(self, name, words):
        if words[0] == b"PAUSE":
            time.sleep(int(words[1]) / 1000)
        elif words[0] == b"LEAVE":
            self.connection(name).close()
            self.connections.pop(name)
            if name in self.waiting:
                self.waiting.remove(name)
            time.sleep(0.02)
        else:
            made = self.connection(name)
            if name in self.waiting:
                return
            ids = {b"ID:" + str(one).encode(): number for one, number in self.ids.items()}
            made.send(resp.encode([ids.get(word, word) for word in words]))
            self.settle(name)
            if BRIEF in words and name in self.waiting:  # on a slow machine it could end any time later
                self.await_reply(name)
            if words[:2] == (b"CLIENT", b"UNBLOCK") and self.events[-1] == (name, (b":", b"1")):
                self.await_reply(int(words[2][3:]))
        self.look()

    def end(self):
        """Those who still wait are counted and let go."""
        left = sorted(self.waiting)
        for made in [*self.connections.values(), self.control]:
            made.close()
        return left


@procedure("scene")
def scene(connection, argv):
    play = Scene(connection.socket_.getpeername())
    for name, words in argv:
        play.act(name, words)
    left = play.end()
    deadline = time.monotonic() + PATIENCE_S
    while b"blocked_clients:0" not in connection.call("INFO", "clients")[1] and time.monotonic() < deadline:
        pass
    return (b"*", tuple((b"*", ((b":", b"%d" % name), reply)) for name, reply in play.events) +
            ((b"+", b"still waiting: %r" % (left,)),))
