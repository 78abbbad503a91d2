// The rows of every table, as the test read them, and what one asks of them.

import { GraphQLError, buildSchema, getNamedType, isObjectType } from 'graphql';
import { tables } from './resolvers.mjs';

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export class Store {
  /**
   * `sdl`: the schema. `rows`: table -> rows that the viewer may see.
   * `today`, `unitsDay`: the two clocks, `YYYY-MM-DD`.
   * `forbidden`: what the viewer may not read: fields, as `Type.field`, and types, on whatever path. `cursors`: field
   * of a connection -> list of `{cursor, id}`, a cursor of the service with the global id of the node that it stands at.
   */
  constructor({ sdl, rows, today, unitsDay, forbidden = [], cursors = {} }) {
    Object.assign(this, { today, unitsDay, cursors, schema: buildSchema(sdl) });
    this.forbidden = new Set([...forbidden, ...this.fieldsOf(forbidden)]);
    this.types = Object.fromEntries(Object.entries(tables).map(([type, table]) => [table, type]));
    this.content = {};
    this.byId = {};
    this.orders = new Map();
    for (const [table, list] of Object.entries(rows)) {
      this.content[table] = list.map((row) => ({ ...row, $type: this.types[table] }));
      this.byId[table] = new Map(this.content[table].map((row) => [row.id, row]));
    }
    const known = Object.values(cursors).flat();
    this.positions = new Map(known.map(({ cursor, id }) => [cursor, this.node(id)]));
  }

  /** The fields that lead to one of these types, alone, in a list or in a connection. */
  fieldsOf(types) {
    const leads = (field) => types.includes(getNamedType(field.type).name.replace(/Connection$/, ''));
    return Object.values(this.schema.getTypeMap()).filter(isObjectType).flatMap((type) =>
      Object.values(type.getFields()).filter(leads).map((field) => `${type.name}.${field.name}`));
  }

  rows(table) {
    const rows = this.content[table];
    if (!rows) throw new Error(`the test gave no rows of ${table}`);
    return rows;
  }

  get(table, id) {
    return (this.rows(table), this.byId[table].get(id) ?? null);
  }

  sorted(table, column = 'id') {
    const order = `${table}.${column}`;
    if (!this.orders.has(order)) {
      const rows = [...this.rows(table)].sort((a, b) => compare(a[column], b[column]) || compare(a.id, b.id));
      this.orders.set(order, rows);
    }
    return this.orders.get(order);
  }

  node(globalId) {
    const [type, id] = Buffer.from(globalId, 'base64url').toString().split(':');
    if (this.forbidden.has(type)) throw new GraphQLError(type, { extensions: { code: 'FORBIDDEN' } });
    return tables[type] ? this.get(tables[type], Number(id)) : null;
  }

  /** The row that a cursor of the service stands at. */
  cursor(text) {
    if (text == null) return null;
    const row = this.positions.get(text);
    if (!row) throw new Error(`the test did not say where the cursor ${text} stands`);
    return row;
  }

  unitsOn(day) {
    return this.rows('admin_unit').filter((unit) =>
      (unit.valid_from == null || unit.valid_from <= day) && (unit.valid_to == null || day <= unit.valid_to));
  }

  /** The unit that bore the code on the day. */
  unit({ code, on }) {
    return this.unitsOn(on ?? this.unitsDay).find((unit) => unit.code === code);
  }

  enumValues(type) {
    return this.schema.getType(type).getValues().map((value) => value.name);
  }
}
