"""Django Channels: consumers of websockets on two layers each, as in two processes, which talk through Redis. The layer of
sorted sets waits by BZPOPMIN and sends to a group by a script; the other one is pub/sub. The first loses or repeats what it
receives while its server dies, with any Redis: at that time all who wait wait at empty channels. Nothing that awaits
redis-py is cancelled: its version 4.3.4 sometimes does not see that."""

import asyncio
import json
import logging
import os

import django
import redis
from django.conf import settings

from client import PORT, disturbed, finish, is_of_a_lost_leader

URL = f"redis://127.0.0.1:{PORT}/0"
LONG_S = 3600  # no machine is that slow
SETS = {"BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [URL], "expiry": LONG_S, "capacity": 100000, "channel_capacity": {"narrow": 3}}}
PUBSUB = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [URL], "prefix": "pubsub"}}

settings.configure(CHANNEL_LAYERS={"sets1": SETS, "sets2": SETS, "pubsub1": PUBSUB, "pubsub2": PUBSUB}, SECRET_KEY="of a test")
django.setup()
logging.getLogger("channels_redis").setLevel(logging.CRITICAL)  # which tells of lost connections

from channels.exceptions import ChannelFull  # noqa: E402
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.layers import channel_layers  # noqa: E402

client = redis.Redis(port=PORT)


class Chat(AsyncJsonWebsocketConsumer):
    """What somebody says is said to the room, or to the one in `to`."""

    async def connect(self):
        await self.channel_layer.group_add(self.scope["room"], self.channel_name)
        await self.accept()
        await self.send_json(self.channel_name)

    async def receive_json(self, content, **_):
        message = {"type": "chat.message", "from": self.channel_name, "text": content["text"]}
        if "to" in content:
            await self.channel_layer.send(content["to"], message)
        else:
            await self.channel_layer.group_send(self.scope["room"], message)

    async def disconnect(self, _code):
        await self.channel_layer.group_discard(self.scope["room"], self.channel_name)

    async def chat_message(self, event):
        await self.send_json([event["from"], event["text"]])


class Browser:
    """The other end of a websocket, as an ASGI server has it."""

    def __init__(self, layer, room):
        self.layer = channel_layers[layer]
        self.sent, self.received = asyncio.Queue(), asyncio.Queue()
        application = type("Chat", (Chat,), {"channel_layer_alias": layer}).as_asgi()
        scope = {"type": "websocket", "path": "/", "room": room, "subprotocols": []}
        self.task = asyncio.create_task(application(scope, self.sent.get, self.received.put))
        self.sent.put_nowait({"type": "websocket.connect"})

    async def open(self):
        assert (await self._next())["type"] == "websocket.accept"
        self.name = await self.read()
        return self

    async def _next(self):
        coming = asyncio.create_task(self.received.get())
        await asyncio.wait([coming, self.task], return_when=asyncio.FIRST_COMPLETED)
        if not coming.done():
            coming.cancel()
            self.task.result()  # raises why the consumer has ended
        return await coming

    async def read(self):
        return json.loads((await self._next())["text"])

    async def read_until(self, last):
        """What comes before it."""
        many = []
        while (one := await self.read()) != last:
            many.append(one)
        return many

    def say(self, text, **to):
        self.sent.put_nowait({"type": "websocket.receive", "text": json.dumps({"text": text, **to})})

    async def close(self):
        self.sent.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


async def use_rooms(kind, name):
    """Three in a room speak at once, and hear each other and themselves in the order of each; one next door hears nothing."""
    room = [await Browser(kind + number, name).open() for number in "112"]
    outside = await Browser(kind + "2", "outside").open()
    if kind == "pubsub":  # which returns before the server has its subscription
        names = [browser.name for browser in (*room, outside)]
        wanted = {**dict.fromkeys(names, 1), f"pubsub__group__{name}": 2, "pubsub__group__outside": 1}
        await until(lambda: client.pubsub_numsub(*wanted) == [(name.encode(), count) for name, count in wanted.items()], [])
    for number in range(20):
        for browser in room:
            browser.say(f"{number} ä")
    for browser in room:
        heard = [await browser.read() for _ in range(60)]
        for other in room:
            assert [text for who, text in heard if who == other.name] == [f"{number} ä" for number in range(20)]
    room[0].say("to you", to=outside.name)
    assert await outside.read() == [room[0].name, "to you"]

    # Who was taken out of the room hears nothing of it before what comes to him alone, and is its last.
    await room[1].layer.group_discard(name, room[1].name)
    await room[2].layer.group_send(name, {"type": "chat.message", "from": "us", "text": "without you"})
    for browser in room:
        await room[2].layer.send(browser.name, {"type": "chat.message", "from": "us", "text": "end"})
    assert [await browser.read_until(["us", "end"]) for browser in room] == [[["us", "without you"]], [], [["us", "without you"]]]
    if kind == "pubsub":
        await outside.close()
        await until(lambda: client.pubsub_numsub(outside.name) == [(outside.name.encode(), 0)], [])


