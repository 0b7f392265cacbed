"""A scene of several connections that listen: every command is sent when all have got what the one before brought them,
so that each server sees one order, however slow it is. What it returns is what each connection was sent, in its order.

How it knows that all is there: behind each command every connection asks for an echo of its own, and what comes before the
echo is what there was. A message is pushed before whoever caused it has a reply.

A message that comes within a reply (Redis 7.0 sends those of an EXEC so in RESP3) is taken out of it: where it stands among
the replies is not compared, its order among the messages is.
"""

import re

from . import resp
from .connection import Connection
from .procedures import procedure

MESSAGES = (b"message", b"pmessage", b"smessage", b"invalidate", b"tracking-redir-broken")
LEAVING = (b"unsubscribe", b"punsubscribe", b"sunsubscribe")
CLIENT = re.compile(rb"^id=([0-9]+) .*? (flags=\S+) .*? (sub=\S+ psub=\S+ ssub=\S+) .*? (redir=\S+)", re.MULTILINE)
COUNTERS = re.compile(rb"^(pubsub_\w+|pubsubshard_channels|tracking_\w+):([0-9]+)", re.MULTILINE)
BY_NOBODY = -1  # what is asked by no client of the scene
SILENT = 100  # who has a name from here on: what it is answered is not compared


def is_message(reply):
    return reply[0] == b">" and reply[1] and reply[1][0][1] in MESSAGES


def is_hello(reply):
    """Most of which is each server's own."""
    return reply[0] in (b"*", b"%") and reply[1] and reply[1][0] == (b"$", b"server")


def parse(data, at, messages):
    """As resp.parse, but messages go to `messages` wherever they come. None: nothing but messages was there."""
    kind = data[at:at + 1]
    end = data.find(b"\r\n", at)
    if end < 0:
        raise resp.Incomplete
    if kind not in resp.AGGREGATES or kind == b">" or int(data[at + 1:end]) < 0:
        reply, at = resp.parse(data, at)
        if is_message(reply):
            messages.append(reply)
            return None, at
        return reply, at
    count, at, items = int(data[at + 1:end]) * (2 if kind in (b"%", b"|") else 1), end + 2, []
    while len(items) < count:
        item, at = parse(data, at, messages)
        if item is not None:
            items.append(item)
    return (kind, tuple(items)), at


class Listener:
    """One connection of a scene."""

    def __init__(self, address):
        self.connection = Connection(address)
        self.id = self.connection.call("CLIENT", "ID")[1]
        self.replies, self.messages, self.echoes = [], [], 0

    def ask(self, *commands):
        """Sends, and an echo behind it that is yet to be read."""
        self.echoes += 1
        self.connection.send(b"".join(resp.encode(words) for words in commands) +
                             resp.encode([b"PING", b"echo %d" % self.echoes]))

    def catch_up(self):
        """Reads to the echo."""
        made, echo = self.connection, (b"$", b"echo %d" % self.echoes)
        while True:
            messages = []
            try:
                reply, at = parse(made.data_, made.at_, messages)
            except resp.Incomplete as missing:
                if not made._fill(missing.missing):
                    self.replies.append(resp.CLOSED)
                    return
                continue
            made.at_ = at
            self.messages += messages
            if reply == echo or reply == (b"*", ((b"$", b"pong"), echo)):
                return
            if reply is not None:
                self.replies.append((b"+", b"hello") if is_hello(reply) else reply)


def commands_of(argv):
    """How many a scene has. What nobody asks are two: CLIENT LIST, INFO."""
    return sum(2 if name == BY_NOBODY else len(commands) for name, *commands in argv)


class Hall:
    """One server's listeners, from scene to scene."""

    def __init__(self, connection):
        self.owner, self.listeners = connection, {}
        self.known = {}  # id -> name, also of those who have gone

    def listener(self, name):
        made = self.listeners.get(name)
        if made is None or made.connection.is_closed:
            made = self.listeners[name] = Listener(self.owner.address)
            self.owner.companions.append(made.connection)
            self.known[made.id] = b"ID:%d" % name
        return made

    def ids(self):
        return {b"ID:%d" % name: one.id for name, one in self.listeners.items()}


def in_any_order(replies):
    """Runs of what Redis sends in the order of a hash table, in one order: patterns that match, channels that are left."""
    made, at = [], 0
    while at < len(replies):
        end = at + 1
        while end < len(replies) and run_of(replies[at]) is not None and run_of(replies[end]) == run_of(replies[at]):
            end += 1
        made += sorted_run(replies[at:end])
        at = end
    return made


