"""redis-py's Lock: released, extended and taken anew by scripts that compare the owner's token with the key's."""

import time
import uuid

from redis.exceptions import LockError, LockNotOwnedError

from client import Background, attempt, await_all, connect, disturbed, finish, steadily

LONG_S = 3600  # no machine is that slow
client = connect()


def is_refused(kind, act):
    try:
        act()
    except kind:
        return True
    return False


def use_a_lock():
    mine, yours = (client.lock("lock", timeout=LONG_S) for _ in range(2))
    assert mine.acquire() and mine.owned() and mine.locked()
    assert not yours.acquire(blocking=False) and not yours.acquire(blocking_timeout=0.3) and not yours.owned()
    yours.local.token = b"another"
    for act in (yours.release, yours.reacquire, lambda: yours.extend(LONG_S)):
        yours.local.token = b"another"
        assert is_refused(LockNotOwnedError, act)
    assert mine.owned()
    assert mine.extend(LONG_S) and LONG_S * 1000 < client.pttl("lock") <= 2 * LONG_S * 1000
    assert mine.extend(600, replace_ttl=True) and client.pttl("lock") <= 600_000
    assert mine.reacquire() and 600_000 < client.pttl("lock") <= LONG_S * 1000
    mine.release()
    assert client.get("lock") is None and is_refused(LockError, mine.release)


def outlive_a_lock():
    """One that ran out is another's."""
    brief, next_ = client.lock("brief", timeout=0.2), client.lock("brief", timeout=LONG_S)
    assert brief.acquire() and next_.acquire()
    assert is_refused(LockNotOwnedError, lambda: brief.extend(10)) and is_refused(LockNotOwnedError, brief.release)
    assert next_.owned()
    client.script_flush()
    next_.release()
    assert client.exists("brief") == 0


class Worker(Background):
    """Adds to a number in two steps under a lock that never runs out. Whether a lock was taken is sometimes never answered:
    the token says it."""

    inside = 0

    def __init__(self):
        super().__init__()
        self.client = connect()
        self.sections = 0

    def work(self):
        after = 0
        while after < 25:
            was_over = self.is_over.is_set()
            self.section()
            after += was_over

    def section(self):
        lock, token = self.client.lock("number's lock", sleep=0.005, thread_local=False), uuid.uuid4().hex.encode()
        while attempt(lambda: lock.acquire(token=token)) is None:
            lock.local.token = token
            if steadily(lock.owned):
                break
            time.sleep(0.02)
        Worker.inside += 1
        assert Worker.inside == 1, "two are inside"
        value = int(steadily(lambda: self.client.get("number")) or 0)
        steadily(lambda: self.client.set("number", value + 1))
        self.sections += 1
        Worker.inside -= 1
        self.release(lock, token)

    @staticmethod
    def release(lock, token):
        """Until it is another's, or nobody's."""
        def act():
            lock.local.token = token
            try:
                lock.release()
            except LockNotOwnedError:
                pass  # a release before this one was done, and its answer lost
        steadily(act)


def main():
    use_a_lock()
    outlive_a_lock()
    workers = [Worker() for _ in range(4)]
    for worker in workers:
        worker.start()
    await_all(workers, lambda it: it.sections >= 10)
    disturbed()
    for worker in workers:
        worker.end()
    assert int(steadily(lambda: client.get("number"))) == sum(worker.sections for worker in workers)
    assert steadily(lambda: client.get("number's lock")) is None
    finish()


if __name__ == "__main__":
    main()
