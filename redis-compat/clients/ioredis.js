// ioredis, unmodified: node ioredis.js ioredis5|ioredis6 plain|cluster PORT [PORT ...]
// Prints OK and exits 0, or says what was wrong. In cluster mode it prints WRITING in the midst of writes; the
// caller may then kill the leader, and closes standard input when that is done. No deadline here: the
// caller has one that ends a hang.
const assert = require("node:assert");
const [library, kind, ...ports] = process.argv.slice(2);
const Redis = require(library);

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function useStrings(redis) {
  assert.equal(await redis.set("{js}a", "1"), "OK");
  assert.equal(await redis.get("{js}a"), "1");
  assert.equal(await redis.incrby("{js}a", 41), 42);
  assert.equal(await redis.set("{js}a", "x", "NX"), null);
  assert.deepEqual(await redis.mget("{js}a", "{js}none"), ["42", null]);
  await assert.rejects(redis.incrby("{js}a", "x"), /not an integer/);
  const binary = Buffer.from([0, 255, 13, 10]);
  await redis.set("{js}binary", binary);
  assert.deepEqual(await redis.getBuffer("{js}binary"), binary);
}

async function usePipelines(redis) {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 100; i++) pipeline.set(`{js}p${i}`, i).get(`{js}p${i}`);
  const replies = await pipeline.exec();
  replies.forEach(([error, value], i) => {
    assert.equal(error, null);
    assert.equal(value, i % 2 === 0 ? "OK" : String((i - 1) / 2));
  });
}

async function useTransactions(redis) {
  const replies = await redis.multi().set("{js}m", "1").incr("{js}m").get("{js}m").exec();
  assert.deepEqual(replies, [[null, "OK"], [null, 2], [null, "2"]]);
}

async function usePlain(port) {
  const redis = new Redis({ port, retryStrategy: null });
  await useStrings(redis);
  await usePipelines(redis);
  await useTransactions(redis);
  await redis.watch("{js}w");
  const other = new Redis({ port });
  await other.set("{js}w", "changed");
  assert.equal(await redis.multi().set("{js}w", "mine").exec(), null);
  assert.equal(await redis.get("{js}w"), "changed");
  await redis.select(3);
  assert.equal(await redis.get("{js}w"), null);
  await Promise.all([redis.quit(), other.quit()]);
}

async function useCluster(list) {
  const cluster = new Redis.Cluster(list.map((port) => ({ host: "127.0.0.1", port })), {
    clusterRetryStrategy: () => 50,
    retryDelayOnFailover: 50,
    retryDelayOnTryAgain: 50,
    retryDelayOnClusterDown: 50,
    maxRedirections: 100,
  });
  await useStrings(cluster);
  await usePipelines(cluster);
  await useTransactions(cluster);
  let isOver = false;
  process.stdin.on("end", () => { isOver = true; }).resume();
  const written = [];
  // Until so many writes were answered after the end of the disturbance.
  for (let i = 0, since = 0; since < 100; i++) {
    const wasOver = isOver;
    try {
      if ((await cluster.set(`key${i}`, i)) === "OK") {
        written.push(i);
        since += wasOver ? 1 : 0;
        if (written.length === 20) console.log("WRITING");
      }
    } catch (error) {
      if (!isOfALostLeader(error)) throw error;
    }
    await sleep(10);
  }
  for (const i of written) assert.equal(await steadily(() => cluster.get(`key${i}`)), String(i));
  await cluster.quit();
}

function isOfALostLeader(error) {
  return /maxRetriesPerRequest|INDOUBT|CLUSTERDOWN|TRYAGAIN|Too many Cluster redirections|Connection is closed|Failed to refresh slots cache|None of startup nodes|ECONNREFUSED|ECONNRESET/
    .test(`${error.message} ${error.lastNodeError ? error.lastNodeError.message : ""}`);
}

async function steadily(read) {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isOfALostLeader(error)) throw error;
      await sleep(10);
    }
  }
}

(kind === "plain" ? usePlain(Number(ports[0])) : useCluster(ports.map(Number))).then(
  () => { console.log("OK"); process.exit(0); },
  (error) => { console.error(error); process.exit(1); });
