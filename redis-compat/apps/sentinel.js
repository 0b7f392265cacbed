// ioredis and node-redis that are told sentinels alone: each finds the master, writes, and goes on by itself when the master
// is lost. What was answered is there in the end. Called with `sentinel PORT ...`.
const { MASTER, assert, connect, disturbed, main, nodes, sleep, steadily, until } = require("./common");
const { createSentinel } = require("redis");

// The two under one set of names.
function ofIoredis() {
  const client = connect();
  return {
    add: (key, member) => client.sadd(key, member),
    members: (key) => client.smembers(key),
    role: () => client.role(),
  };
}

async function ofNodeRedis() {
  const client = createSentinel({ name: MASTER, sentinelRootNodes: nodes, maxCommandRediscovers: 1000 });
  client.on("error", () => {});
  await client.connect();
  return {
    add: (key, member) => client.sAdd(key, member),
    members: (key) => client.sMembers(key),
    role: () => client.sendCommand(false, ["ROLE"]),
  };
}

// Adds numbers to a set, one after the other, each until it is answered.
class Writer {
  constructor(client, key) {
    Object.assign(this, { client, key, answered: 0, isOver: false });
    this.work = this.run();
  }

  async run() {
    while (!this.isOver) {
      const next = this.answered + 1;
      await steadily(() => this.client.add(this.key, String(next)));
      this.answered = next;
    }
  }

  async writes(count) {
    const wanted = this.answered + count;
    while (this.answered < wanted) await Promise.race([this.work, sleep(20)]);
  }

  async check() {
    this.isOver = true;
    await this.work;
    const members = new Set(await steadily(() => this.client.members(this.key)));
    for (let i = 1; i <= this.answered; i++) assert.ok(members.has(String(i)), `${this.key} has lost ${i}`);
    assert.equal((await steadily(() => this.client.role()))[0], "master");
  }
}

main(async () => {
  const clients = {
    ioredis: ofIoredis(),
    "node-redis": await until(ofNodeRedis),
  };
  const writers = Object.entries(clients).map(([name, client]) => new Writer(client, name));
  await Promise.all(writers.map((writer) => writer.writes(50)));
  await disturbed();
  await Promise.all(writers.map((writer) => writer.writes(50)));
  for (const writer of writers) await writer.check();
});
