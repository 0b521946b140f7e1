import { type JsonRecord, toRecord } from '../shared/read-json.js';

/** What is written where a schema asks for a text. */
export interface SchemaFill {
  /** Where the name of the property asks for all that was said, and in lists and single values. */
  text: string;
  /** In properties of other names. */
  value: string;
}

/** Properties that hold what was said. */
const WHOLE_TEXT =
  /(?:answer|content|description|input|message|prompt|query|question|summary|text)$/i;

const DEPTH_MAX = 12;
/** Values of one object, so that lists of lists end. */
const VALUES_MAX = 2_000;
const ITEMS_MAX = 50;

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'PT1M',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '00000000-0000-4000-8000-000000000000',
  uri: 'https://example.com/',
  'uri-reference': '/',
};

/** Where in the schema one is. */
interface Place {
  depth: number;
  /** Of the property; '' = none. */
  name: string;
}

interface Filling extends SchemaFill {
  root: JsonRecord;
  values: number;
}

/**
 * A value that keeps to a JSON schema of the common kind: types, enums, bounds, required and optional properties,
 * references within the schema, choices. Patterns are not invented.
 */
export function fillSchema(schema: unknown, { text, value }: SchemaFill): unknown {
  const isObject = toRecord(toRecord(schema)?.properties) !== null;
  const filling = { root: toRecord(schema) ?? {}, values: 0, text, value };
  return fill(schema, { depth: 0, name: isObject ? '' : 'text' }, filling);
}

function fill(schema: unknown, { depth, name }: Place, filling: Filling): unknown {
  const below = { depth: depth + 1, name };
  filling.values += 1;
  const known = resolve(schema, filling.root);
  if (!known || depth > DEPTH_MAX) return null;
  if ('const' in known) return known.const;
  if (Array.isArray(known.enum)) return known.enum[0] as unknown;
  const choices = known.anyOf ?? known.oneOf;
  if (Array.isArray(choices)) return fill(pickChoice(choices, depth), below, filling);
  switch (findType(known)) {
    case 'object':
      return fillObject(known, depth, filling);
    case 'array':
      return fillArray(known, below, filling);
    case 'integer':
      return fillNumber(known, 1);
    case 'number':
      return fillNumber(known, 0);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return fillText(known, WHOLE_TEXT.test(name) ? filling.text : filling.value);
  }
}

/** References and parts that all hold, as one schema. Null = a reference to nothing. */
function resolve(schema: unknown, root: JsonRecord): JsonRecord | null {
  let known = toRecord(schema);
  for (let hops = 0; typeof known?.$ref === 'string' && hops < DEPTH_MAX; hops += 1) {
    known = findReference(known.$ref, root);
  }
  if (!known || !Array.isArray(known.allOf)) return known;
  const parts = known.allOf.map((part) => resolve(part, root) ?? {});
  const all = [...parts, known];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map(({ properties }) => toRecord(properties) ?? {})),
    required: all.flatMap(({ required }) => (Array.isArray(required) ? required : [])),
  } as JsonRecord;
}

function findReference(reference: string, root: JsonRecord): JsonRecord | null {
  if (!reference.startsWith('#')) return null;
  let at: unknown = root;
  for (const name of reference.slice(1).split('/').filter(Boolean)) {
    at = toRecord(at)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return toRecord(at);
}

/** Deep down the simplest choice ends the recursion. */
function pickChoice(choices: readonly unknown[], depth: number): unknown {
  const isNull = (choice: unknown) => toRecord(choice)?.type === 'null';
  const [first] = depth > DEPTH_MAX / 2 ? choices.filter(isNull) : [];
  return first ?? choices[0];
}

function findType({ type, properties, items, prefixItems }: JsonRecord): unknown {
  if (Array.isArray(type)) return type[0] as unknown;
  if (type !== undefined) return type;
  if (properties) return 'object';
  return items || prefixItems ? 'array' : 'string';
}

function fillObject(schema: JsonRecord, depth: number, filling: Filling): unknown {
  const properties = toRecord(schema.properties) ?? {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const isDeep = depth > DEPTH_MAX / 2 || filling.values > VALUES_MAX;
  const names = [...new Set([...(isDeep ? [] : Object.keys(properties)), ...required])];
  return Object.fromEntries(
    names.map((name) => [name, fill(properties[name] ?? {}, { depth: depth + 1, name }, filling)]),
  );
}

function fillArray(schema: JsonRecord, below: Place, filling: Filling): unknown[] {
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  const isDeep = below.depth > DEPTH_MAX / 2 || filling.values > VALUES_MAX;
  const wanted = toBound(schema.minItems) ?? (isDeep || schema.items === false ? 0 : 1);
  const most = Math.min(toBound(schema.maxItems) ?? ITEMS_MAX, ITEMS_MAX);
  const length = Math.min(Math.max(first.length, wanted), most);
  return Array.from({ length }, (_, at) => fill(first[at] ?? schema.items ?? {}, below, filling));
}

/** @param above how far a value stands off a bound that is itself not allowed; 0 = half a unit */
function fillNumber(schema: JsonRecord, above: number): number {
  const step = toBound(schema.multipleOf) ?? 0;
  const apart = step || above || 0.5;
  const least =
    toBound(schema.minimum) ?? withApart(toBound(schema.exclusiveMinimum), apart) ?? null;
  const most =
    toBound(schema.maximum) ?? withApart(toBound(schema.exclusiveMaximum), -apart) ?? null;
  const wanted = Math.min(Math.max(1, least ?? 1), most ?? Number.MAX_SAFE_INTEGER);
  const whole = above === 1 ? Math.ceil(wanted) : wanted;
  return step ? Math.ceil(whole / step) * step : whole;
}

function fillText(schema: JsonRecord, text: string): string {
  const format = typeof schema.format === 'string' ? FORMATS[schema.format] : undefined;
  const least = toBound(schema.minLength) ?? 0;
  const most = toBound(schema.maxLength) ?? Number.MAX_SAFE_INTEGER;
  return (format ?? text).padEnd(Math.min(least, VALUES_MAX), '.').slice(0, most);
}

function withApart(bound: number | null, apart: number): number | null {
  return bound === null ? null : bound + apart;
}

function toBound(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
