// socket.io over ioredis, which on a cluster subscribes at any node, and publishes at another.
const { connect } = require("./common");
const { play } = require("./socket_io_story");

// A command whose answer was lost with its link has failed.
play(() => connect({ maxRetriesPerRequest: 0 }, { retryDelayOnFailover: 0, shardedSubscribers: true }));
