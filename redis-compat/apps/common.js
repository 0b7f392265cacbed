// What the Node.js programs of this folder share. A program is called with `plain PORT`, `cluster PORT PORT PORT` or
// `sentinel PORT ...`, prints READY in the midst of its work, goes on to its end when it reads a line (the leader is dead by
// then, or nothing has happened), and prints OK. No deadline here: the caller has one that ends a hang.
const assert = require("node:assert");
const { Redis, Cluster } = require("ioredis");
const { createClient } = require("redis");
const [kind, ...ports] = process.argv.slice(2);
const nodes = ports.map((port) => ({ host: "127.0.0.1", port: Number(port) }));
const MASTER = "mymaster"; // the name that all sentinels here know

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const connections = [];

// Clients of their own to the target, which try as long as there is somebody to ask.
const makers = {
  plain: (options) => new Redis({ port: nodes[0].port, maxRetriesPerRequest: null, ...options }),
  sentinel: (options) => new Redis({
    sentinels: nodes, name: MASTER, maxRetriesPerRequest: null, retryStrategy: () => 50, sentinelRetryStrategy: () => 50,
    reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 2 : false), // from a master of before
    ...options,
  }),
  cluster: (options, ofCluster) => new Cluster(nodes, {
    clusterRetryStrategy: () => 50,
    retryDelayOnFailover: 50,
    retryDelayOnTryAgain: 50,
    retryDelayOnClusterDown: 50,
    maxRedirections: 1000,
    redisOptions: { maxRetriesPerRequest: null, ...options },
    ...ofCluster,
  }),
};

function connect(options = {}, ofCluster = {}) {
  const made = makers[kind](options, ofCluster);
  made.on("error", () => {}); // of a lost connection, which it makes anew
  connections.push(made);
  return made;
}

// The same of node-redis, to one address. What was not answered when its link broke has failed.
async function connectNodeRedis(options = {}) {
  const made = createClient({ socket: { port: nodes[0].port, reconnectStrategy: () => 50 }, ...options });
  made.on("error", () => {});
  return made.connect();
}

let line;
const told = new Promise((resolve) => { line = resolve; });

// Says that the leader may be killed, and waits until the caller has done what it wants to do.
async function disturbed() {
  console.log("READY");
  process.stdin.once("data", line).resume();
  await told;
}

const isSteady = Boolean(process.env.APPS_STEADY); // no connection has a reason to break

function isOfALostLeader(error) {
  const words = [error, error.lastNodeError, ...(error.errors || [])].map((one) => (one ? one.message : "")).join(" ");
  const isOfTheServer = /INDOUBT|CLUSTERDOWN|TRYAGAIN|READONLY/.test(words);
  return isOfTheServer || !isSteady && /Too many Cluster redirections|Connection is closed|Failed to refresh slots cache|None of startup nodes|ECONNREFUSED|ECONNRESET|EPIPE|Socket closed unexpectedly|max retries per request/
    .test(words);
}

// Again and again while the answer is that a leader was lost: only for what may be done twice.
async function steadily(act) {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isOfALostLeader(error)) throw error;
      await sleep(20);
    }
  }
}

async function until(claim) {
  for (;;) {
    const value = await steadily(claim);
    if (value) return value;
    await sleep(20);
  }
}

function main(story) {
  story().then(
    () => { console.log("OK"); process.exit(0); },
    (error) => { console.error(error); process.exit(1); });
}

module.exports = { MASTER, assert, connect, connectNodeRedis, disturbed, isOfALostLeader, main, nodes, sleep, steadily, until };
