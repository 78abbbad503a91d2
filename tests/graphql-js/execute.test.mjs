import assert from 'node:assert/strict';
import test from 'node:test';
import { compareAnswers } from './compare.mjs';
import { generate } from './generate.mjs';
import { execute } from './naive.mjs';
import { Store } from './store.mjs';

const sdl = `
  scalar DateTime
  scalar VND
  enum HouseholdCategory { MERIT SOCIAL_PROTECTION FEMALE_HEADED }
  enum LoanStatus { REQUESTED ACTIVE }
  enum SortDirection { ASC DESC }
  enum HouseholdOrderField { CODE UPDATED_AT }
  input HouseholdOrder { field: HouseholdOrderField! direction: SortDirection! = ASC }
  input LoanFilter { statuses: [LoanStatus!] contractNumbers: [String!] }
  interface Node { id: ID! }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type Household implements Node {
    id: ID! code: String! categories: [HouseholdCategory!] updatedAt: DateTime! head: Person
    loans(filter: LoanFilter, first: Int, after: String, last: Int, before: String): LoanConnection
  }
  type Person implements Node { id: ID! fullName: String! household: Household }
  type Loan implements Node { id: ID! contractNumber: String! status: LoanStatus! principal: VND household: Household }
  type LoanConnection { edges: [LoanEdge!]! nodes: [Loan!]! pageInfo: PageInfo! totalCount: Int! }
  type LoanEdge { cursor: String! node: Loan! }
  type HouseholdConnection { edges: [HouseholdEdge!]! nodes: [Household!]! pageInfo: PageInfo! totalCount: Int! }
  type HouseholdEdge { cursor: String! node: Household! }
  type Query {
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    household(code: String!): Household
    households(orderBy: HouseholdOrder, first: Int, after: String, last: Int, before: String): HouseholdConnection
    loan(contractNumber: String!): Loan
  }`;

const id = (type, number) => Buffer.from(`${type}:${number}`).toString('base64url');

// Household 7 has the even loans, household 8 the odd ones.
const store = new Store({
  sdl,
  rows: {
    household: [
      { id: 7, code: 'B', categories: 5, updated_at: 1767225600123456 },
      { id: 8, code: 'A', categories: 0, updated_at: 1767225600123457 },
    ],
    person: [{ id: 1, household_id: 7, relationship: 'HEAD', full_name: 'An' }],
    loan: [1, 2, 3, 4, 5, 6, 7].map((number) => ({
      id: number, contract_number: `C${number}`, status: number > 5 ? 'REQUESTED' : 'ACTIVE', principal: 100 * number,
      household_id: 7 + (number % 2),
    })),
  },
  today: '2026-01-01',
  unitsDay: '2022-12-31',
  forbidden: ['Person.fullName'],
  cursors: { 'Household.loans': [{ cursor: 'at loan 3', id: id('Loan', 3) }] },
});

const numbers = (loans) => loans.nodes.map((loan) => loan.contractNumber).join(' ');
const data = (query, variables) => execute(store, { query, variables }).data;

test('a connection pages for each parent, by order and not by place', () => {
  const { households } = data(`{ households(first: 5) { nodes { code loans(first: 1, after: "at loan 3") {
    totalCount nodes { contractNumber } pageInfo { hasNextPage hasPreviousPage } } } } }`);
  const pages = households.nodes.map((household) =>
    [household.code, numbers(household.loans), household.loans.totalCount]);
  assert.deepEqual(pages, [['A', 'C5', 4], ['B', 'C4', 3]]);
  assert.deepEqual(households.nodes[0].loans.pageInfo, { hasNextPage: true, hasPreviousPage: true });
});

test('a connection pages backwards, filters, and sorts as asked', () => {
  const { household } = data(`{ household(code: "A") { loans(last: 2, filter: {statuses: [ACTIVE]}) {
    totalCount nodes { contractNumber } pageInfo { hasNextPage hasPreviousPage } } } }`);
  assert.deepEqual([numbers(household.loans), household.loans.totalCount], ['C3 C5', 3]);
  assert.deepEqual(household.loans.pageInfo, { hasNextPage: false, hasPreviousPage: true });
  const order = '{field: UPDATED_AT, direction: DESC}';
  const { households } = data(`{ households(first: 1, orderBy: ${order}) { nodes { code } } }`);
  assert.equal(households.nodes[0].code, 'A');
});

test('a forbidden field is null with an error, and the null climbs', () => {
  const answer = execute(store, { query: '{ household(code: "B") { head { fullName } categories } }' });
  assert.deepEqual(answer.data, { household: { head: null, categories: ['MERIT', 'FEMALE_HEADED'] } });
  assert.deepEqual(answer.errors[0].path, ['household', 'head', 'fullName']);
  assert.equal(answer.errors[0].extensions.code, 'FORBIDDEN');
});

test('answers differ in values, order of keys and errors, not in how a cursor or an instant is written', () => {
  const query = '{ household(code: "B") { code updatedAt loans(first: 1) { edges { cursor } } head { fullName } } }';
  const expected = execute(store, { query });
  const errors = [{ path: ['household', 'head', 'fullName'], extensions: { code: 'FORBIDDEN' } }];
  const updatedAt = '2026-01-01T07:00:00.123456+07:00';
  const right = { code: 'B', updatedAt, loans: { edges: [{ cursor: 'x' }] }, head: null };
  const found = (household, given = errors) => compareAnswers(expected, { data: { household }, errors: given });
  assert.deepEqual(found(right), []);
  assert.match(found({ ...right, code: 'C' })[0], /^data.household.code: "C", not "B"/);
  assert.match(found({ ...right, updatedAt: '2026-01-01T00:00:00.123456' })[0], /^data.household.updatedAt/);
  assert.match(found({ head: null, ...right })[0], /^data.household: has head code/);
  assert.match(found({ ...right, loans: { edges: [] } })[0], /^data.household.loans.edges: has nothing, not 0/);
  assert.match(found(right, [])[0], /^errors of household: \[\], not \[household.head.fullName FORBIDDEN\]/);
  assert.match(found(null)[0], /^data.household: null/);
});

test('random documents are the same for a seed, executable, and use what the specification has', () => {
  const documents = generate(store, { seed: 7, count: 300 });
  assert.deepEqual(generate(store, { seed: 7, count: 300 }), documents);
  assert.notDeepEqual(generate(store, { seed: 8, count: 300 }), documents);
  for (const document of documents) execute(store, document);
  const texts = documents.map((document) => document.query).join('\n');
  const wanted = [
    /\.\.\.fragment_/, /\.\.\. on Loan /, /\.\.\. \{/, /\.\.\. @/, /@skip\(if: \$/, /@include\(if: (true|false)/,
    /__typename/, /code_0: code/, /loans_1: loans/, /after: "at loan 3"/, /before: \$/, /last: \d/, /\$v\d+: \w+!? = /,
    /filter: \$/, /statuses: \[/, /statuses: \$/, /nodes\(ids: /,
  ];
  for (const pattern of wanted) assert.match(texts, pattern);
  const nullable = /\$(\w+): (?:\w+|\[\w+!\])(?=[,)])/g;
  const absent = documents.some(({ query, variables }) =>
    [...query.matchAll(nullable)].some(([, name]) => !(name in variables)));
  assert.ok(absent, 'some nullable variable without a default is left out');
});
