// What socket.io's programs of this folder do, whatever the client of Redis: two servers that know of each other through an
// adapter alone, and clients of each. A server passes every message on once: publications are spied on, to wait for them.
const http = require("node:http");
const { assert, disturbed, isOfALostLeader, main, sleep, steadily, until } = require("./common");
const { createAdapter, createShardedAdapter } = require("@socket.io/redis-adapter");
const { Cluster } = require("ioredis");
const { Server } = require("socket.io");
const { io: connectTo } = require("socket.io-client");

const LONG_MS = 3600000; // no machine is that slow

// Keeps the client's last publication, whose answer, or failure, publisher() awaits.
function spyOn(client) {
  client.lastPublication = Promise.resolve();
  for (const name of ["publish", "spublish", "sPublish"]) {
    const publish = client[name];
    if (!publish) continue;
    client[name] = (...parameters) => {
      const answer = publish.apply(client, parameters);
      client.lastPublication = answer.catch((error) => { if (!isOfALostLeader(error)) throw error; });
      return answer;
    };
  }
  return client;
}

// A server of socket.io and its clients. `heard` of a client is all that has come to it, in order.
class Place {
  constructor(name, adapter, publisher) {
    this.name = name;
    this.publisher = publisher;
    this.http = http.createServer();
    this.io = new Server(this.http, { adapter, pingTimeout: LONG_MS, connectTimeout: LONG_MS });
    this.adapter = this.io.of("/").adapter;
    this.clients = [];
    this.io.on("connection", (socket) => {
      socket.on("join", (room, done) => { socket.data.room = room; socket.join(room); done(); });
      socket.on("say to the others", (text) => socket.broadcast.emit("text", text));
    });
    this.io.on("question", (number, answer) => answer({ [this.name]: 2 * number }));
  }

  async open() {
    await new Promise((resolve) => this.http.listen(0, "127.0.0.1", resolve));
  }

  async addClient(room) {
    const client = connectTo(`http://127.0.0.1:${this.http.address().port}`, { transports: ["websocket"], reconnection: false, forceNew: true });
    client.place = this;
    client.room = room;
    client.heard = [];
    client.probes = 0;
    client.deaths = {};
    client.on("text", (text) => client.heard.push(text));
    client.on("probe", () => { client.probes += 1; });
    client.on("ask all", (text, answer) => answer(`${text} ${client.id}`));
    client.on("death", (from, number) => (client.deaths[from] ||= []).push(number));
    await new Promise((resolve, reject) => client.on("connect", resolve).on("connect_error", reject));
    await client.emitWithAck("join", room);
    this.clients.push(client);
    return client;
  }
}

// Each server passes on to each client what is for all, and what is for its room: all subscriptions are there.
async function knowEachOther(places, clients) {
  await until(async () => (await places[0].adapter.serverCount()) === 2 && (await places[1].adapter.serverCount()) === 2);
  for (const { io } of places) {
    for (const room of [undefined, "red", "blue"]) {
      const members = clients.filter((client) => [undefined, client.room].includes(room));
      for (const client of members) client.probes = 0;
      await until(() => {
        (room ? io.to(room) : io).emit("probe");
        return members.every((client) => client.probes > 0);
      });
    }
  }
}

// Asked again if the library gives up, which it does after five seconds.
async function answered(act) {
  for (;;) {
    try {
      return await steadily(act);
    } catch (error) {
      if (!/timeout reached|operation has timed out/.test(error.message)) throw error;
    }
  }
}

const sorted = (many) => [...many].sort();

