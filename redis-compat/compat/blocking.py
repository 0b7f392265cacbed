"""A scene of several connections, some of which wait: every command is sent when it is known what became of the one
before (answered, or its client waits), so that each server sees one order, however slow it is. What it returns is who got
what, when.

Nothing here passes by itself: a wait either lasts for hours, or is awaited before anything else is sent.
"""

import re
import select
import time

from . import resp
from .connection import HANG_S, Connection, Silence
from .procedures import procedure

BRIEF = b"0.02"  # a timeout that is awaited
GIVER = 0        # the connection whose commands never wait
LOOKING_ON = (b"PING", b"LLEN", b"XLEN", b"EXISTS", b"TYPE")  # serve nobody
FIRST_PAUSE_S, LAST_PAUSE_S = 0.0003, 0.02  # between two looks at a client of which nothing is known yet
CLIENT = re.compile(rb"^id=([0-9]+) .*? flags=(\S+)", re.MULTILINE)


class Stage:
    """The connections of one server's scenes, kept from scene to scene. They are clients of the connection it was asked
    for by, and closed with it."""

    def __init__(self, connection):
        self.owner = connection
        self.control = self._open()
        self.connections, self.ids, self.versions = {}, {}, {}

    def _open(self):
        made = Connection(self.owner.address)
        self.owner.companions.append(made)
        return made

    def connection(self, name):
        if name not in self.connections:
            made = self.connections[name] = self._open()
            self.ids[name] = made.call("CLIENT", "ID")[1]
        return self.connections[name]

    def clients(self, names):
        """name -> flags of those who are there."""
        if not names:
            return {}
        text = self.control.call("CLIENT", "LIST", "ID", *(self.ids[name] for name in names))[1]
        flags = dict(CLIENT.findall(text))
        return {name: flags[self.ids[name]] for name in names if self.ids[name] in flags}

    def blocked(self, names):
        return {name for name, flags in self.clients(names).items() if b"b" in flags}

    def has_reply(self, name, pause_s):
        made = self.connections[name]
        return made.at_ < len(made.data_) or bool(select.select([made.socket_], [], [], pause_s)[0])

    def speak(self, name, version):
        """That connection's protocol, whatever it was."""
        made = self.connection(name)
        if self.versions.get(name, b"2") != version:
            made.call("HELLO", version)
        self.versions[name] = version

    def leave(self, name):
        """The connection is closed, and the server has noticed."""
        self.connection(name)
        self.connections.pop(name).close()
        self.versions.pop(name, None)
        deadline = time.monotonic() + HANG_S
        while self.clients([name]):
            if time.monotonic() > deadline:
                raise Silence(f"client {self.ids[name]} does not go")
            time.sleep(FIRST_PAUSE_S)


class Scene:
    def __init__(self, stage):
        self.stage, self.waiting, self.events = stage, [], []
        self.transaction = None  # what is sent together, from MULTI to EXEC

    def note(self, name):
        """The reply that is there, or on its way."""
        self.events.append((name, self.stage.connections[name].read()))
        if name in self.waiting:
            self.waiting.remove(name)

    def settle(self, name):
        """Until the client of that name has a reply or is known to wait. Returns who was waiting then, if that is known."""
        deadline, pause_s = time.monotonic() + HANG_S, FIRST_PAUSE_S
        while time.monotonic() < deadline:
            if self.stage.has_reply(name, pause_s):
                return self.note(name)
            blocked = self.stage.blocked([*self.waiting, name])
            if name in blocked:
                self.waiting.append(name)
                return blocked
            pause_s = min(pause_s * 2, LAST_PAUSE_S)
        raise Silence(f"client {self.stage.ids[name]} neither has a reply nor waits")

    def look(self, blocked=None):
        """Whoever waited and was served, in the order of their names."""
        blocked = self.stage.blocked(self.waiting) if blocked is None else blocked
        for name in sorted(self.waiting):
            if name not in blocked:
                self.note(name)

    def act(self, name, words):
        stage = self.stage
        if words[0] == b"LEAVE":
            stage.leave(name)
            if name in self.waiting:
                self.waiting.remove(name)
        elif words[0] == b"HELLO":  # whose reply is each server's own
            stage.speak(name, words[1])
        elif name == GIVER:
            self.give(words)
        elif name not in self.waiting:
            self.wait(name, words)

    def give(self, words):
        ids = {b"ID:%d" % one: number for one, number in self.stage.ids.items()}
        command = resp.encode([ids.get(word, word) for word in words])
        if words[0] == b"MULTI" or self.transaction is not None:
            self.transaction = [*(self.transaction or []), command]
            if words[0] != b"EXEC":
                return
        commands, self.transaction = self.transaction or [command], None
        self.stage.connection(GIVER).send(b"".join(commands))
        for _ in commands:
            self.note(GIVER)
        if words[:2] == (b"CLIENT", b"UNBLOCK") and self.events[-1][1] == (b":", b"1"):
            freed = int(words[2][3:])
            if freed in self.waiting:
                self.note(freed)
        if words[0] not in LOOKING_ON:
            self.look()

    def wait(self, name, words):
        self.stage.connection(name).send(resp.encode(words))
        blocked = self.settle(name)
        if BRIEF in words and name in self.waiting:
            self.note(name)
            blocked = None
        self.look(blocked)

    def end(self):
        """Those who still wait are counted and let go."""
        left = sorted(self.waiting)
        for name in left:
            self.stage.control.call("CLIENT", "UNBLOCK", self.stage.ids[name])
            self.note(name)
        return left


@procedure("scene")
def scene(connection, argv):
    if not connection.companions:
        connection.stage = Stage(connection)
    play = Scene(connection.stage)
    for name, words in argv:
        play.act(name, words)
    events = list(play.events)
    return (b"*", tuple((b"*", ((b":", b"%d" % name), reply)) for name, reply in events) +
            ((b"+", b"still waiting: %r" % (play.end(),)),))
