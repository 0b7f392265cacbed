"""redis-py's Sentinel: a client finds the master, and finds the next one when it is lost; transactions, a script, a listener and
reads of replicas besides. Called with `sentinel PORT ...`."""

import time

import redis
from redis.sentinel import MasterNotFoundError, Sentinel

from client import MASTER, SENTINELS, Background, attempt, await_all, connect, disturbed, finish, is_of_a_lost_leader, steadily, until

ADD = "redis.call('sadd', KEYS[1], ARGV[1]) return redis.call('scard', KEYS[1])"


def find_servers():
    """What the sentinels say of the master and of the others, which all of them can be asked for."""
    sentinel = Sentinel(SENTINELS)
    address = until(lambda: sentinel.discover_master(MASTER))
    assert redis.Redis(*address).role()[0] == b"master"
    assert address not in sentinel.discover_slaves(MASTER)
    try:
        sentinel.discover_master("another")
        raise AssertionError("a master of an unknown name is found")
    except MasterNotFoundError:
        pass
    steadily(lambda: connect().set("kept", "before"))
    replica = sentinel.slave_for(MASTER)  # the master, if there is no other
    until(lambda: replica.get("kept") == b"before")


class Writer(Background):
    """Says each number until it is answered, in three ways, and reads it back: what was answered is there, at any master."""

    def __init__(self, name):
        super().__init__()
        self.client = connect()
        self.add = self.client.register_script(ADD)
        self.last, self.members, self.left, self.right = (f"{kind} of {name}" for kind in ("last", "members", "left", "right"))
        self.tried = self.answered = self.said = 0

    def work(self):
        after = 0
        while after < 50:
            was_over = self.is_over.is_set()
            self.say(self.said + 1)
            self.said += 1
            after += was_over

    def say(self, number):
        steadily(lambda: self.client.set(self.last, number))
        read = steadily(lambda: self.client.get(self.last))
        assert int(read) == number, f"{read} is read after {number} was written"
        count = steadily(lambda: self.add(keys=[self.members], args=[number]))
        assert count == number, f"{count} of {number} are there"
        self.tried += 1
        self.answered += attempt(self.add_to_both) is not None
        left, right = steadily(lambda: self.client.mget(self.left, self.right))
        assert left == right and self.answered <= int(left or 0) <= self.tried, (left, right, self.answered, self.tried)

    def add_to_both(self):
        """At most once, both or none."""
        return self.client.pipeline().incr(self.left).incr(self.right).execute()


class Listener(Background):
    """At the master, and at the next one when that is lost. What is published meanwhile is lost; nothing comes twice."""

    def __init__(self):
        super().__init__()
        self.heard = 0

    def work(self):
        pubsub = connect().pubsub(ignore_subscribe_messages=True)
        while not self.is_over.is_set():
            try:
                if not pubsub.subscribed:
                    pubsub.subscribe("news")
                message = pubsub.get_message(timeout=0.1)
            except redis.RedisError as error:
                if not is_of_a_lost_leader(error):
                    raise
                time.sleep(0.02)
                continue
            if message is not None:
                assert int(message["data"]) > self.heard, f"{message['data']} is heard after {self.heard}"
                self.heard = int(message["data"])


class Publisher(Background):
    """Numbers, each said once."""

    def __init__(self):
        super().__init__()
        self.client, self.said = connect(), 0

    def work(self):
        while not self.is_over.is_set():
            self.said += 1
            attempt(lambda: self.client.publish("news", self.said))
            time.sleep(0.01)


def hear_on(listener, publisher):
    """Until something is heard that is said from now on."""
    wanted = publisher.said + 1
    await_all([listener, publisher], lambda it: it is publisher or listener.heard >= wanted)


def main():
    find_servers()
    writers, listener, publisher = [Writer(name) for name in "abc"], Listener(), Publisher()
    everybody = [*writers, listener, publisher]
    for one in everybody:
        one.start()
    await_all(writers, lambda it: it.said >= 30)
    hear_on(listener, publisher)
    disturbed()
    for writer in writers:
        writer.end()
    hear_on(listener, publisher)
    for one in (publisher, listener):
        one.end()
    for writer in writers:
        members = steadily(lambda it=writer: it.client.smembers(it.members))
        assert members == {b"%d" % number for number in range(1, writer.said + 1)}, f"{writer.members} are not all there"
    assert steadily(lambda: connect().get("kept")) == b"before"
    finish()


if __name__ == "__main__":
    main()
