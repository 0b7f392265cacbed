// Bull 4: jobs in lists and sorted sets, moved by scripts that publish what they have done; results and global events come by
// pub/sub, and a worker waits in BRPOPLPUSH.
const { assert, connect, disturbed, main, sleep, steadily, until } = require("./common");
const Queue = require("bull");

const LONG_MS = 3600000; // no machine is that slow

// A queue has three connections: for commands, for what it is told, for waiting.
function queueOf(name, options) {
  const made = new Queue(name, { prefix: "{bull3}", createClient: () => connect({ enableReadyCheck: false }), ...options });
  made.on("error", () => {}); // of a lost connection, which is made anew
  return made;
}

const hasState = (job, state) => async () => await job.getState() === state;

async function useResultsAndEvents() {
  const [queue, other] = [queueOf("results"), queueOf("results")];
  await other.isReady();
  const told = [];
  other.on("global:progress", (id, progress) => told.push([id, Number(progress)]));
  other.on("global:completed", (id, result) => told.push([id, JSON.parse(result)]));
  await until(() => Object.keys(other.registeredEvents).length === 2);
  await Promise.all(Object.values(other.registeredEvents));
  other.process(async (job) => {
    await job.progress(50);
    if (job.data.fails) throw new Error("never");
    return { twice: 2 * job.data.value };
  });
  const job = await queue.add({ value: 21 });
  assert.deepEqual(await job.finished(), { twice: 42 });
  await until(() => told.length === 2);
  assert.deepEqual(told, [[job.id, 50], [job.id, { twice: 42 }]]);
  const failed = await queue.add({ fails: true });
  await assert.rejects(failed.finished(), /never/);
}

async function useRetriesAndDelays() {
  const queue = queueOf("retries");
  const begun = {};
  queue.process("*", async (job) => {
    begun[job.name] = Date.now();
    if (job.name === "hopeful" && job.attemptsMade < 2) throw new Error("not yet");
    if (job.name === "hopeless") throw new Error("never");
  });
  const hopeful = await queue.add("hopeful", {}, { attempts: 5, backoff: { type: "fixed", delay: 20 } });
  const hopeless = await queue.add("hopeless", {}, { attempts: 3, backoff: { type: "exponential", delay: 10 } });
  const soon = await queue.add("soon", {}, { delay: 400 });
  const late = await queue.add("late", {}, { delay: LONG_MS });
  await until(hasState(hopeful, "completed"));
  await until(hasState(hopeless, "failed"));
  assert.equal((await queue.getJob(hopeless.id)).attemptsMade, 3);
  await until(hasState(soon, "completed"));
  assert.ok(begun.soon >= soon.timestamp + 400, "it begins too early");
  assert.equal(await late.getState(), "delayed");
  await late.promote();
  await until(hasState(late, "completed"));
  assert.deepEqual(await queue.getJobCounts(), { waiting: 0, active: 0, completed: 3, failed: 1, delayed: 0, paused: 0 });
  await queue.clean(0, "completed");
  assert.equal(await queue.getCompletedCount(), 0);
}

async function usePriorities() {
  const queue = queueOf("priorities");
  await queue.pause();
  for (const [name, priority] of [["c", 30], ["a", 1], ["d", 40], ["b", 2]]) await queue.add({ name }, { priority });
  const order = [];
  queue.process(async (job) => { order.push(job.data.name); });
  assert.equal(await queue.getPausedCount(), 4);
  assert.deepEqual(order, []);
  await queue.resume();
  await until(async () => await queue.getCompletedCount() === 4);
  assert.deepEqual(order, ["a", "b", "c", "d"]);
}

async function useARateLimit() {
  const queue = queueOf("rate", { limiter: { max: 2, duration: 300 } });
  const added = Date.now();
  const begun = [];
  for (let i = 0; i < 6; i++) await queue.add({});
  queue.process(async () => { begun.push(Date.now()); });
  await until(async () => await queue.getCompletedCount() === 6);
  assert.ok(begun[5] >= added + 600, `the last begins ${begun[5] - added} ms after the first was added`);
}

async function useRepetition() {
  const queue = queueOf("repeats");
  let runs = 0;
  queue.process(async () => { runs += 1; });
  await queue.add({}, { repeat: { every: 100, limit: 3 } });
  await until(() => runs === 3);
}

// Jobs of three kinds are added and worked on while the leader dies. Each whose addition was answered is done.
async function liveThroughADeath() {
  const queue = queueOf("death", { settings: { lockDuration: 2000, stalledInterval: 1000, maxStalledCount: 1000, guardInterval: 500, drainDelay: 1 } });
  const done = new Set();
  queue.process(4, async (job) => {
    if (job.data.number % 3 === 2 && job.attemptsMade === 0) throw new Error("once");
    done.add(job.data.number);
  });
  const added = [];
  let isOver = false;
  const add = (async () => {
    for (let number = 0, after = 0; after < 50; number++) {
      const wasOver = isOver;
      const options = { jobId: `job-${number}`, delay: number % 3 === 1 ? 200 : 0, attempts: 1000, backoff: 50 };
      await steadily(() => queue.add({ number }, options)); // the same job, however often this is said
      added.push(number);
      after += wasOver ? 1 : 0;
      await sleep(10);
    }
  })();
  await Promise.race([add, (async () => { while (done.size < 30) await sleep(5); })()]);
  return async () => {
    isOver = true;
    await add;
    await until(() => added.every((number) => done.has(number)));
    await until(async () => await queue.getCompletedCount() === added.length);
    assert.deepEqual(await steadily(() => queue.getJobCounts()),
      { waiting: 0, active: 0, completed: added.length, failed: 0, delayed: 0, paused: 0 });
  };
}

main(async () => {
  await Promise.all([useResultsAndEvents, useRetriesAndDelays, usePriorities, useARateLimit, useRepetition].map((story) => story()));
  const end = await liveThroughADeath();
  await disturbed();
  await end();
});
