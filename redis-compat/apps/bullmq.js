// BullMQ: a queue whose every step is a script of many keys: retries, delays, priorities, rate limits, parents and children,
// schedules, stalled jobs, events.
const { assert, connect, disturbed, isOfALostLeader, main, sleep, steadily, until } = require("./common");
const { FlowProducer, Queue, QueueEvents, Worker } = require("bullmq");

const LONG_MS = 3600000; // no machine is that slow
const prefix = "{bull}";
const open = [];

function keep(made) {
  made.on("error", () => {}); // of a lost connection, which is made anew
  open.push(made);
  return made;
}
const queueOf = (name, options) => keep(new Queue(name, { connection: connect(), prefix, ...options }));
const workerOf = (name, work, options) => keep(new Worker(name, work, { connection: connect(), prefix, ...options }));

async function serverTime(client) {
  const [seconds, micros] = await client.time();
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
}

const hasState = (job, state) => async () => await job.getState() === state;

async function useRetries() {
  const queue = queueOf("retries");
  let runs = 0;
  workerOf("retries", async (job) => {
    if (job.name === "hopeless") throw new Error("never");
    if (job.attemptsMade < 2) throw new Error("not yet");
    runs += 1;
    return { runs, data: job.data };
  });
  const events = keep(new QueueEvents("retries", { connection: connect(), prefix }));
  await events.waitUntilReady();
  const failures = [];
  events.on("retries-exhausted", ({ jobId, attemptsMade }) => failures.push([jobId, Number(attemptsMade)]));
  const job = await queue.add("hopeful", { a: [1, "zwei"] }, { attempts: 5, backoff: { type: "fixed", delay: 20 } });
  assert.deepEqual(await job.waitUntilFinished(events), { runs: 1, data: { a: [1, "zwei"] } });
  assert.equal((await queue.getJob(job.id)).attemptsMade, 3);
  const hopeless = await queue.add("hopeless", {}, { attempts: 3, backoff: { type: "exponential", delay: 10 } });
  await assert.rejects(hopeless.waitUntilFinished(events), /never/);
  await until(() => failures.length === 1);
  assert.deepEqual(failures, [[hopeless.id, 3]]);
  const failed = await queue.getJob(hopeless.id);
  assert.equal(failed.failedReason, "never");
  assert.deepEqual(await queue.getJobCounts("completed", "failed", "delayed", "waiting", "active"),
    { completed: 1, failed: 1, delayed: 0, waiting: 0, active: 0 });
  await failed.retry();
  await until(() => failures.length === 2);
}

async function useDelays() {
  const queue = queueOf("delays");
  const begun = {};
  workerOf("delays", async (job) => { begun[job.name] = Date.now(); });
  const late = await queue.add("late", {}, { delay: LONG_MS });
  const soon = await queue.add("soon", {}, { delay: 400 });
  await until(hasState(soon, "completed"));
  assert.ok(begun.soon >= soon.timestamp + 400, "it begins too early");
  assert.equal(await late.getState(), "delayed");
  await late.promote();
  await until(hasState(late, "completed"));
  const moved = await queue.add("moved", {}, { delay: LONG_MS });
  await moved.changeDelay(1);
  await until(hasState(moved, "completed"));
}

async function usePriorities() {
  const queue = queueOf("priorities");
  await queue.pause();
  for (const [name, priority] of [["c", 30], ["a", 1], ["d", 40], ["b", 2]]) await queue.add(name, {}, { priority });
  const last = await queue.add("e", {}, { priority: 50 });
  const order = [];
  workerOf("priorities", async (job) => { order.push(job.name); });
  assert.ok(await queue.isPaused());
  assert.deepEqual(order, []);
  assert.deepEqual(await queue.getCountsPerPriority([1, 2, 30]), { 1: 1, 2: 1, 30: 1 });
  await queue.resume();
  await until(hasState(last, "completed"));
  assert.deepEqual(order, ["a", "b", "c", "d", "e"]);
}

// Ten jobs, two in 300 ms: the last two begin four such times after they were added, by the server's clock.
async function useARateLimit() {
  const queue = queueOf("rate");
  const client = connect();
  const added = await serverTime(client);
  await queue.addBulk(Array.from({ length: 10 }, (_, i) => ({ name: `job${i}`, data: {} })));
  const begun = [];
  workerOf("rate", async () => { begun.push(await serverTime(client)); },
    { concurrency: 10, limiter: { max: 2, duration: 300 } });
  await until(async () => await queue.getCompletedCount() === 10);
  begun.sort((a, b) => a - b);
  for (let i = 2; i < 10; i++) {
    assert.ok(begun[i] >= added + 300 * Math.floor(i / 2), `job ${i} begins ${begun[i] - added} ms after it was added`);
  }
}

