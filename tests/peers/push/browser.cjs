// web-push-testing, a push service with its browsers that somebody else wrote: what to do comes as a line
// of JSON, and the answer leaves as one. `NODE_PATH` says where the package lies.
'use strict';

const readline = require('readline');
const { PushApiModel } = require('web-push-testing/src/PushApiModel');
const Server = require('web-push-testing/src/server');

// What it logs must not stand between the answers.
console.log = console.error;

async function main() {
  const model = new PushApiModel();
  const server = new Server(model, 0);
  server.startServer();
  await new Promise((resolve) => { server._server.on('listening', resolve); });
  // It stands where the system put it.
  model.notifyUrl = `http://localhost:${server._server.address().port}/notify/`;
  const deeds = {
    subscribe: async ({ key }) => model.subscribe({ userVisibleOnly: 'true', applicationServerKey: key }),
    expire: async ({ clientHash }) => model.expireSubscription(clientHash),
    read: async ({ clientHash }) => model.getNotifications({ clientHash }),
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    let answer;
    try {
      answer = (await deeds[question.do](question)) || {};
    } catch (error) {
      answer = { error: String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

main();
