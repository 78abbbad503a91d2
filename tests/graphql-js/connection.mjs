// Relay's connections over a list in memory.

/**
 * What each connection is sorted by, the id breaking ties. `updated_at` and `code` of `HouseholdOrder` come first in
 * their turn.
 */
const ORDER = { 'Query.households': 'code', 'Query.modelProjects': 'code' };
const ORDER_FIELDS = { CODE: 'code', UPDATED_AT: 'updated_at' };

/** Ids only ever rise; texts compare by byte, and the keys are ASCII. */
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** `rows` of a parent, filtered, and the page of them that `first`/`after` or `last`/`before` name. */
export function connection(rows, args, store, field, filter) {
  const kept = filter && args.filter ? rows.filter((row) => filter(row, args.filter, store)) : [...rows];
  const key = ORDER_FIELDS[args.orderBy?.field] ?? ORDER[field] ?? 'id';
  const sign = args.orderBy?.direction === 'DESC' ? -1 : 1;
  const inOrder = (a, b) => sign * (compare(a[key], b[key]) || compare(a.id, b.id));
  kept.sort(inOrder);

  const after = store.cursor(args.after);
  const before = store.cursor(args.before);
  const between = kept.filter((row) => (!after || inOrder(row, after) > 0) && (!before || inOrder(row, before) < 0));
  const backwards = args.last != null;
  const page = backwards ? between.slice(Math.max(0, between.length - args.last)) : between.slice(0, args.first);
  const cut = page.length < between.length;
  const edges = page.map((node) => ({ cursor: { $cursor: `${node.$type}:${node.id}` }, node }));
  return {
    edges,
    nodes: page,
    pageInfo: {
      // What lies on the side we came from is told by the cursor, as the specification of connections allows.
      hasNextPage: backwards ? before != null : cut,
      hasPreviousPage: backwards ? cut : after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: kept.length,
  };
}
