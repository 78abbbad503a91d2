// Whether the service's answer is the naive executor's.

/** A cursor and an instant have many right spellings, so the executor gives them as `{$cursor}` and `{$instant}`. */
function sameLeaf(expected, actual) {
  if (expected?.$cursor) return typeof actual === 'string' && actual !== '';
  if (expected?.$instant !== undefined) {
    const offset = typeof actual === 'string' && /T.*(Z|[+-]\d\d:\d\d)$/.test(actual);
    return offset && Date.parse(actual) === Math.floor(expected.$instant / 1000);
  }
  return expected === actual;
}

const isLeaf = (value) => value === null || typeof value !== 'object' || '$cursor' in value || '$instant' in value;

/** The places where `actual` departs from `expected`, as sentences. Keys must come in the same order. */
export function differences(expected, actual, path = 'data') {
  if (isLeaf(expected)) {
    return sameLeaf(expected, actual) ? [] : [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
  }
  if (actual === null || typeof actual !== 'object' || Array.isArray(actual) !== Array.isArray(expected)) {
    return [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
  }
  const [keys, actualKeys] = [Object.keys(expected), Object.keys(actual)];
  if (keys.join() !== actualKeys.join()) {
    return [`${path}: has ${actualKeys.join(' ') || 'nothing'}, not ${keys.join(' ') || 'nothing'}`];
  }
  return keys.flatMap((key) => differences(expected[key], actual[key], `${path}.${key}`));
}

/** The service tells so many errors of a root field, and then one that says how many it left out. */
const MOST_ERRORS = 100;

/** Errors come in no promised order. */
const lines = (errors) => (errors ?? []).map(({ path = [], extensions }) => `${path.join('.')} ${extensions?.code}`).sort();

const root = (line) => line.split(/[. ]/, 1)[0];

/** Sentences about the errors of one root field, or of the request where `key` is empty. */
function errorDifferences(key, expected, actual) {
  const told = expected.length > MOST_ERRORS
    ? actual.length === MOST_ERRORS + 1 && actual.filter((line) => !expected.includes(line)).join() === `${key} FORBIDDEN`
    : expected.join() === actual.join();
  return told ? [] : [`errors of ${key}: [${actual}], not [${expected}]`];
}

export function compareAnswers(expected, actual) {
  const [expectedLines, actualLines] = [lines(expected.errors), lines(actual.errors)];
  // One null that climbed up to the root is enough for an answer: graphql-js looks no further.
  const whole = expected.data == null;
  const keys = new Set([...expectedLines, ...(whole ? [] : actualLines)].map(root));
  const of = (key, all) => all.filter((line) => root(line) === key);
  const errors = [...keys].flatMap((key) => errorDifferences(key, of(key, expectedLines), of(key, actualLines)));
  return [...errors, ...differences(expected.data ?? null, actual.data ?? null)];
}
