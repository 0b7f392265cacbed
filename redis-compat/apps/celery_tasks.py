"""The tasks of celery_results.py, which `celery worker` imports."""

import os

from celery import Celery

URL = os.environ["APPS_URL"]
app = Celery("apps", broker=URL, backend=URL)
app.conf.update(broker_connection_max_retries=None, task_default_queue="default", result_extended=True,
                task_acks_late=True, worker_prefetch_multiplier=1)
if URL.startswith("sentinel:"):
    named = {"master_name": "mymaster"}
    app.conf.update(broker_transport_options=named, result_backend_transport_options=named)


@app.task
def add(left, right):
    return left + right


@app.task
def total(numbers):
    return sum(numbers)


@app.task(bind=True, max_retries=3)
def flaky(self, name):
    """Succeeds when it runs for the third time."""
    runs = app.backend.client.hincrby("runs", name, 1)
    if runs < 3:
        raise self.retry(countdown=0.1)
    return runs


@app.task(bind=True, max_retries=1)
def hopeless(self):
    raise self.retry(countdown=0, exc=KeyError("never"))


@app.task
def note(name):
    app.backend.client.rpush("ran", name)
    return name.upper()
