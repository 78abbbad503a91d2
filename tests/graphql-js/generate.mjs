// Random documents over the fields that the naive executor knows, the same ones for the same seed.

import {
  getNamedType, getNullableType, isAbstractType, isEnumType, isInputObjectType, isListType, isLeafType, isNonNullType,
  parse, validate,
} from 'graphql';
import { resolvers, tables } from './resolvers.mjs';

/** The arguments that the naive executor understands; the others stay absent. */
const FILTER_FIELDS = {
  HouseholdFilter: ['unit', 'povertyClasses', 'categories'],
  PersonFilter: ['unit'],
  BenefitFilter: ['unit', 'programCode', 'statuses'],
  LoanFilter: ['unit', 'productCode', 'statuses', 'contractNumbers', 'disbursedFrom', 'disbursedTo'],
  ModelProjectFilter: ['track', 'statuses'],
};
const ARGUMENTS = ['id', 'ids', 'code', 'contractNumber', 'filter', 'orderBy', 'kinds', 'level'];

/** mulberry32, a public-domain generator: small, and good enough to choose with. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class Generator {
  constructor(store, seed) {
    const stored = Object.keys(tables).filter((name) => store.schema.getType(name));
    Object.assign(this, { store, stored, next: random(seed) });
  }

  chance(probability) {
    return this.next() < probability;
  }

  upTo(count) {
    return 1 + Math.floor(this.next() * count);
  }

  pick(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  document() {
    Object.assign(this, { fragments: [], declared: [], variables: {}, keys: new Map(), left: 45 });
    const selection = this.selection(this.store.schema.getQueryType(), 6);
    const name = this.declared.length > 0 || this.chance(0.5) ? 'Random' : '';
    const declared = this.declared.length > 0 ? `(${this.declared.join(', ')})` : '';
    const operation = `query ${name}${declared} ${selection}`;
    // Before or after their use: both are right.
    const parts = this.chance(0.5) ? [operation, ...this.fragments] : [...this.fragments, operation];
    return { query: parts.map((part) => part.text ?? part).join('\n'), variables: this.variables };
  }

  /** `{ .. }` on a type, `depth` levels deep at most. */
  selection(type, depth) {
    const items = Array.from({ length: this.upTo(4) }, () => this.item(type, depth));
    const text = items.filter(Boolean);
    return `{ ${text.length > 0 ? text.join(' ') : '__typename'} }`;
  }

  item(type, depth) {
    const choice = this.next();
    if (choice < 0.1) return `${this.chance(0.3) ? `kind_${this.upTo(2)}: ` : ''}__typename${this.directive()}`;
    if (choice < 0.22 || (isAbstractType(type) && choice < 0.8)) return this.inlineFragment(type, depth);
    if (choice < 0.34) return this.spread(type, depth);
    return this.field(type, depth);
  }

  /** A type that the condition of a fragment may name here. */
  condition(type) {
    return isAbstractType(type) && this.chance(0.8) ? this.store.schema.getType(this.pick(this.stored)) : type;
  }

  inlineFragment(type, depth) {
    const condition = this.condition(type);
    const named = condition !== type || this.chance(0.5) ? ` on ${condition.name}` : '';
    return `...${named}${this.directive()} ${this.selection(condition, depth)}`;
  }

  spread(type, depth) {
    const condition = this.condition(type);
    const known = this.fragments.filter((fragment) => fragment.type === condition && fragment.depth <= depth);
    let fragment = this.chance(0.5) ? this.pick(known) : undefined;
    if (!fragment) {
      const body = this.selection(condition, depth - 1);
      const name = `fragment_${this.fragments.length + 1}`;
      fragment = { name, depth, type: condition, text: `fragment ${name} on ${condition.name} ${body}` };
      this.fragments.push(fragment);
    }
    return `...${fragment.name}${this.directive()}`;
  }

  field(type, depth) {
    const known = resolvers[type.name] ?? {};
    const fields = Object.values(type.getFields()).filter((field) => {
      const whole = !(type.name in resolvers) || field.name in known;
      return whole && (isLeafType(getNamedType(field.type)) || (depth > 1 && this.left > 0));
    });
    if (fields.length === 0) return '';
    this.left -= 1;
    const field = this.pick(fields);
    const args = this.args(type, field);
    const target = getNamedType(field.type);
    const below = isLeafType(target) ? '' : ` ${this.selection(target, depth - 1)}`;
    return `${this.responseKey(type, field, args)}${field.name}${args}${this.directive()}${below}`;
  }

  /** The alias goes with the arguments: one response key with two meanings is no valid document. */
  responseKey(type, field, args) {
    const name = `${type.name}.${field.name}`;
    const seen = this.keys.get(name) ?? [];
    this.keys.set(name, seen);
    if (!seen.includes(args)) seen.push(args);
    const number = seen.indexOf(args);
    return number > 0 || this.chance(0.25) ? `${field.name}_${number}: ` : '';
  }

  args(type, field) {
    const texts = this.pageArgs(type, field);
    for (const arg of field.args) {
      // A cursor belongs to the order that gave it.
      const wanted = isNonNullType(arg.type) || (this.chance(0.3) && !(arg.name === 'orderBy' && texts.length > 1));
      if (ARGUMENTS.includes(arg.name) && wanted) texts.push(`${arg.name}: ${this.argument(field, arg)}`);
    }
    return texts.length > 0 ? `(${texts.join(', ')})` : '';
  }

  /** A connection wants a bound; sometimes it starts at a cursor that the service gave for this field. */
  pageArgs(type, field) {
    if (!field.args.some((arg) => arg.name === 'first')) return [];
    const [count, cursor] = this.chance(0.7) ? ['first', 'after'] : ['last', 'before'];
    const texts = [`${count}: ${this.literalOrVariable('Int', this.upTo(3))}`];
    const known = this.store.cursors[`${type.name}.${field.name}`] ?? [];
    if (known.length > 0 && this.chance(0.3)) {
      texts.push(`${cursor}: ${this.literalOrVariable('String', this.pick(known).cursor)}`);
    }
    return texts;
  }

  argument(field, arg) {
    const type = getNullableType(arg.type);
    const text = String(arg.type);
    if (isInputObjectType(type)) return this.object(type);
    if (isEnumType(type)) return this.literalOrVariable(text, this.pick(type.getValues()).name, true);
    if (arg.name === 'kinds') return this.literalOrVariable(text, this.values(type), isListType(type));
    if (arg.name === 'ids') return this.literalOrVariable(text, Array.from({ length: this.upTo(4) }, () => this.id()));
    const value = {
      id: () => this.id(),
      code: () => this.valueOrNone(tables[getNamedType(field.type).name], 'code'),
      contractNumber: () => this.valueOrNone('loan', 'contract_number'),
    }[arg.name]();
    return this.literalOrVariable(text, value);
  }

  /** A filter or an order, given whole as a variable or field by field. */
  object(type) {
    const known = FILTER_FIELDS[type.name] ?? Object.keys(type.getFields());
    const fields = Object.values(type.getFields()).filter((field) => known.includes(field.name));
    const wanted = fields.filter((field) => isNonNullType(field.type) || this.chance(0.4));
    const values = wanted.map((field) => [field, this.inputValue(field)]).filter(([, value]) => value !== undefined);
    if (this.chance(0.3)) {
      return this.variable(type.name, Object.fromEntries(values.map(([field, value]) => [field.name, value])));
    }
    const texts = values.map(([field, value]) =>
      `${field.name}: ${this.literalOrVariable(String(field.type), value, isEnumType(getNamedType(field.type)))}`);
    return `{${texts.join(', ')}}`;
  }

  inputValue(field) {
    const type = getNullableType(field.type);
    if (field.name === 'unit') return { code: this.unit().code };
    if (isEnumType(getNamedType(type))) {
      return isListType(type) ? this.values(type) : this.pick(type.getValues()).name;
    }
    return {
      contractNumbers: () => [this.valueOrNone('loan', 'contract_number'), 'none'],
      programCode: () => this.valueOf('program', 'code'),
      productCode: () => this.valueOf('loan_product', 'code'),
      disbursedFrom: () => this.store.today,
      disbursedTo: () => this.store.today,
    }[field.name]();
  }

  /** Mostly a unit that has households. */
  unit() {
    const household = this.chance(0.8) && this.pick(this.store.rows('household'));
    const id = household && household[this.pick(['commune_id', 'district_id', 'hamlet_id'])];
    return this.store.get('admin_unit', id) ?? this.pick(this.store.unitsOn(this.store.unitsDay));
  }

  /** Some values of a list's enum. */
  values(listType) {
    const names = getNamedType(listType).getValues().map((value) => value.name);
    return names.filter(() => this.chance(0.5));
  }

  /** What some row has in a column. */
  valueOf(table, column) {
    return this.pick(this.store.rows(table).map((row) => row[column]).filter((value) => value != null));
  }

  valueOrNone(table, column) {
    return (this.chance(0.05) ? null : this.valueOf(table, column)) ?? 'none';
  }

  /** A global id, now and then one that no row has. */
  id() {
    const type = this.pick(this.stored.filter((name) => this.store.rows(tables[name]).length > 0));
    const id = this.chance(0.05) ? 987654321 : this.valueOf(tables[type], 'id');
    return Buffer.from(`${type}:${id}`).toString('base64url');
  }

  directive() {
    if (!this.chance(0.15)) return '';
    return ` @${this.pick(['skip', 'include'])}(if: ${this.literalOrVariable('Boolean!', this.chance(0.5))})`;
  }

  /** `enums`: the value holds names of enum values, which stand without quotes in a document. */
  literalOrVariable(type, value, enums = false) {
    return this.chance(0.4) ? this.variable(type, value, enums) : literal(value, enums);
  }

  /** A variable that is given, or left out for its default, or nullable and null or left out altogether. */
  variable(type, value, enums = false) {
    const name = `$v${this.declared.length + 1}`;
    const choice = this.next();
    const simple = typeof value !== 'object' || Array.isArray(value);
    const byDefault = simple && choice < 0.25;
    // Without its count a connection would have no bound.
    const mayBeAbsent = !type.endsWith('!') && type !== 'Int';
    this.declared.push(`${name}: ${type}${byDefault ? ` = ${literal(value, enums)}` : ''}`);
    if (byDefault || (mayBeAbsent && choice < 0.35)) return name;
    this.variables[name.slice(1)] = mayBeAbsent && choice < 0.4 ? null : value;
    return name;
  }
}

function literal(value, enums) {
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, enums)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([key, item]) => `${key}: ${literal(item, enums)}`).join(', ')}}`;
  }
  return enums && typeof value === 'string' ? value : JSON.stringify(value);
}

/** `count` valid documents. Those in which two fields fight for one response key are thrown away. */
export function generate(store, { seed, count }) {
  const generator = new Generator(store, seed);
  const documents = [];
  for (let tries = 0; documents.length < count; tries += 1) {
    if (tries > 50 * count) throw new Error('almost no document is valid');
    const document = generator.document();
    if (validate(store.schema, parse(document.query)).length === 0) documents.push(document);
  }
  return documents;
}
