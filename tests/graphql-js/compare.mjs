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

/** Errors come in no promised order. */
const errorLines = (errors) =>
  (errors ?? []).map((error) => `${(error.path ?? []).join('.')} ${error.extensions?.code}`).sort();

export function compareAnswers(expected, actual) {
  const [lines, actualLines] = [errorLines(expected.errors), errorLines(actual.errors)];
  const errors = lines.join() === actualLines.join() ? [] : [`errors: [${actualLines}], not [${lines}]`];
  return [...errors, ...differences(expected.data ?? null, actual.data ?? null)];
}
