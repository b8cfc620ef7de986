// BullMQ as a peer: a queue with priorities, filled and worked off by one process.
//
// Usage: NODE_PATH=…/node_modules node bullmq.cjs SOCKET
// Then one command a line on stdin, one JSON answer a line on stdout:
//   fill N          N jobs wait
//   round N         N jobs are added and N are worked off at the same time, 50 at once each
//   latency N RATE  open loop: N jobs at RATE per second into an empty queue; enqueue → start
'use strict';

const { Queue, Worker } = require('bullmq');
const readline = require('node:readline');

const connection = { path: process.argv[2], maxRetriesPerRequest: null };
const queue = new Queue('desk', { connection });
const DATA = 'x'.repeat(400);
const options = () => ({
  priority: 1 + Math.floor(Math.random() * 5),
  removeOnComplete: true,
});

async function add(count, inFlight) {
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      await queue.add('conversation', { text: DATA }, options());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
}

async function round(count) {
  let done = 0;
  let finished;
  const allDone = new Promise((resolve) => (finished = resolve));
  const worker = new Worker(
    'desk',
    async () => {
      if (++done === count) finished();
    },
    { connection, concurrency: 50 },
  );
  await worker.waitUntilReady();
  const begun = process.hrtime.bigint();
  await Promise.all([add(count, 50), allDone]);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  await worker.close();
  return { jobs: done, seconds };
}

async function latency(count, rate) {
  await queue.obliterate({ force: true });
  const took = [];
  let finished;
  const allDone = new Promise((resolve) => (finished = resolve));
  const worker = new Worker(
    'desk',
    async (job) => {
      took.push(Number(process.hrtime.bigint() / 1000n) - job.data.at);
      if (took.length === count) finished();
    },
    { connection, concurrency: 50 },
  );
  await worker.waitUntilReady();
  const begun = process.hrtime.bigint();
  let sent = 0;
  await new Promise((resolve) => {
    const tick = () => {
      const due = Math.min(count, (Number(process.hrtime.bigint() - begun) / 1e9) * rate);
      while (sent < due) {
        sent += 1;
        queue.add(
          'conversation',
          { text: DATA, at: Number(process.hrtime.bigint() / 1000n) },
          options(),
        );
      }
      if (sent < count) setTimeout(tick, 1);
      else resolve();
    };
    tick();
  });
  await allDone;
  await worker.close();
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(share * took.length))];
  return { jobs: took.length, p50_us: at(0.5), p99_us: at(0.99) };
}

const commands = {
  fill: async (n) => {
    await add(n, 200);
    return { filled: n };
  },
  round,
  latency,
};

async function main() {
  await queue.waitUntilReady();
  console.log(JSON.stringify({ ready: true }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, ...args] = line.trim().split(' ');
    console.log(JSON.stringify(await commands[name](...args.map(Number))));
  }
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
