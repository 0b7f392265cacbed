// socket.io over node-redis. Its client of a cluster holds on to a dead node: this one knows no cluster.
const { connectNodeRedis } = require("./common");
const { play } = require("./socket_io_story");

play(connectNodeRedis);