async def use_channels():
    """A channel of any process's, read by one of them, and soon full."""
    one, two = channel_layers["sets1"], channel_layers["sets2"]
    for number in range(3):
        await one.send("narrow", {"type": "count", "number": number})
    try:
        await two.send("narrow", {"type": "count", "number": 3})
        raise AssertionError("more than its capacity is in a channel")
    except ChannelFull:
        pass
    assert [(await two.receive("narrow"))["number"] for _ in range(3)] == [0, 1, 2]
    waiting = asyncio.create_task(two.receive("narrow"))
    await one.send("narrow", {"type": "bytes", "data": b"\x00\xff"})
    assert await waiting == {"type": "bytes", "data": b"\x00\xff"}
    await one.send("narrow", {"type": "flushed"})
    await one.flush()
    await two.close_pools()
    assert client.keys("asgi*") == []


async def tried(act):
    """Whether it was answered; not if a leader was lost meanwhile."""
    try:
        await act
        return True
    except redis.RedisError as error:
        if not is_of_a_lost_leader(error):
            raise
        await asyncio.sleep(0.02)
        return False


class Speaker:
    """Numbers for a group, each said once; `answered` are those of which the layer said no evil."""

    def __init__(self, layer, group):
        self.said, self.answered = 0, []
        self.is_over = False
        self.task = asyncio.create_task(self._speak(channel_layers[layer], group))

    async def _speak(self, layer, group):
        while not self.is_over:
            number, self.said = self.said, self.said + 1
            if await tried(layer.group_send(group, {"type": "number", "number": number})):
                self.answered.append(number)
            await asyncio.sleep(0.01)


class Listener:
    """Of a group of the pub/sub layer. Invariant: what it hears of each speaker rises, else its task ends."""

    def __init__(self, layer, groups):
        self.layer, self.groups = channel_layers[layer], groups
        self.heard = {group: [] for group in groups}
        self.tasks = []

    async def start(self):
        for group in self.groups:
            channel = await self.layer.new_channel()
            await self.layer.group_add(group, channel)
            self.tasks.append(asyncio.create_task(self._listen(group, channel)))

    async def _listen(self, group, channel):
        heard = self.heard[group]
        while True:
            number = (await self.layer.receive(channel))["number"]
            assert not heard or number > heard[-1], f"{number} of {group} comes after {heard[-1]}"
            heard.append(number)


async def until(claim, tasks):
    """None of the tasks ends meanwhile."""
    while not claim():
        for task in tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.02)


async def await_idle(layer, channel):
    """What comes at last, however often the wait ends with its server."""
    while True:
        try:
            return await layer.receive(channel)
        except redis.RedisError as error:
            if not is_of_a_lost_leader(error):
                raise
            await asyncio.sleep(0.02)


async def disturb_beside():
    await asyncio.get_running_loop().run_in_executor(None, disturbed)


async def hear_on(listeners, speakers, tasks, count):
    """Until each has heard so many more of each speaker than were said until now."""
    wanted = {group: speaker.said + count for group, speaker in speakers.items()}
    await until(lambda: all(it.heard[group] and it.heard[group][-1] >= wanted[group] for it in listeners for group in wanted), tasks)


async def live_through_a_death():
    speakers = {"a": Speaker("pubsub1", "a"), "b": Speaker("pubsub2", "b")}
    listeners = [Listener(layer, speakers) for layer in ("pubsub1", "pubsub2")]
    for listener in listeners:
        await listener.start()
    sets = channel_layers["sets1"]
    for inbox in ("inbox1", "inbox2"):
        await sets.group_add("stored", inbox)
    stored = Speaker("sets1", "stored")
    idle = asyncio.create_task(await_idle(channel_layers["sets2"], "idle"))
    tasks = [stored.task, *(it.task for it in speakers.values()), *(task for it in listeners for task in it.tasks)]
    await hear_on(listeners, speakers, tasks, 30)
    await until(lambda: len(stored.answered) >= 30, tasks)
    for listener in listeners:
        for heard in listener.heard.values():
            assert heard == list(range(heard[0], heard[-1] + 1)), "something is missing"
    await disturb_beside()
    await hear_on(listeners, speakers, tasks, 30)
    wanted = len(stored.answered) + 30
    await until(lambda: len(stored.answered) >= wanted, tasks)
    for speaker in (stored, *speakers.values()):
        speaker.is_over = True
        await speaker.task
    for inbox in ("inbox1", "inbox2"):
        await check_inbox(inbox, stored)
    while not idle.done():
        await tried(sets.send("idle", {"type": "at last"}))
        await asyncio.sleep(0.02)
    assert idle.result() == {"type": "at last"}


async def check_inbox(inbox, speaker):
    """All that was answered is in it, in the order that it was said in, and nothing twice."""
    layer = channel_layers["sets1"]
    await layer.send(inbox, {"type": "end"})
    numbers = []
    while (message := await layer.receive(inbox))["type"] != "end":
        numbers.append(message["number"])
    assert numbers == sorted(set(numbers)) and set(speaker.answered) <= set(numbers) <= set(range(speaker.said)), inbox


async def main():
    await use_channels()
    for kind in ("sets", "pubsub"):
        await use_rooms(kind, "before")
    await live_through_a_death()
    for kind in ("sets", "pubsub"):
        await use_rooms(kind, "after")
    finish()
    os._exit(0)  # cancels nothing


if __name__ == "__main__":
    asyncio.run(main())
