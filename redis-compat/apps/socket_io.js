// socket.io over ioredis, which on a cluster subscribes at any node, and publishes at another.
const { connect } = require("./common");
const { play } = require("./socket_io_story");

// A command whose answer was lost with its link has failed.
//
// ioredis asks for INFO before it calls a new connection ready, and before that it reads its own version from a file, for CLIENT
// SETINFO. An adapter that subscribes meanwhile (SUBSCRIBE is sent to a connection that is not ready) and is answered first makes
// it refuse its own INFO: it drops the connection, and the subscription with it, at redis-server too. Without CLIENT SETINFO
// nothing comes in between.
play(() => connect({ maxRetriesPerRequest: 0, disableClientInfo: true }, { retryDelayOnFailover: 0, shardedSubscribers: true }));
