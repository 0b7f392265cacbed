// Caches in clients: node-redis's own, told by pushes of RESP3, and one over ioredis as programs of RESP2 have it, told by a
// second connection (CLIENT TRACKING with REDIRECT). What somebody else wrote is not read from a cache after a round on the
// connection that tells it; what nobody wrote is not asked for again, as the server's count of commands shows.
const { assert, connect, connectNodeRedis, disturbed, isOfALostLeader, main, sleep, steadily, until } = require("./common");
const { BasicClientSideCache } = require("redis");

const writer = connect();

async function callsOf(command) {
  const [, calls] = new RegExp(`^cmdstat_${command}:calls=([0-9]+)`, "m").exec(await writer.info("commandstats")) || [0, 0];
  return Number(calls);
}

class NodeRedisCache {
  async open() {
    this.cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: "LRU", recordStats: true });
    this.client = await connectNodeRedis({ RESP: 3, clientSideCache: this.cache });
    return this;
  }

  get(key) { return this.client.get(key); }

  set(key, value) { return this.client.set(key, value); }

  round() { return this.client.ping(); }

  get hits() { return this.cache.stats().hitCount; }

  close() { this.client.destroy(); }
}

// Forgets all and begins anew when either of its connections has ended.
class RedirectedCache {
  constructor(...mode) {
    this.mode = mode;
    this.hits = 0;
  }

  async open() {
    await (this.opening ||= this.connect());
    return this;
  }

  async connect() {
    this.values = new Map(); // promises of answers, that nobody has made invalid yet
    const options = { retryStrategy: null, maxRetriesPerRequest: 0 };
    const [listener, client] = [this.listener, this.client] = [connect(options), connect(options)];
    for (const one of [listener, client]) one.on("end", () => { if (this.client === client) this.close(); });
    listener.on("messageBuffer", (_channel, keys) => this.forget(keys));
    try {
      const id = await listener.client("ID");
      await listener.subscribe("__redis__:invalidate");
      await client.client("TRACKING", "ON", "REDIRECT", id, ...this.mode);
      assert.equal(await client.client("GETREDIR"), id);
    } catch (error) {
      if (this.client === client) this.close();
      throw error;
    }
  }

  close() {
    this.opening = null;
    this.values.clear();
    this.listener.disconnect();
    this.client.disconnect();
  }

  forget(keys) {
    if (keys === null) this.values.clear();
    else for (const key of keys) this.values.delete(key.toString());
  }

  async get(key) {
    await this.open();
    const known = this.values.get(key);
    if (known !== undefined) {
      this.hits += 1;
      return known;
    }
    const coming = this.client.get(key);
    this.values.set(key, coming);
    try {
      return await coming;
    } catch (error) {
      if (this.values.get(key) === coming) this.values.delete(key);
      throw error;
    }
  }

  async set(key, value) {
    await this.open();
    return this.client.set(key, value);
  }

  async round() {
    await this.open();
    return this.listener.ping();
  }
}

const calls = async (cache, act) => {
  const before = await callsOf("get");
  await act(cache);
  return await callsOf("get") - before;
};

async function useHits(cache, name) {
  const keys = Array.from({ length: 10 }, (_, i) => `${name}:hit${i}`);
  for (const key of keys) await writer.set(key, `of ${key}`);
  await cache.round();
  const hits = cache.hits;
  const read = async () => { for (const key of keys) assert.equal(await cache.get(key), `of ${key}`); };
  assert.equal(await calls(cache, read), keys.length, "what nobody has read yet is asked for");
  assert.equal(await calls(cache, async () => { for (let i = 0; i < 20; i++) await read(); }), 0, "what is cached is asked for");
  assert.equal(cache.hits - hits, 200);
  assert.equal(await cache.get(`${name}:none`), null);
  assert.equal(await calls(cache, () => cache.get(`${name}:none`)), 0, "an absence is not cached");
}