def run_of(reply):
    kind, items = reply
    if kind not in (b"*", b">") or not items or items[0][0] != b"$":
        return None
    word = items[0][1]
    if word == b"pmessage":
        return word, items[2:]
    return word if word in LEAVING else None


def sorted_run(run):
    if len(run) < 2 or run_of(run[0]) is None or run[0][1][0][1] == b"pmessage":
        return sorted(run, key=repr) if len(run) > 1 else run
    names, counts = sorted(one[1][1] for one in run), [one[1][2] for one in run]
    return [(kind, (items[0], name, count)) for (kind, items), name, count in zip(run, names, counts)]


def redirected(word, names):
    return b"%r" % (names.get(word[len(b"redir="):], word),)  # a name, or no client


def described(control, hall):
    """What CLIENT LIST and INFO say of the listeners."""
    text = control.call("CLIENT", "LIST")[1]
    names = {one.id: name for name, one in hall.listeners.items()}
    lines = sorted((names[who], tuple(what)) for who, *what in CLIENT.findall(text) if who in names)
    lines = [(name, flags, subscribed, redirected(redirect, hall.known)) for name, (flags, subscribed, redirect) in lines]
    counters = COUNTERS.findall(control.call("INFO", "clients", "stats")[1])
    counters = [one for one in counters if not one[0].startswith((b"pubsub_missed", b"pubsub_unsent"))]
    return b"%r %r" % (lines, sorted(counters))


@procedure("listening")
def listening(connection, argv):
    """argv: (name, command, command, ...), each sent when all is known of the one before."""
    if not connection.companions:
        connection.hall = Hall(connection)
        connection.companions.append(Connection(connection.address))
    hall, control, events = connection.hall, connection.companions[0], []
    for name, *commands in argv:
        if name == BY_NOBODY:
            events.append((b"+", described(control, hall)))
            continue
        ids = hall.ids()
        actor = hall.listener(name)
        actor.ask(*([ids.get(word, word) for word in command] for command in commands))
        yield
        actor.catch_up()
        others = [one for other, one in hall.listeners.items() if other != name and not one.connection.is_closed]
        for one in others:
            one.ask()
        yield
        for one in others:
            one.catch_up()
        events.append((b"*", tuple(happened(hall))))
    for one in hall.listeners.values():  # the next scene begins with connections of its own
        one.connection.close()
        if one.connection in connection.companions:
            connection.companions.remove(one.connection)
    gone(control, hall)
    return (b"*", tuple(events))


def named(reply, ids):
    """The reply with names in place of the ids of listeners, which are each server's own."""
    kind, value = reply
    if kind in resp.AGGREGATES and value is not None:
        return kind, tuple(named(item, ids) for item in value)
    return (kind, ids[value]) if kind == b":" and value in ids else reply


def with_one_null(reply):
    """Of an invalidation of all keys: Redis 7.0 writes it in the version of the client that tracks, whoever gets it.
    In RESP2 it comes as a reply of pub/sub."""
    kind, items = reply
    if kind not in (b"*", b">") or not items or items[0][1] not in (b"invalidate", b"message"):
        return reply
    is_null = items[-1] in ((b"$", None), (b"*", None), (b"_", b""), (b"_", None))
    return (kind, (*items[:-1], (b"_", None))) if is_null else reply


def happened(hall):
    events, ids = [], {one: name for one, name in hall.known.items() if len(one) > 1}
    for name, one in sorted(hall.listeners.items()):
        replies, messages = ([named(reply, ids) for reply in in_any_order(list_)] for list_ in (one.replies, one.messages))
        replies, messages = ([with_one_null(reply) for reply in list_] for list_ in (replies, messages))
        one.replies, one.messages = [], []
        if name >= SILENT:
            replies = []
        if replies or messages:
            events.append((b"*", ((b":", b"%d" % name), (b"*", tuple(replies)), (b"*", tuple(messages)))))
    return events


def gone(control, hall):
    """The server has noticed that they are."""
    ids = {one.id for one in hall.listeners.values()}
    hall.listeners.clear()
    hall.known.clear()
    while ids & {found[0] for found in CLIENT.findall(control.call("CLIENT", "LIST")[1])}:
        pass
