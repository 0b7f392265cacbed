"""redis-py's two ways to listen, a thread that calls handlers and asyncio, at the leader and at every node. Several publish
numbers, each once: a number whose publication was not answered is not said again."""

import asyncio
import time

import redis
import redis.asyncio

from client import NODES, PORT, Background, attempt, await_all, disturbed, finish, is_of_a_lost_leader, lives, until

client = redis.Redis(port=PORT)
PUBLISHERS = 3
CHANNELS = [f"news.{number}" for number in range(PUBLISHERS)]
WAYS = {"subscribe": [*CHANNELS, "greetings"], "psubscribe": ["news.*", "greeting?"]}


class Heard:
    """Of one listener. Invariant: the numbers of a channel rise; else check() says where they did not."""

    def __init__(self, port, name):
        self.port, self.name = port, f"{name} at {port}"
        self.numbers = {channel: [] for channel in CHANNELS}
        self.greetings = set()
        self.error = None

    def note(self, message):
        channel, data = message["channel"].decode(), message["data"].decode()
        if channel == "greetings":
            self.greetings.add(data)
        elif self.last(channel) >= int(data):
            self.fail(f"hears {data} of {channel} after {self.last(channel)}")
        else:
            self.numbers[channel].append(int(data))

    def last(self, channel):
        return self.numbers[channel][-1] if self.numbers[channel] else -1

    def fail(self, why):
        self.error = self.error or f"{self.name} {why}"

    def check(self):
        assert self.error is None, self.error

    def check_complete(self):
        """As long as it has had one connection, since before the first number."""
        for channel, numbers in self.numbers.items():
            assert list(numbers) == list(range(len(numbers))), f"{self.name} lacks some of {channel}"


class Thread:
    """redis-py's own, which calls handlers: of names for two channels, of a pattern for the others."""

    def __init__(self, port):
        self.heard = Heard(port, "a thread")
        self.pubsub = redis.Redis(port=port, health_check_interval=1).pubsub(ignore_subscribe_messages=True)
        self.pubsub.subscribe(**{CHANNELS[0]: self.heard.note, "greetings": self.heard.note})
        self.pubsub.psubscribe(**{"news.[1-9]": self.heard.note})
        self.thread = self.pubsub.run_in_thread(sleep_time=0.1, daemon=True, exception_handler=self._on_error)

    def _on_error(self, error, _pubsub, _thread):
        """The thread goes on, and its next turn connects anew."""
        if not is_of_a_lost_leader(error, self.heard.port):
            self.heard.fail(repr(error))
        time.sleep(0.02)

    def end(self):
        self.thread.stop()
        self.thread.join()


class Tasks(Background):
    """asyncio: two listeners at each port, one by names and one by patterns."""

    def __init__(self, ports):
        super().__init__()
        self.all_heard = [Heard(port, way) for port in ports for way in WAYS]

    def work(self):
        try:
            asyncio.run(self._listen_all())
        except BaseException as error:
            for heard in self.all_heard:
                heard.fail(repr(error))
            raise

    async def _listen_all(self):
        tasks = [asyncio.create_task(self._listen(heard)) for heard in self.all_heard]
        while not self.is_over.is_set() and not any(task.done() for task in tasks):
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        for error in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(error, asyncio.CancelledError):
                raise error

    async def _listen(self, heard):
        way = heard.name.split()[0]
        pubsub = redis.asyncio.Redis(port=heard.port).pubsub(ignore_subscribe_messages=True)
        while True:
            try:
                if not pubsub.subscribed:
                    await getattr(pubsub, way)(*WAYS[way])
                message = await pubsub.get_message(timeout=0.2)
            except redis.RedisError as error:
                if not is_of_a_lost_leader(error, heard.port):
                    raise
                await asyncio.sleep(0.02)
                continue
            if message is not None:
                heard.note(message)


