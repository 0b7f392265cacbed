// node-redis that asks to be told of planned hand-overs, while the nodes are restarted one after the other. Called with the
// plain ports of the nodes by rolling_restart.py: prints READY when all clients have worked for a while, goes on when it reads a
// line, and ends with OK behind the last port's round. A connection that breaks is not made anew: whatever then was under
// way would be a request that failed.
const assert = require("node:assert");
const { createClient } = require("redis");
const ports = process.argv.slice(2).map(Number);

const CLIENTS_PER_NODE = 2;
const STEPS = 100;

let line = () => {};
process.stdin.on("data", () => line());

// Counts up without a pause; every answer must be the next number.
class Counter {
  constructor(number) {
    this.key = `counter${number}`;
    this.count = 0;
    this.client = createClient({
      RESP: 3,
      maintNotifications: "enabled",
      socket: { host: "127.0.0.1", port: ports[number % ports.length], reconnectStrategy: false },
    });
    this.client.on("error", (error) => fail(error));
  }

  async run() {
    await this.client.connect();
    for (;;) {
      assert.strictEqual(await this.client.incr(this.key), this.count + 1);
      this.count += 1;
    }
  }
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

async function worked(counters) {
  const begun = counters.map((one) => one.count);
  while (counters.some((one, number) => one.count < begun[number] + STEPS))
    await new Promise((resolve) => setTimeout(resolve, 10));
}

async function story() {
  const counters = Array.from({ length: CLIENTS_PER_NODE * ports.length }, (_, number) => new Counter(number));
  for (const counter of counters) counter.run().catch(fail);
  for (let round = 0; round < ports.length; round += 1) {
    await worked(counters);
    const told = new Promise((resolve) => { line = resolve; });
    console.log("READY");
    await told;
  }
  await worked(counters);
  console.log("counted", counters.reduce((sum, one) => sum + one.count, 0));
  console.log("OK");
  process.exit(0);
}

story().catch(fail);
