// npm's mailparser as a peer: reads every letter of a folder, and keeps nothing.
//
// Usage: NODE_PATH=…/node_modules node mailparser.cjs FOLDER; `read` on stdin reads them all.
'use strict';

const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { simpleParser } = require('mailparser');

const [folder] = process.argv.slice(2);
const letters = readdirSync(folder).map((name) => readFileSync(join(folder, name)));

createInterface({ input: process.stdin }).on('line', async () => {
  const begun = process.hrtime.bigint();
  for (const letter of letters) {
    await simpleParser(letter);
  }
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  console.log(JSON.stringify({ per_second: letters.length / seconds }));
});

console.log(JSON.stringify({ ready: true }));