async function useFlows() {
  const flows = keep(new FlowProducer({ connection: connect(), prefix }));
  const parents = queueOf("parents");
  workerOf("children", async (job) => job.data.value * 2, { concurrency: 3 });
  workerOf("parents", async (job) =>
    Object.values(await job.getChildrenValues()).reduce((sum, value) => sum + value, 0));
  const { job } = await flows.add({
    name: "sum",
    queueName: "parents",
    children: [1, 2, 3].map((value) => ({ name: "double", queueName: "children", data: { value } })),
  });
  await until(hasState(job, "completed"));
  assert.equal((await parents.getJob(job.id)).returnvalue, 12);
}

async function useSchedulesAndDuplicates() {
  const queue = queueOf("schedules");
  const runs = [];
  workerOf("schedules", async (job) => { runs.push(job.name); });
  await queue.upsertJobScheduler("often", { every: 100, limit: 3 }, { name: "scheduled" });
  await until(() => runs.filter((name) => name === "scheduled").length === 3);
  const options = { deduplication: { id: "one", ttl: LONG_MS } };
  const first = await queue.add("single", {}, options);
  const second = await queue.add("single", {}, options);
  assert.equal(second.id, first.id);
  await until(hasState(first, "completed"));
  assert.equal(runs.filter((name) => name === "single").length, 1);
  assert.equal((await queue.add("given", {}, { jobId: "mine" })).id, (await queue.add("given", {}, { jobId: "mine" })).id);
  await until(async () => await queue.getCompletedCount() === 5);
  assert.equal((await queue.clean(0, 100, "completed")).length, 5);
}

// A worker that does not come back: its job's lock runs out, and another worker does the job.
async function useStalledJobs() {
  const queue = queueOf("stalled");
  let begun;
  const hangs = new Promise((resolve) => { begun = resolve; });
  const options = { lockDuration: 500, stalledInterval: 300, maxStalledCount: 1000 };
  const first = new Worker("stalled", async () => { begun(); await new Promise(() => {}); },
    { connection: connect(), prefix, ...options, skipLockRenewal: true, skipStalledCheck: true });
  first.on("error", () => {});
  const job = await queue.add("orphan", {});
  await hangs;
  await first.close(true);
  workerOf("stalled", async () => "done by another", options);
  await until(hasState(job, "completed"));
  assert.equal((await queue.getJob(job.id)).returnvalue, "done by another");
}

// Jobs of three kinds are added and worked on while the leader dies. Each whose addition was answered is done.
async function liveThroughADeath() {
  const queue = queueOf("death", { defaultJobOptions: { attempts: 1000, backoff: { type: "fixed", delay: 50 } } });
  const done = new Map();
  workerOf("death", async (job) => {
    if (job.data.number % 3 === 2 && job.attemptsMade === 0) throw new Error("once");
    done.set(job.data.number, (done.get(job.data.number) || 0) + 1);
  }, { concurrency: 4, lockDuration: 2000, stalledInterval: 1000, maxStalledCount: 1000, drainDelay: 1 });
  const added = [];
  let isOver = false;
  const add = (async () => {
    for (let number = 0, after = 0; after < 50; number++) {
      const wasOver = isOver;
      // The same job, however often this is said.
      await steadily(() => queue.add("job", { number }, { jobId: `job-${number}`, delay: number % 3 === 1 ? 200 : 0 }));
      added.push(number);
      after += wasOver ? 1 : 0;
      await sleep(10);
    }
  })();
  await Promise.race([add, (async () => { while (done.size < 30) await sleep(5); })()]);
  async function end() {
    isOver = true;
    await add;
    await until(async () => await queue.getCompletedCount() === added.length);
    for (const number of added) assert.ok(done.get(number) >= 1, `job ${number} is not done`);
    assert.deepEqual(await steadily(() => queue.getJobCounts("failed", "delayed", "waiting", "active")),
      { failed: 0, delayed: 0, waiting: 0, active: 0 });
  }
  return end;
}

main(async () => {
  const stories = [useRetries, useDelays, usePriorities, useARateLimit, useFlows, useSchedulesAndDuplicates, useStalledJobs];
  await Promise.all(stories.map((story) => story()));
  const end = await liveThroughADeath();
  await disturbed();
  await end();
  await Promise.all(open.map((one) => one.close(true).catch((error) => {
    if (!isOfALostLeader(error)) throw error;
  })));
});
