// Runs a document with graphql-js over the rows of a store.

import { GraphQLError, GraphQLString, executeSync, parse, validate } from 'graphql';
import { resolvers } from './resolvers.mjs';

// A cursor travels as `{$cursor}` to the comparison.
const serializeString = GraphQLString.serialize;
GraphQLString.serialize = (value) => (value?.$cursor ? value : serializeString(value));

function fieldResolver(source, args, store, info) {
  const field = `${info.parentType.name}.${info.fieldName}`;
  if (store.forbidden.has(field)) throw new GraphQLError(field, { extensions: { code: 'FORBIDDEN' } });
  const resolve = resolvers[info.parentType.name]?.[info.fieldName];
  if (resolve) return resolve(source, args, store, field);
  // Connections and other values that a resolver has made whole.
  if (source && info.fieldName in source) return source[info.fieldName];
  throw new Error(`the naive executor does not know ${field}`);
}

/** `{data, errors}`, as JSON. A fault of the executor itself is thrown, lest it pass for the service's. */
export function execute(store, { query, variables, operationName }) {
  const document = parse(query);
  const [invalid] = validate(store.schema, document);
  if (invalid) throw invalid;
  const answer = executeSync({
    schema: store.schema, document, operationName, variableValues: variables, rootValue: {}, contextValue: store,
    fieldResolver, typeResolver: (row) => row.$type,
  });
  const fault = answer.errors?.find((error) => !error.extensions.code);
  if (fault) throw fault;
  return JSON.parse(JSON.stringify(answer));
}
