import { type JsonRecord, toRecord, toRecords } from '../shared/read-json.js';

/** Formats that the vendor takes in its own form of a schema; others are refused there. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
};
/** Words of both forms. */
const COMMON = [
  'title',
  'description',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
  'pattern',
];
/** Words whose meaning would be lost. */
const UNSAYABLE = [
  '$ref',
  '$defs',
  'definitions',
  'allOf',
  'not',
  'if',
  'prefixItems',
  'patternProperties',
  'dependentRequired',
  'contains',
];
const DEPTH_MAX = 32;

/**
 * A JSON schema in the vendor's older form, which every model and every version of its API takes. Words that only
 * tighten a value are left out. Null = it has what that form cannot say (references, tuples, choices of numbers…): then
 * the schema itself is sent, which newer models take.
 */
export function toGeminiSchema(schema: JsonRecord, depth = 0): JsonRecord | null {
  if (depth > DEPTH_MAX || UNSAYABLE.some((word) => word in schema)) return null;
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return toChoice(schema, toRecords(choices), depth);
  const { type, isNullable } = toType(schema);
  if (type === null) return null;
  const enumeration = toEnumeration(schema, type);
  if (enumeration === null) return null;
  const parts = toParts(schema, type, depth);
  if (parts === null) return null;
  const format = FORMATS[type]?.includes(String(schema.format)) ? { format: schema.format } : {};
  return {
    type: type.toUpperCase(),
    ...(isNullable ? { nullable: true } : {}),
    ...pick(schema),
    ...format,
    ...enumeration,
    ...parts,
  };
}

/** `anyOf` with nothing beside null is the other one, which may be null. */
function toChoice(schema: JsonRecord, choices: JsonRecord[], depth: number): JsonRecord | null {
  if ('properties' in schema || 'items' in schema) return null;
  const others = choices.filter(({ type }) => type !== 'null');
  const converted = others.map((choice) => toGeminiSchema(choice, depth + 1));
  if (converted.length === 0 || converted.includes(null)) return null;
  const nullable = others.length < choices.length ? { nullable: true } : {};
  const [only] = converted;
  if (converted.length === 1) return { ...only, ...pick(schema), ...nullable };
  return { anyOf: converted, ...pick(schema), ...nullable };
}

function toType(schema: JsonRecord): { type: string | null; isNullable: boolean } {
  const given = Array.isArray(schema.type) ? schema.type.map(String) : [schema.type];
  const types = given.filter((type) => type !== 'null');
  const isNullable = types.length < given.length;
  const [type] = types;
  if (types.length === 1 && typeof type === 'string') return { type, isNullable };
  const isObject = type === undefined && toRecord(schema.properties) !== null;
  return { type: isObject ? 'object' : null, isNullable };
}

/** Only texts can be listed there. */
function toEnumeration(schema: JsonRecord, type: string): JsonRecord | null {
  const listed = 'const' in schema ? [schema.const] : schema.enum;
  if (!Array.isArray(listed)) return {};
  const texts = listed.filter((one) => typeof one === 'string');
  return type === 'string' && texts.length === listed.length ? { enum: texts } : null;
}

/** Null = one of the parts cannot be said. An object without properties is one of them. */
function toParts(schema: JsonRecord, type: string, depth: number): JsonRecord | null {
  if (type === 'array') {
    const items = toGeminiSchema(toRecord(schema.items) ?? {}, depth + 1);
    return items && { items };
  }
  if (type !== 'object') return {};
  const given = Object.entries(toRecord(schema.properties) ?? {});
  if (given.length === 0 || toRecord(schema.additionalProperties)) return null;
  const properties = given.map(
    ([name, property]) => [name, toGeminiSchema(toRecord(property) ?? {}, depth + 1)] as const,
  );
  if (properties.some(([, property]) => property === null)) return null;
  const required = Array.isArray(schema.required) ? { required: schema.required } : {};
  return {
    properties: Object.fromEntries(properties),
    ...required,
    propertyOrdering: properties.map(([name]) => name),
  };
}

function pick(schema: JsonRecord): JsonRecord {
  return Object.fromEntries(
    COMMON.filter((word) => schema[word] !== undefined).map((word) => [word, schema[word]]),
  );
}