class Publisher(Background):
    """At one of the addresses, at the next when that one has failed."""

    def __init__(self, channel, ports):
        super().__init__()
        self.clients = [(port, redis.Redis(port=port)) for port in ports]
        self.channel = channel
        self.said = 0

    def work(self):
        while not self.is_over.is_set():
            number, self.said = self.said, self.said + 1
            port, client_there = self.clients[0]
            try:
                client_there.publish(self.channel, number)
            except redis.RedisError as error:
                if not is_of_a_lost_leader(error, port):
                    raise
                self.clients.append(self.clients.pop(0))
            time.sleep(0.02)


def use_subscriptions():
    """What stands in no loop: who listens, what is heard no more."""
    pubsub = client.pubsub(ignore_subscribe_messages=False)
    pubsub.subscribe("a", "b")
    pubsub.psubscribe("a*")
    confirmed = [pubsub.get_message(timeout=None) for _ in range(3)]
    assert [(one["type"], one["channel"], one["data"]) for one in confirmed] == [
        ("subscribe", b"a", 1), ("subscribe", b"b", 2), ("psubscribe", b"a*", 3)], confirmed
    assert client.pubsub_channels("[ab]") in ([b"a", b"b"], [b"b", b"a"])
    assert client.pubsub_numsub("a", "none") == [(b"a", 1), (b"none", 0)]
    assert client.publish("a", "x") == 2 and client.publish("none", "x") == 0
    both = [pubsub.get_message(timeout=None) for _ in range(2)]
    assert [(one["type"], one["pattern"], one["channel"], one["data"]) for one in both] == [
        ("message", None, b"a", b"x"), ("pmessage", b"a*", b"a", b"x")], both
    pubsub.unsubscribe("a")
    pubsub.punsubscribe()
    ended = [pubsub.get_message(timeout=None) for _ in range(2)]
    assert [one["type"] for one in ended] == ["unsubscribe", "punsubscribe"]
    client.publish("a", "unheard")
    client.publish("b", b"\x00\xff\r\n")
    assert pubsub.get_message(timeout=None)["data"] == b"\x00\xff\r\n"
    pubsub.ping("here")
    assert pubsub.get_message(timeout=None)["data"] == b"here"
    pubsub.close()
    until(lambda: client.pubsub_numsub("b") == [(b"b", 0)])


def have_heard(listeners, word):
    """Whether all hear: some word of ours has come to each since it was first said."""
    attempt(lambda: client.publish("greetings", word))
    return all(heard.check() or word in heard.greetings for heard in listeners)


def hear_on(listeners, publishers, count):
    """Until each has heard so many more of each publisher than were said until now."""
    wanted = {one.channel: one.said + count for one in publishers}
    for heard in listeners:
        await_all(publishers, lambda one: heard.check() or heard.last(one.channel) >= wanted[one.channel])


def main():
    use_subscriptions()
    ports = list(dict.fromkeys([PORT, *NODES]))
    threads = [Thread(port) for port in ports]
    tasks = Tasks(ports)
    tasks.start()
    listeners = [*(one.heard for one in threads), *tasks.all_heard]
    until(lambda: tasks.check() or have_heard(listeners, "hello"))
    publishers = [Publisher(channel, ports[number:] + ports[:number]) for number, channel in enumerate(CHANNELS)]
    for publisher in publishers:
        publisher.start()
    hear_on(listeners, publishers, 50)
    for heard in listeners:
        heard.check_complete()
    disturbed()
    living = [heard for heard in listeners if lives(heard.port)]
    hear_on(living, publishers, 50)
    for publisher in publishers:
        publisher.end()
    until(lambda: have_heard(living, "goodbye"))
    for thread in threads:
        thread.end()
    tasks.end()
    for heard in listeners:
        heard.check()
        assert all(numbers[-1] < one.said for one in publishers for numbers in [heard.numbers[one.channel]])
    finish()


if __name__ == "__main__":
    main()
