"""The jobs of rq_queue.py, which `rq worker` imports. Each says in Redis that it ran."""

import time

from rq import get_current_job


def note(name):
    get_current_job().connection.rpush("ran", name)
    return name.upper()


def flaky(name):
    """Fails when it runs for the first time."""
    connection = get_current_job().connection
    if connection.hincrby("runs", name, 1) == 1:
        raise ValueError("not yet")
    connection.rpush("ran", name)


def hopeless():
    raise ValueError("never")


def endless():
    get_current_job().connection.rpush("ran", "endless")
    while True:
        time.sleep(1)
