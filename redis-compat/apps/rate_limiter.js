// rate-limiter-flexible: every consumption is a script (a counter, its end, what is left of it) under a fixed key.
const { assert, connect, disturbed, isOfALostLeader, main, sleep, steadily, until } = require("./common");
const { BurstyRateLimiter, RateLimiterRedis, RateLimiterRes, RateLimiterUnion } = require("rate-limiter-flexible");

const LONG_S = 36000; // no machine is that slow
const client = connect();
const limiter = (keyPrefix, points, options) =>
  new RateLimiterRedis({ storeClient: client, keyPrefix, points, duration: LONG_S, ...options });

// Whether it was allowed; throws what is no answer of the limiter.
async function isAllowed(one, key, points = 1) {
  try {
    await one.consume(key, points);
    return true;
  } catch (error) {
    if (error instanceof Error) throw error;
    return false;
  }
}

async function countPoints() {
  const one = limiter("count", 5);
  const answers = await Promise.all(Array.from({ length: 12 }, () => isAllowed(one, "key")));
  assert.equal(answers.filter(Boolean).length, 5);
  const state = await one.get("key");
  assert.ok(state instanceof RateLimiterRes);
  assert.equal(state.remainingPoints, 0);
  assert.equal(state.consumedPoints, 12);
  assert.ok(state.msBeforeNext > 0 && state.msBeforeNext <= LONG_S * 1000);
  assert.ok(await isAllowed(one, "other", 5));
  assert.equal(await one.delete("key"), true);
  assert.equal(await one.get("key"), null);
  assert.ok(await isAllowed(one, "key"));
}

async function rewardAndBlock() {
  const one = limiter("reward", 3);
  assert.equal((await one.penalty("key", 2)).consumedPoints, 2);
  assert.ok(await isAllowed(one, "key"));
  assert.ok(!await isAllowed(one, "key"));
  assert.equal((await one.reward("key", 3)).consumedPoints, 1);
  assert.ok(await isAllowed(one, "key"));
  await one.block("blocked", LONG_S);
  assert.ok(!await isAllowed(one, "blocked"));
  await one.set("given", 2, LONG_S);
  assert.ok(await isAllowed(one, "given"));
  assert.ok(!await isAllowed(one, "given"));
}

async function blockWhoAsksTooOften() {
  const one = limiter("asks", 1, { blockDuration: 2 * LONG_S });
  assert.ok(await isAllowed(one, "key"));
  assert.ok(!await isAllowed(one, "key"));
  assert.ok((await one.get("key")).msBeforeNext > LONG_S * 1000);
}

async function combine() {
  const union = new RateLimiterUnion(limiter("second", 2), limiter("minute", 5));
  assert.ok(await isAllowed(union, "key"));
  assert.ok(await isAllowed(union, "key"));
  assert.ok(!await isAllowed(union, "key"));
  const bursty = new BurstyRateLimiter(limiter("steady", 1), limiter("burst", 2));
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push(await isAllowed(bursty, "key"));
  assert.deepEqual(answers, [true, true, true, false, false]);
}

// Ends by itself: a second key's time runs out on the server.
async function beginAgainAfterItsTime() {
  const one = limiter("brief", 1, { duration: 1 });
  await until(async () => await isAllowed(one, "key") && !await isAllowed(one, "key"));
  await until(() => isAllowed(one, "key"));
}

// Consumes while the leader dies: what was allowed is counted, and no more than the points is allowed.
async function liveThroughADeath() {
  const one = limiter("death", 300);
  const counts = { asked: 0, allowed: 0 };
  let isOver = false;
  async function ask() {
    counts.asked += 1;
    try {
      counts.allowed += await isAllowed(one, "key") ? 1 : 0;
      return true;
    } catch (error) {
      if (!isOfALostLeader(error)) throw error;
      return false;
    }
  }
  const work = async () => {
    for (let after = 0; after < 100;) {
      const wasOver = isOver;
      if (await ask() && wasOver) after += 1;
      await sleep(10);
    }
  };
  const workers = Promise.all(Array.from({ length: 4 }, work));
  await Promise.race([workers, (async () => { while (counts.allowed < 40) await sleep(5); })()]);
  return { one, counts, workers, end() { isOver = true; } };
}

main(async () => {
  for (const story of [countPoints, rewardAndBlock, blockWhoAsksTooOften, combine, beginAgainAfterItsTime]) await story();
  const life = await liveThroughADeath();
  await disturbed();
  life.end();
  await life.workers;
  const state = await steadily(() => life.one.get("key"));
  assert.ok(life.counts.allowed <= 300, `${life.counts.allowed} are allowed`);
  assert.ok(state.consumedPoints >= life.counts.allowed, `${state.consumedPoints} of ${life.counts.allowed} are left`);
  assert.equal(state.remainingPoints, 0);
});
