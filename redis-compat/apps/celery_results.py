"""Celery with Redis as broker and for results: retries, countdowns, groups, chains, chords, revoking, remote control. Results
and orders come by pub/sub. Celery's transport loses a message whose BRPOP was done and never answered, with any Redis:
nothing is in a queue that somebody reads while the leader dies."""

import os
import time
import uuid

import redis

from client import PORT, SENTINELS, STEADY, Background, await_all, connect, disturbed, finish, is_of_a_lost_leader, steadily, until
from workers import Worker

os.environ["APPS_URL"] = ";".join(f"sentinel://{host}:{port}/0" for host, port in SENTINELS) or f"redis://127.0.0.1:{PORT}/0"

import celery_tasks as tasks  # noqa: E402
from celery import chain, chord, group  # noqa: E402
from celery.exceptions import TaskRevokedError  # noqa: E402
from kombu.exceptions import OperationalError  # noqa: E402

client = connect()
LONG_S = 3600  # no machine is that slow


def ran():
    return [name.decode() for name in client.lrange("ran", 0, -1)]


def start_worker(queue):
    name = f"{queue}@{uuid.uuid4().hex}"
    worker = Worker(f"celery-{queue}", ["/usr/bin/python3", "-B", "-m", "celery", "-A", "celery_tasks", "worker", "-n", name, "-c", "2",
                                        "-Q", queue, "-l", "INFO"])
    until(lambda: {name: {"ok": "pong"}} in tasks.app.control.ping(destination=[name], timeout=1))
    return worker, name


def use_results():
    result = tasks.add.delay(2, 3)
    assert result.get(timeout=LONG_S) == 5 and result.successful()
    assert result.name == "celery_tasks.add" and result.args == [2, 3]
    flaky = tasks.flaky.delay("flaky")
    assert flaky.get(timeout=LONG_S) == 3 and flaky.retries == 2
    hopeless = tasks.hopeless.delay()
    assert "never" in str(hopeless.get(timeout=LONG_S, propagate=False)) and hopeless.state == "FAILURE"
    assert "KeyError" in hopeless.traceback
    result.forget()
    assert tasks.app.AsyncResult(result.id).state == "PENDING"


def use_compositions():
    assert group(tasks.add.s(number, number) for number in range(10))().get(timeout=LONG_S) == [2 * number for number in range(10)]
    assert chain(tasks.add.s(1, 2), tasks.add.s(10), tasks.add.s(100))().get(timeout=LONG_S) == 113
    assert chord((tasks.add.s(number, 1) for number in range(8)), tasks.total.s())().get(timeout=LONG_S) == 36


def use_time():
    begun = time.time()
    assert tasks.note.apply_async(("soon",), countdown=1).get(timeout=LONG_S) == "SOON"
    assert time.time() >= begun + 1


def use_remote_control(name):
    """By pub/sub: what is to be done tomorrow is told, and revoked."""
    tomorrow = tasks.note.apply_async(("tomorrow",), countdown=86400)
    inspect = tasks.app.control.inspect(destination=[name], timeout=1)
    until(lambda: [one["request"]["id"] for one in (inspect.scheduled() or {}).get(name, [])] == [tomorrow.id])
    tomorrow.revoke()
    until(lambda: tomorrow.id in (inspect.revoked() or {}).get(name, []))
    tasks.app.control.revoke("beforehand")
    until(lambda: "beforehand" in (inspect.revoked() or {}).get(name, []))
    try:
        tasks.note.apply_async(("revoked",), task_id="beforehand").get(timeout=LONG_S)
        raise AssertionError("it is not revoked")
    except TaskRevokedError:
        pass
    assert ran() == ["soon"]


def tried(act):
    """None if the broker or the result's store was away."""
    try:
        return act()
    except redis.RedisError as error:
        if not is_of_a_lost_leader(error):
            raise
    except OperationalError:
        assert not STEADY
    time.sleep(0.02)
    return None


class Pushes(Background):
    """Tasks that nobody works on yet, sent while the leader dies."""

    def __init__(self):
        super().__init__()
        self.sent = {}

    def work(self):
        after = number = 0
        while after < 30:
            was_over = self.is_over.is_set()
            name = f"death {number}"
            result = until(lambda: tried(lambda: tasks.note.delay(name)))
            self.sent[name] = result
            number += 1
            after += was_over
            time.sleep(0.02)


def main():
    worker, name = start_worker("default")
    for story in (use_results, use_compositions, use_time):
        story()
    use_remote_control(name)
    worker.stop()
    idle, _ = start_worker("aside")
    assert tasks.note.apply_async(("before",), queue="aside").get(timeout=LONG_S) == "BEFORE"
    pushes = Pushes()
    pushes.start()
    await_all([pushes], lambda it: len(it.sent) >= 20)
    disturbed()
    pushes.end()
    idle.kill()  # Celery 5.2.6 connects anew and then sometimes takes no task, with any Redis (its issue 8030)
    idle, _ = start_worker("aside")
    after = until(lambda: tried(lambda: tasks.note.apply_async(("after",), queue="aside")))
    assert until(lambda: tried(lambda: after.get(timeout=LONG_S))) == "AFTER"
    last, _ = start_worker("default")
    for name, result in pushes.sent.items():
        assert until(lambda: tried(lambda: result.get(timeout=LONG_S))) == name.upper()
    assert set(pushes.sent) <= set(steadily(ran))
    last.stop()
    idle.stop()
    finish()


if __name__ == "__main__":
    main()
