// socket.io as a peer: rooms that relay a text to everybody else in them; nothing is kept.
//
// Usage: NODE_PATH=…/node_modules node socketio.cjs PORT [REDIS_SOCKET]
// With a Redis socket the Redis adapter joins it to other nodes.
'use strict';

const { createServer } = require('node:http');
const { Server } = require('socket.io');

async function main() {
  const [port, redis] = process.argv.slice(2);
  const http = createServer();
  const io = new Server(http, { serveClient: false });
  if (redis) {
    const { createClient } = require('redis');
    const { createAdapter } = require('@socket.io/redis-adapter');
    const publish = createClient({ socket: { path: redis } });
    const subscribe = publish.duplicate();
    await Promise.all([publish.connect(), subscribe.connect()]);
    io.adapter(createAdapter(publish, subscribe));
  }
  io.on('connection', (socket) => {
    const { room } = socket.handshake.query;
    socket.join(room);
    socket.on('m', (text) => socket.to(room).emit('m', text));
  });
  http.listen(Number(port), '127.0.0.1', 8192, () => console.log(JSON.stringify({ ready: true })));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
