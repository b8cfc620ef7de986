// telegram-test-api, a Bot API server that somebody else wrote, with its own client for the people: what
// to do comes as a line of JSON, and the answer leaves as one. `NODE_PATH` says where the package lies.
'use strict';

const net = require('net');
const readline = require('readline');
const TelegramServer = require('telegram-test-api').default || require('telegram-test-api');

const token = process.argv[2];

// The server takes no port 0: one is asked for and given back.
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function main() {
  const server = new TelegramServer({ host: '127.0.0.1', port: await freePort() });
  await server.start();
  const client = server.getClient(token, { userId: 5001, chatId: 5001, firstName: '雷' });
  const deeds = {
    url: async () => ({ url: server.config.apiURL }),
    say: async ({ text }) => client.sendMessage(client.makeMessage(text)),
    command: async ({ text }) => client.sendCommand(client.makeCommand(text)),
    press: async ({ data }) => client.sendCallback(client.makeCallbackQuery(data)),
    // Everything that the bot has said and not taken back.
    history: async () => ({ said: (await client.getUpdatesHistory()).filter((one) => one.message && !one.message.from) }),
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
