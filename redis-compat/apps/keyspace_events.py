"""Sessions as Spring Session keeps them in Redis: a hash, and beside it an empty key that ends a while before the hash does.
Who listens for ended keys (`__keyevent@*__:expired`) then finds the session's values and says goodbye. One listens through
the proxy, and again when its link has broken; one listens at each node."""

import time

import redis

from client import NODES, PORT, Background, attempt, await_all, disturbed, finish, is_of_a_lost_leader, lives, steadily, until

client = redis.Redis(port=PORT, decode_responses=True)
LONG_MS = 3600000  # no machine is that slow
SESSIONS, SHADOWS, CREATED = "spring:session:sessions:", "spring:session:sessions:expires:", "spring:session:event:0:created:"


class Listener(Background):
    """Notes which sessions have ended, were deleted, were made, and which keys of database 1 have ended."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.ended, self.deleted, self.made, self.aside = [], [], [], []
        self.ended_at = {}
        self.links = 0  # that were made

    def work(self):
        pubsub = redis.Redis(port=self.port, decode_responses=True).pubsub()
        pubsub.psubscribe("__keyevent@*__:expired", "__keyevent@*__:del", CREATED + "*")
        while not self.is_over.is_set():
            try:
                message = pubsub.get_message(timeout=0.1)
            except redis.RedisError as error:
                if not is_of_a_lost_leader(error, self.port):
                    raise
                time.sleep(0.02)
                continue
            if message is not None:
                self._note(message["type"], message["channel"], message["data"])

    def _note(self, kind, channel, data):
        if kind == "psubscribe":
            self.links += channel == CREATED + "*"  # the last of the three
        elif channel.startswith(CREATED):
            self.made.append(channel[len(CREATED):])
        elif channel == "__keyevent@1__:expired":
            self.aside.append(data)
        elif channel == "__keyevent@0__:expired":
            assert data.startswith(SHADOWS), data
            self.ended_at[data[len(SHADOWS):]] = time.monotonic()
            self.ended.append(data[len(SHADOWS):])
        else:
            assert channel == "__keyevent@0__:del" and data.startswith(SESSIONS), (channel, data)
            self.deleted.append(data[len(SESSIONS):])

    def check(self):
        """Nothing is heard twice."""
        super().check()
        for heard in (self.ended, self.deleted, self.made, self.aside):
            assert len(set(heard)) == len(heard), f"{self.port} hears twice: {sorted(heard)}"

    def hears(self, sessions):
        self.check()
        return set(sessions) <= set(self.ended)


earliest = {}  # when a session may end


def save(session, ttl_ms):
    """Returns when the server has answered to all of it."""
    earliest[session] = time.monotonic() + ttl_ms / 1000
    pipe = client.pipeline(transaction=False)
    pipe.hset(SESSIONS + session, mapping={"creationTime": 1, "sessionAttr:user": f"of {session}"})
    pipe.pexpire(SESSIONS + session, ttl_ms + LONG_MS)
    pipe.set(SHADOWS + session, "")
    pipe.pexpire(SHADOWS + session, ttl_ms)
    pipe.publish(CREATED + session, "")
    return pipe.execute()


def touch(session, ttl_ms):
    """Whether it is there yet, and now ends later, or sooner."""
    end = time.monotonic() + ttl_ms / 1000
    return client.pexpire(SHADOWS + session, ttl_ms) and earliest.update({session: end}) is None


def check_ends(listener, sessions):
    """None too early, and the values are there yet."""
    for session in sessions:
        assert listener.ended_at[session] >= earliest[session] - 0.002, f"{session} ends too early"
        assert steadily(lambda: client.hget(SESSIONS + session, "sessionAttr:user")) == f"of {session}"
        assert steadily(lambda: client.exists(SHADOWS + session)) == 0


def hear_ends(listeners, sessions):
    """Each of all, by each."""
    await_all(listeners, lambda it: it.hears(sessions))
    for listener in listeners:
        check_ends(listener, sessions)


def configure(classes):
    client.config_set("notify-keyspace-events", classes)
    nodes = [redis.Redis(port=port, decode_responses=True) for port in NODES]
    until(lambda: all(set(node.config_get("notify-keyspace-events")["notify-keyspace-events"]) == set(classes) for node in nodes))


def use_ends(listeners):
    """Only ends are told: no deletion, no write."""
    sessions = [f"brief{number}" for number in range(40)]
    for number, session in enumerate(sessions):
        save(session, 100 + 10 * number)
    save("shortened", LONG_MS)
    save("lengthened", 400)
    assert touch("shortened", 150)
    is_longer = touch("lengthened", LONG_MS)  # not so if it has ended: this machine may be slow
    save("deleted silently", LONG_MS)
    client.delete(SHADOWS + "deleted silently", SESSIONS + "deleted silently")
    redis.Redis(port=PORT, db=1).set("aside", "", px=50)
    hear_ends(listeners, [*sessions, "shortened"])
    await_all(listeners, lambda it: it.aside == ["aside"])
    for listener in listeners:
        assert set(listener.made) == set(earliest), "a message is missing among the events"
        assert listener.deleted == [] and set(listener.ended) - {"lengthened"} == {*sessions, "shortened"}
        assert is_longer == ("lengthened" not in listener.ended)


def use_deletions(listeners):
    """As the repository wants them: the classes of before, and generic ones."""
    (classes,) = client.config_get("notify-keyspace-events").values()
    configure(classes + "g")
    save("deleted", LONG_MS)
    client.delete(SHADOWS + "deleted", SESSIONS + "deleted")
    await_all(listeners, lambda it: len(it.deleted) == 2)
    for listener in listeners:
        assert listener.deleted == ["expires:deleted", "deleted"], listener.deleted


class Saves(Background):
    """Sessions of a moment, made while the leader dies. `answered` are those of whose making nothing was lost."""

    def __init__(self):
        super().__init__()
        self.answered, self.tried = [], 0

    def work(self):
        while not self.is_over.is_set():
            session = f"death{self.tried}"
            self.tried += 1
            if attempt(lambda: save(session, 300 + self.tried % 7 * 100)) is not None:
                self.answered.append(session)
            time.sleep(0.01)


def have_heard(listeners, word):
    """Whether all hear: some message of ours has come to each since it was first said."""
    have_heard.count += 1
    attempt(lambda: client.publish(f"{CREATED}{word}{have_heard.count}", ""))  # each once: it may be told without an answer
    return all(listener.check() or any(name.startswith(word) for name in listener.made) for listener in listeners)


have_heard.count = 0


def main():
    configure("Ex")
    listeners = [Listener(port) for port in dict.fromkeys([PORT, *NODES])]
    for listener in listeners:
        listener.start()
    await_all(listeners, lambda it: it.links == 1)
    use_ends(listeners)
    use_deletions(listeners)
    saves = Saves()
    saves.start()
    await_all([saves, *listeners], lambda it: it is saves or len(saves.answered) >= 40 and it.hears(saves.answered[:40]))
    disturbed()
    living = [listener for listener in listeners if lives(listener.port)]
    until(lambda: have_heard(living, "hello"))
    wanted = len(saves.answered) + 20
    await_all([saves, *living], lambda it: len(saves.answered) >= wanted)
    saves.end()
    hear_ends(living, saves.answered[-10:])
    for listener in living:
        if listener.links == 1:  # all the time: it has lost nothing
            hear_ends([listener], saves.answered)
    for listener in listeners:
        listener.end()
        assert set(listener.ended) <= set(earliest), "it hears the end of what nobody has made"
    finish()


if __name__ == "__main__":
    main()
