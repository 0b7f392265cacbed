// Redlock 4 and 5: locks of several keys, waiting for a lock, extension, a lock that ran out, and many who want one.
// Both take, extend and release by a script that compares the owner's value with the key's.
const { assert, connect, disturbed, isOfALostLeader, main, sleep, steadily, until } = require("./common");
const Redlock4 = require("redlock4");
const { default: Redlock5 } = require("redlock5");

const LONG_MS = 3600000; // no machine is that slow
const client = connect();

// The two versions under one set of names; `tries` 0: one attempt.
function version4(tries) {
  const redlock = new Redlock4([client], { retryCount: tries, retryDelay: 20, retryJitter: 20 });
  return {
    acquire: (keys, ttl) => redlock.lock(keys, ttl),
    extend: (lock, ttl) => lock.extend(ttl),
    release: (lock) => lock.unlock(),
  };
}
function version5(tries) {
  const redlock = new Redlock5([client], { retryCount: tries, retryDelay: 20, retryJitter: 20 });
  return {
    acquire: (keys, ttl) => redlock.acquire(keys, ttl),
    extend: (lock, ttl) => lock.extend(ttl),
    release: (lock) => lock.release(),
  };
}

async function useLocks(name, make) {
  const once = make(0);
  const patient = make(-1);
  const keys = [`{${name}}a`, `{${name}}b`];
  const held = await once.acquire(keys, LONG_MS);
  for (const key of keys) {
    assert.equal(await client.get(key), held.value);
    assert.ok(await client.pttl(key) > 0);
    await assert.rejects(once.acquire([key], LONG_MS), `${key} is taken twice`);
  }
  const extended = await once.extend(held, 10 * LONG_MS);
  assert.ok(await client.pttl(keys[1]) > LONG_MS, "the second key is not extended");
  await once.release(extended);
  assert.equal(await client.exists(...keys), 0);

  // One that ran out is another's: its first owner can neither extend nor release it.
  const brief = await until(() => once.acquire([keys[0]], 300).catch(() => null)); // valid when it is answered
  const next = await patient.acquire([keys[0]], LONG_MS);
  assert.notEqual(next.value, brief.value);
  await assert.rejects(once.extend(brief, LONG_MS));
  await once.release(brief).catch(() => {});
  assert.equal(await client.get(keys[0]), next.value);
  await once.release(next);
  assert.equal(await client.get(keys[0]), null);
}

// Six add to a number that they read and write in two steps: none of the additions is lost.
async function addUnderALock(name, make) {
  const lock = make(-1);
  const number = `{${name}}number`;
  await Promise.all(Array.from({ length: 6 }, async () => {
    for (let i = 0; i < 5; i++) {
      const held = await lock.acquire([`{${name}}lock`], LONG_MS);
      const value = Number(await client.get(number));
      await sleep(1);
      await client.set(number, value + 1);
      await lock.release(held);
    }
  }));
  assert.equal(await client.get(number), "30");
}

// Four take a lock again and again while the leader dies. A lock whose taking was never answered runs out by itself; nobody
// is inside while another's lock is valid.
async function liveThroughADeath(name, make) {
  const inside = new Set();
  let isOver = false;
  let taken = 0;
  async function work() {
    for (let after = 0; after < 5;) {
      const wasOver = isOver;
      try {
        const lock = make(50);
        const held = await lock.acquire([`{${name}}shared`], 5000);
        for (const other of inside) assert.ok(other.expiration <= Date.now(), "two are inside");
        inside.add(held);
        await steadily(() => client.set(`{${name}}owner`, held.value));
        inside.delete(held);
        taken += 1;
        after += wasOver ? 1 : 0;
        await lock.release(held);
      } catch (error) {
        if (error.name === "AssertionError" || !isARefusal(error)) throw error;
      }
      await sleep(5);
    }
  }
  const workers = Promise.all(Array.from({ length: 4 }, work));
  await Promise.race([workers, (async () => { while (taken < 20) await sleep(5); })()]);
  return { workers, end() { isOver = true; } };
}

// A lock that somebody holds, or that was lost with its leader.
function isARefusal(error) {
  return error.name === "LockError" || error.name === "ExecutionError" || isOfALostLeader(error);
}

main(async () => {
  const made = { r4: version4, r5: version5 };
  for (const [name, make] of Object.entries(made)) {
    await useLocks(name, make);
    await addUnderALock(name, make);
  }
  const lives = await Promise.all(Object.entries(made).map(([name, make]) => liveThroughADeath(name, make)));
  await disturbed();
  for (const one of lives) one.end();
  await Promise.all(lives.map((one) => one.workers));
});
