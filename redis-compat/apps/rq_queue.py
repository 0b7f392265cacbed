"""rq: queues with retries, a scheduler, jobs that depend on others, a script that empties a queue; orders to workers come by
pub/sub. rq loses a job whose BLPOP was done and never answered, with any Redis: nothing is in a queue that somebody reads
while the leader dies."""

import datetime
import os
import time

from rq import Queue, Retry
from rq.command import send_shutdown_command, send_stop_job_command
from rq.job import Job
from rq.registry import FailedJobRegistry, ScheduledJobRegistry
from rq.worker import Worker as RqWorker

import rq_tasks
from client import PORT, SENTINELS, Background, await_all, connect, disturbed, finish, steadily, until
from workers import Worker

DAY = datetime.timedelta(days=1)
os.environ["APPS_SENTINELS"] = " ".join(str(port) for _, port in SENTINELS)
ADDRESS = ["-c", "rq_settings"] if SENTINELS else ["-u", f"redis://127.0.0.1:{PORT}/0"]  # for workers
client = connect()
default, aside = Queue("default", connection=client), Queue("aside", connection=client)


def ran():
    return [name.decode() for name in client.lrange("ran", 0, -1)]


def start_worker(queue, *options):
    """The process, and the name that rq has given it."""
    worker = Worker(f"rq-{queue}", ["/usr/bin/rq", "worker", *ADDRESS, *options, queue])
    return worker, until(lambda: name_of(worker))


def name_of(worker):
    """None if no process of rq has the worker's number yet and waits for jobs."""
    names = [one.name for one in RqWorker.all(connection=client) if one.pid == worker.process.pid and one.get_state() == "idle"]
    return names[0] if names else None


def has_status(job, status):
    return lambda: job.get_status(refresh=True) == status


def use_jobs():
    job = default.enqueue(rq_tasks.note, "a", job_id="mine", meta={"of": "me"})
    after = default.enqueue(rq_tasks.note, "b", depends_on=job)
    until(has_status(after, "finished"))
    assert ran() == ["a", "b"]
    fetched = Job.fetch("mine", connection=client)
    assert fetched.return_value() == "A" and fetched.meta == {"of": "me"} and fetched.ended_at >= fetched.started_at


def use_retries():
    at_once = default.enqueue(rq_tasks.flaky, "at once", retry=Retry(max=2))
    later = default.enqueue(rq_tasks.flaky, "later", retry=Retry(max=2, interval=1))
    hopeless = default.enqueue(rq_tasks.hopeless, retry=Retry(max=2))
    until(has_status(at_once, "finished"))
    until(has_status(later, "finished"))
    failed = FailedJobRegistry(queue=default)
    until(lambda: hopeless.id in failed.get_job_ids())
    assert client.hgetall("runs") == {b"at once": b"2", b"later": b"2"}
    hopeless.refresh()
    assert hopeless.is_failed and "never" in hopeless.latest_result().exc_string and hopeless.retries_left == 0
    failed.requeue(hopeless)
    until(lambda: hopeless.id in failed.get_job_ids())


def use_a_schedule():
    begun = time.time()
    soon = default.enqueue_in(datetime.timedelta(seconds=2), rq_tasks.note, "soon")
    tomorrow = default.enqueue_in(DAY, rq_tasks.note, "tomorrow")
    until(has_status(soon, "finished"))
    assert time.time() >= begun + 1  # the schedule is one of whole seconds
    assert tomorrow.get_status() == "scheduled" and tomorrow in ScheduledJobRegistry(queue=default)
    tomorrow.delete()
    assert tomorrow not in ScheduledJobRegistry(queue=default)


def empty_a_queue():
    many = Queue("many", connection=client)
    jobs = [many.enqueue(rq_tasks.note, f"never {number}") for number in range(20)]
    assert many.count == 20 and many.empty() == 20 and many.is_empty()
    assert not any(Job.exists(job.id, connection=client) for job in jobs)


def order_a_worker(worker, name):
    """By pub/sub: a job is stopped, then the worker."""
    job = default.enqueue(rq_tasks.endless)
    until(lambda: "endless" in ran())
    until(lambda: RqWorker.find_by_key(f"rq:worker:{name}", connection=client).get_current_job_id() == job.id)
    send_stop_job_command(client, job.id)
    until(has_status(job, "stopped"))
    worker.is_expected_to_end()
    send_shutdown_command(client, name)
    worker.join()


class Pushes(Background):
    """Jobs that nobody works on yet, queued and scheduled while the leader dies."""

    def __init__(self):
        super().__init__()
        self.queued, self.scheduled = [], []

    def work(self):
        after = number = 0
        while after < 30:
            was_over = self.is_over.is_set()
            for kind, names in (("queued", self.queued), ("scheduled", self.scheduled)):
                self.push(kind, f"{kind} {number}")
                names.append(f"{kind} {number}")
            after += was_over
            number += 1
            time.sleep(0.05)  # each of them is a process of its own

    @staticmethod
    def push(kind, name):
        """The same job, however often this is said."""
        identity = name.replace(" ", "-")
        if kind == "queued":
            steadily(lambda: default.enqueue(rq_tasks.note, name, job_id=identity))
        else:
            steadily(lambda: default.enqueue_in(DAY, rq_tasks.note, name, job_id=identity))


def is_all_there(pushes):
    in_queue = steadily(lambda: set(default.job_ids))
    in_schedule = steadily(lambda: set(ScheduledJobRegistry(queue=default).get_job_ids()))
    for name in pushes.queued:
        assert name.replace(" ", "-") in in_queue, f"{name} is lost"
    for name in pushes.scheduled:
        assert name.replace(" ", "-") in in_schedule, f"{name} is lost"


def main():
    worker, name = start_worker("default", "--with-scheduler")
    for story in (use_jobs, use_retries, use_a_schedule, empty_a_queue):
        story()
    order_a_worker(worker, name)
    idle, _ = start_worker("aside")
    before = aside.enqueue(rq_tasks.note, "before")
    until(has_status(before, "finished"))
    until(lambda: name_of(idle))
    pushes = Pushes()
    pushes.start()
    await_all([pushes], lambda it: len(it.scheduled) >= 20)
    disturbed()
    pushes.end()
    is_all_there(pushes)
    after = steadily(lambda: aside.enqueue(rq_tasks.note, "after"))
    until(has_status(after, "finished"))  # by a process that has lived through it
    last, _ = start_worker("default")
    until(lambda: set(pushes.queued) <= set(ran()))
    last.stop()
    idle.stop()
    finish()


if __name__ == "__main__":
    main()
