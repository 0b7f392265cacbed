"""limits, which Flask-Limiter and slowapi stand on: fixed and moving windows, each hit a script; one more deletes by pattern."""

import threading
import time

from limits import RateLimitItemPerDay, RateLimitItemPerSecond
from limits.storage import storage_from_string
from limits.strategies import FixedWindowElasticExpiryRateLimiter, FixedWindowRateLimiter, MovingWindowRateLimiter

from client import MASTER, PORT, SENTINELS, Background, attempt, await_all, connect, disturbed, finish, steadily, until

client = connect()


def new_storage():
    """That reads what it has written: from the master, however long that takes."""
    if not SENTINELS:
        return storage_from_string(f"redis://127.0.0.1:{PORT}/0")
    addresses = ",".join(f"{host}:{port}" for host, port in SENTINELS)
    return storage_from_string(f"redis+sentinel://{addresses}/{MASTER}", use_replicas=False, socket_timeout=None)


storage = new_storage()
STRATEGIES = (FixedWindowRateLimiter, FixedWindowElasticExpiryRateLimiter, MovingWindowRateLimiter)


def count_hits(strategy):
    limiter, item, name = strategy(storage), RateLimitItemPerDay(20, 1), strategy.__name__
    assert limiter.get_window_stats(item, name)[1] == 20
    allowed = []

    def hit():
        own_storage = new_storage()  # a strategy only borrows it
        mine = strategy(own_storage)
        for _ in range(6):
            allowed.append(mine.hit(item, name))

    threads = [threading.Thread(target=hit) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (allowed.count(True), allowed.count(False)) == (20, 10), f"{allowed.count(True)} are allowed"
    reset, remaining = limiter.get_window_stats(item, name)
    assert remaining == 0 and time.time() < reset <= time.time() + 86402
    assert not limiter.test(item, name) and not limiter.hit(item, name)
    another = f"another {name}"
    assert limiter.test(item, another) and limiter.hit(item, another, cost=20) and not limiter.hit(item, another)


def slide():
    """Four hits of a window of three take longer than the window."""
    limiter, item, begun = MovingWindowRateLimiter(storage), RateLimitItemPerSecond(3, 1), []
    while len(begun) < 3:
        begun.append(time.time())
        assert limiter.hit(item, "slides")
    until(lambda: limiter.hit(item, "slides"))
    assert time.time() - begun[0] >= 1


def delete_by_pattern():
    keys = len(client.keys("LIMITER*"))
    client.set("kept", "1")
    pipeline = client.pipeline(transaction=False)
    for number in range(6000):  # the script deletes 5000 with each DEL
        pipeline.set(f"LIMITER/many/{number}", "1")
    pipeline.execute()
    assert storage.reset() >= keys + 6000 - 1  # the window of a second may be over
    assert client.keys("LIMITER*") == [] and client.get("kept") == b"1"


class Hitter(Background):
    """Hits both kinds of windows while the leader dies."""

    item = RateLimitItemPerDay(150, 1)

    def __init__(self, strategy):
        super().__init__()
        self.storage = new_storage()
        self.limiter = strategy(self.storage)
        self.window = f"death {strategy.__name__}"
        self.allowed = self.refused = 0

    def work(self):
        after = 0
        while after < 200:
            was_over = self.is_over.is_set()
            answer = attempt(lambda: self.limiter.hit(self.item, self.window))
            self.allowed += answer is True
            self.refused += answer is False
            after += was_over and answer is not None
            time.sleep(0.002)


def main():
    for strategy in STRATEGIES:
        count_hits(strategy)
    slide()
    delete_by_pattern()
    hitters = [Hitter(strategy) for strategy in (FixedWindowRateLimiter, MovingWindowRateLimiter) for _ in range(2)]
    for hitter in hitters:
        hitter.start()
    await_all(hitters, lambda it: it.allowed >= 10)
    disturbed()
    for hitter in hitters:
        hitter.end()
    for pair in (hitters[:2], hitters[2:]):
        allowed = sum(hitter.allowed for hitter in pair)
        assert allowed <= 150, f"{allowed} are allowed"
        assert steadily(lambda it=pair[0]: it.limiter.get_window_stats(it.item, it.window))[1] == 0
    finish()


if __name__ == "__main__":
    main()
