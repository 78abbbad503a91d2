// A line of JSON in, a line of JSON out:
//
//   {"store": {sdl, rows, today, unitsDay, forbidden, cursors}}   -> {}          see store.mjs
//   {"generate": {seed, count}}                                   -> {"queries": [{query, variables}]}
//   {"execute": {query, variables, operationName}}                -> {"answer": {data, errors}}
//   {"compare": {query, variables, operationName, answer}}        -> {"differences": ["data.a.b: 1, not 2"]}
//
// The answer to compare is the service's text, so that the order of its keys arrives. A fault of the request or of
// this executor answers {"fault": ".."}.

import { createInterface } from 'node:readline';
import { compareAnswers } from './compare.mjs';
import { generate } from './generate.mjs';
import { execute } from './naive.mjs';
import { Store } from './store.mjs';

let store;

const handlers = {
  store: (given) => {
    store = new Store(given);
    return {};
  },
  generate: (wanted) => ({ queries: generate(store, wanted) }),
  execute: (request) => ({ answer: execute(store, request) }),
  compare: ({ answer, ...request }) => ({ differences: compareAnswers(execute(store, request), JSON.parse(answer)) }),
};

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    const [[name, value]] = Object.entries(JSON.parse(line));
    reply = handlers[name](value);
  } catch (fault) {
    reply = { fault: fault.stack };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