async function useRooms([a, b], clients) {
  const [red, blue, far] = clients;
  for (let i = 0; i < 10; i++) {
    a.io.to("red").emit("text", `red ${i}`);
    a.io.emit("text", `all ${i}`);
    a.io.to("blue").except("red").emit("text", `blue ${i}`);
    a.io.emit("text", Buffer.from([0, 255, i]));
  }
  for (const client of clients) await until(() => client.heard.length === 30);
  for (const client of clients) {
    assert.deepEqual(client.heard.filter((text) => Buffer.isBuffer(text)).map((text) => text[2]), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const texts = client.heard.filter((text) => !Buffer.isBuffer(text));
    for (const word of ["all", client.room]) {
      assert.deepEqual(texts.filter((text) => text.startsWith(word)), Array.from({ length: 10 }, (_, i) => `${word} ${i}`));
    }
    client.heard.length = 0;
  }
  far.emit("say to the others", "not to me");
  await until(() => red.heard.length === 1 && blue.heard.length === 1);
  b.io.emit("text", "to me too");
  for (const client of clients) await until(() => client.heard.at(-1) === "to me too");
  assert.deepEqual(far.heard, ["to me too"]);
  assert.deepEqual(red.heard, ["not to me", "to me too"]);
  for (const client of clients) client.heard.length = 0;
}

async function askEachOther([a, b], clients) {
  assert.deepEqual(await answered(() => a.io.serverSideEmitWithAck("question", 21)), [{ b: 42 }]);
  assert.deepEqual(await answered(() => b.io.serverSideEmitWithAck("question", 4)), [{ a: 8 }]);
  for (const { io } of [a, b]) {
    const all = await answered(() => io.fetchSockets());
    assert.deepEqual(sorted(all.map(({ id }) => id)), sorted(clients.map(({ id }) => id)));
    for (const one of all) assert.deepEqual([...one.rooms], [one.id, one.data.room]);
    const inRed = await answered(() => io.in("red").fetchSockets());
    assert.deepEqual(sorted(inRed.map(({ id }) => id)), sorted(clients.filter(({ room }) => room === "red").map(({ id }) => id)));
    const answers = await answered(() => io.timeout(LONG_MS).emitWithAck("ask all", "it is"));
    assert.deepEqual(sorted(answers), sorted(clients.map(({ id }) => `it is ${id}`)));
  }
}

// One server moves and ends the other's clients.
async function moveClients([a, b], clients) {
  const guest = await b.addClient("blue");
  a.io.in(guest.id).socketsJoin("green");
  await until(async () => (await answered(() => b.io.in("green").local.fetchSockets())).length === 1);
  await until(() => { a.io.to("green").emit("text", "green"); return guest.heard.includes("green"); });
  a.io.in("green").socketsLeave("green");
  await until(async () => (await answered(() => b.io.in("green").local.fetchSockets())).length === 0);
  const gone = new Promise((resolve) => guest.on("disconnect", resolve));
  a.io.in(guest.id).disconnectSockets();
  assert.equal(await gone, "io server disconnect");
  for (const client of clients) assert.deepEqual(client.heard, []);
}

// Numbers, each said once by a server to all, the next when the one before was answered, or has failed.
class Speaker {
  constructor(place) {
    this.place = place;
    this.said = 0;
    this.isOver = false;
    this.looseFrom = this.looseTo = Infinity;
    this.end = this.speak();
  }

  isLoose(number) {
    return number >= this.looseFrom && number < this.looseTo;
  }

  async speak() {
    while (!this.isOver) {
      this.place.io.emit("death", this.place.name, this.said++);
      await this.place.publisher.lastPublication;
      await sleep(10);
    }
  }
}

const strangers = ({ place }, clients) => clients.filter((client) => client.place !== place);

// Until the clients of the other server have heard one that is said so many later.
async function hearOn(speakers, clients, count) {
  for (const speaker of speakers) {
    const wanted = speaker.said + count;
    for (const { deaths } of strangers(speaker, clients)) await until(() => deaths[speaker.place.name]?.some((number) => number >= wanted));
  }
}

const areRising = (numbers) => numbers.every((number, i) => i === 0 || number > numbers[i - 1]);

// What was lost is lost; nothing comes twice, and all in the order in which it was said. ioredis says it to one node, then to
// another, until it knows of a new leader, as it does with Redis: nobody keeps an order among these.
function checkDeaths(speakers, clients) {
  for (const speaker of speakers) {
    for (const { deaths } of strangers(speaker, clients)) {
      const numbers = deaths[speaker.place.name];
      assert.equal(new Set(numbers).size, numbers.length, "something comes twice");
      assert.ok(numbers.every((number) => number >= 0 && number < speaker.said), "nobody has said this");
      assert.ok(areRising(numbers.filter((number) => !speaker.isLoose(number))), `not in order: ${numbers}`);
    }
  }
}

async function liveThroughADeath(places, clients, hasOneNode) {
  const speakers = places.map((place) => new Speaker(place));
  await hearOn(speakers, clients, 30);
  for (const speaker of speakers) {
    for (const { deaths } of strangers(speaker, clients)) {
      assert.deepEqual(deaths[speaker.place.name], deaths[speaker.place.name].map((_, i) => i), "something is missing");
    }
    speaker.looseFrom = hasOneNode ? Infinity : speaker.said;
  }
  return async () => {
    for (const speaker of speakers) {
      if (!hasOneNode) await until(() => findLeader(speaker.place.publisher));
      speaker.looseTo = speaker.said;
    }
    await hearOn(speakers, clients, 30);
    for (const speaker of speakers) {
      speaker.isOver = true;
      await speaker.end;
    }
    checkDeaths(speakers, clients);
    await knowEachOther(places, clients);
    for (const client of clients) client.heard.length = 0;
    await useRooms(places, clients);
    await askEachOther(places, clients);
  };
}

// Whether a client of ioredis for clusters says all to one node, after it has asked who leads.
async function findLeader(client) {
  await new Promise((resolve) => client.refreshSlotsCache(resolve));
  const [leader, ...others] = client.nodes("master");
  return others.length === 0 && leader?.status === "ready" && client.slots[0][0] === `${leader.options.host}:${leader.options.port}`;
}

async function stage(makeAdapter, connect) {
  const places = [];
  for (const name of ["a", "b"]) {
    const [publisher, subscriber] = [spyOn(await connect()), await connect()];
    places.push(new Place(name, makeAdapter(publisher, subscriber), publisher));
    await places.at(-1).open();
  }
  const [a, b] = places;
  const clients = [await a.addClient("red"), await a.addClient("blue"), await b.addClient("red"), await b.addClient("blue")];
  await knowEachOther(places, clients);
  await useRooms(places, clients);
  await askEachOther(places, clients);
  await moveClients(places, clients);
  return liveThroughADeath(places, clients, !(places[0].publisher instanceof Cluster));
}

const classic = (publisher, subscriber) => createAdapter(publisher, subscriber, { key: "classic" });
const sharded = (mode) => (publisher, subscriber) => createShardedAdapter(publisher, subscriber, { channelPrefix: mode, subscriptionMode: mode });

// `connect` makes a client of Redis that sends nothing twice.
function play(connect) {
  main(async () => {
    const ends = [];
    for (const make of [classic, sharded("static"), sharded("dynamic")]) ends.push(await stage(make, connect));
    await disturbed();
    for (const end of ends) await end();
  });
}

module.exports = { play };
