"""Django's cache over django-redis: counters by a script, the cache's lock, patterns, versions, sessions in the cache."""

import time

import django
from django.conf import settings

from client import MASTER, PORT, SENTINELS, Background, await_all, disturbed, finish, until

ADDRESS = MASTER if SENTINELS else f"127.0.0.1:{PORT}"
settings.configure(
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": f"redis://{ADDRESS}/1",
                        "OPTIONS": {"SENTINELS": SENTINELS}}},
    DJANGO_REDIS_CONNECTION_FACTORY=f"django_redis.pool.{'Sentinel' if SENTINELS else ''}ConnectionFactory",
    SESSION_ENGINE="django.contrib.sessions.backends.cache", SECRET_KEY="of a test", USE_TZ=True)
django.setup()

from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django_redis.exceptions import ConnectionInterrupted  # noqa: E402
from redis.exceptions import ConnectionError as LostConnection, LockNotOwnedError, ReadOnlyError  # noqa: E402

LONG_S = 3600  # no machine is that slow


def is_refused(kind, act):
    try:
        act()
    except kind:
        return True
    return False


def use_values():
    value = {"a": [1, 2.5, None, "ä"], "b": {"c": (1, 2)}}
    assert cache.set("value", value, timeout=LONG_S) and cache.get("value") == value
    assert 0 < cache.ttl("value") <= LONG_S
    assert not cache.add("value", 1) and cache.add("new", 1)
    cache.set_many({f"many{number}": number for number in range(30)})
    assert cache.get_many([f"many{number}" for number in range(31)]) == {f"many{number}": number for number in range(30)}
    assert sorted(cache.iter_keys("many1*")) == sorted(["many1", *(f"many{number}" for number in range(10, 20))])
    assert cache.delete_pattern("many*") == 30 and cache.get("many1") is None
    assert cache.get_or_set("made", lambda: "once") == "once" == cache.get_or_set("made", lambda: "twice")
    assert cache.incr_version("value") == 2 and cache.get("value") is None and cache.get("value", version=2) == value
    cache.set("brief", 1, timeout=1)
    until(lambda: cache.get("brief") is None)
    assert cache.touch("new", LONG_S) and cache.persist("new") and cache.ttl("new") is None


def use_counters():
    """A script adds where the key is; what is not a number of 64 bits is read and written instead."""
    assert is_refused(ValueError, lambda: cache.incr("none"))
    cache.set("count", 40, timeout=LONG_S)
    assert cache.incr("count", 5) == 45 and cache.decr("count", 3) == 42 and 0 < cache.ttl("count") <= LONG_S
    cache.set("big", 2**63 - 1)
    assert cache.incr("big") == 2**63
    assert cache.incr("from nothing", 7, ignore_key_check=True) == 7


def use_locks():
    with cache.lock("lock", timeout=LONG_S):
        assert not cache.lock("lock", timeout=LONG_S, blocking_timeout=0.1).acquire()
    brief = cache.lock("lock", timeout=0.2)
    assert brief.acquire() and cache.lock("lock", timeout=LONG_S).acquire()
    assert is_refused(LockNotOwnedError, brief.release)


def use_sessions():
    session = SessionStore()
    session["user"] = 7
    session.save()
    assert SessionStore(session.session_key)["user"] == 7
    session.delete()
    assert not SessionStore().exists(session.session_key)


def tried(act):
    """None if the cache was away."""
    try:
        return act()
    except (ConnectionInterrupted, LostConnection, ReadOnlyError):
        time.sleep(0.02)
        return None


class Counter(Background):
    """Counts while the leader dies: what was answered has been counted."""

    def __init__(self):
        super().__init__()
        self.asked = self.counted = 0

    def work(self):
        after = 0
        while after < 100:
            was_over = self.is_over.is_set()
            self.asked += 1
            if tried(lambda: cache.incr("death")) is not None:
                self.counted += 1
                after += was_over
            time.sleep(0.002)


def main():
    for story in (use_values, use_counters, use_locks, use_sessions):
        story()
    cache.set("death", 0, timeout=None)
    cache.set("before", "kept", timeout=None)
    counters = [Counter() for _ in range(3)]
    for counter in counters:
        counter.start()
    await_all(counters, lambda it: it.counted >= 20)
    disturbed()
    for counter in counters:
        counter.end()
    value = until(lambda: tried(lambda: cache.get("death")))
    assert sum(one.counted for one in counters) <= value <= sum(one.asked for one in counters), value
    assert until(lambda: tried(lambda: cache.get("before"))) == "kept"
    finish()


if __name__ == "__main__":
    main()