// Each way in which a key changes makes its copy invalid.
async function useChanges(cache, name) {
  const key = `${name}:changed`;
  const changes = [
    [() => writer.set(key, "1"), "1"], [() => writer.incr(key), "2"], [() => writer.append(key, "0"), "20"],
    [() => writer.multi().set(key, "a").set(key, "b").exec(), "b"],
    [() => writer.eval("return redis.call('set', KEYS[1], ARGV[1])", 1, key, "script"), "script"],
    [() => writer.del(key), null], [() => writer.mset(`${name}:other`, "x", key, "m"), "m"],
    [() => writer.rename(`${name}:other`, key), "x"], [() => writer.rename(key, `${name}:other`), null],
    [() => writer.copy(`${name}:other`, key), "x"], [() => writer.getdel(key), null],
    [() => writer.setrange(key, 0, "range"), "range"], [() => cache.set(key, "own"), "own"],
    [() => writer.flushall(), null],
  ];
  for (const [change, value] of changes) {
    await cache.get(key);
    await change();
    await cache.round();
    assert.equal(await cache.get(key), value, String(change));
    assert.equal(await calls(cache, () => cache.get(key)), 0, "it is not cached anew");
  }
  await writer.set(key, "brief", "PX", 200);
  await cache.round();
  await until(async () => await cache.get(key) === null);
}

// What others do not ask to be told of is not told: only keys of a prefix, only reads that are announced.
async function useModes() {
  const prefixed = await new RedirectedCache("BCAST", "PREFIX", "{modes}a", "PREFIX", "{modes}b").open();
  const chosen = await new RedirectedCache("OPTIN").open();
  for (const key of ["{modes}a1", "{modes}b1", "{modes}c1"]) {
    await writer.set(key, "old");
    await prefixed.round();
    await prefixed.get(key);
  }
  await chosen.get("{modes}a1");
  await chosen.client.client("CACHING", "YES");
  await chosen.get("{modes}b1");
  await writer.mset("{modes}a1", "new", "{modes}b1", "new", "{modes}c1", "new");
  await prefixed.round();
  await chosen.round();
  const read = async (cache, keys) => Promise.all(keys.map((key) => cache.get(key)));
  assert.deepEqual(await read(prefixed, ["{modes}a1", "{modes}b1", "{modes}c1"]), ["new", "new", "old"]);
  assert.deepEqual(await read(chosen, ["{modes}a1", "{modes}b1"]), ["old", "new"]);
  prefixed.close();
  chosen.close();
}

// Several at once, each with a key of its own, see every write of theirs after a round, while the leader dies.
class Reader {
  constructor(cache, key) {
    Object.assign(this, { cache, key, written: 0, isOver: false });
    this.end = this.work();
  }

  async work() {
    while (!this.isOver) {
      const value = String(this.written + 1);
      await steadily(() => writer.set(this.key, value));
      for (let i = 0; i < 3; i++) {
        const read = await lasting(async () => { await this.cache.round(); return this.cache.get(this.key); });
        assert.equal(read, value, `${this.key} is stale`);
      }
      this.written += 1;
      await sleep(5);
    }
  }
}

// As steadily(); the two connections of a cache may also be to two servers, the dead one and its heir.
async function lasting(act) {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isOfALostLeader(error) && !/client ID you want redirect to does not exist|Stream isn't writeable/.test(error.message)) throw error;
      await sleep(20);
    }
  }
}

async function workOn(readers, count) {
  const wanted = readers.map(({ written }) => written + count);
  const done = until(() => readers.every(({ written }, i) => written >= wanted[i]));
  await Promise.race([done, ...readers.map(({ end }) => end)]);
}

main(async () => {
  const caches = {
    pushed: await new NodeRedisCache().open(),
    redirected: await new RedirectedCache().open(),
    broadcast: await new RedirectedCache("BCAST").open(),
  };
  for (const [name, cache] of Object.entries(caches)) {
    await useHits(cache, `${name}:before`);
    await useChanges(cache, name);
  }
  await useModes();
  const readers = Object.entries(caches).flatMap(([name, cache]) => ["a", "b"].map((key) => new Reader(cache, `${name}:${key}`)));
  await workOn(readers, 30);
  await disturbed();
  await workOn(readers, 30);
  for (const reader of readers) {
    reader.isOver = true;
    await reader.end;
  }
  for (const [name, cache] of Object.entries(caches)) await useHits(cache, `${name}:after`);
});
