/**
 * A schema of an OpenAPI 3.0 or 3.1 description as plain JSON schema (draft 2020-12): `nullable` becomes a type, a
 * discriminator the choice that it is, so that a fault is told of the branch that was meant.
 */

/** Words of OpenAPI that no JSON schema has. */
const DROPPED = ['discriminator', 'nullable', 'xml', 'externalDocs', 'example'];
/** Words whose members are schemas, by name or in order. */
const MAPS = ['properties', 'patternProperties', '$defs', 'dependentSchemas'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SINGLES = [
  'items',
  'not',
  'additionalProperties',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
];

/** @param resolve gives the schema that a `$ref` names, as written */
export function normaliseSchema(schema, resolve) {
  if (typeof schema !== 'object' || schema === null) return schema;
  const plain = { ...schema };
  for (const word of DROPPED) delete plain[word];
  for (const word of Object.keys(plain)) if (word.startsWith('x-')) delete plain[word];
  for (const word of MAPS) if (plain[word]) plain[word] = mapValues(plain[word], resolve);
  for (const word of LISTS)
    if (plain[word]) plain[word] = plain[word].map((one) => normaliseSchema(one, resolve));
  for (const word of SINGLES)
    if (typeof plain[word] === 'object') plain[word] = normaliseSchema(plain[word], resolve);
  toExclusive(plain);
  const chosen = schema.discriminator ? toChoice(schema, plain, resolve) : plain;
  return schema.nullable === true ? toNullable(chosen) : chosen;
}

function mapValues(schemas, resolve) {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, one]) => [name, normaliseSchema(one, resolve)]),
  );
}

/** 3.0 has a flag beside the bound where JSON schema has the bound itself. */
function toExclusive(schema) {
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ]) {
    if (schema[flag] === true) {
      schema[flag] = schema[bound];
      delete schema[bound];
    } else if (schema[flag] === false) delete schema[flag];
  }
}

function toNullable(schema) {
  const isPlain =
    typeof schema.type === 'string' && !schema.anyOf && !schema.oneOf && !schema.allOf;
  if (!isPlain) return { anyOf: [schema, { type: 'null' }] };
  const withNull = { ...schema, type: [schema.type, 'null'] };
  return schema.enum ? { ...withNull, enum: [...new Set([...schema.enum, null])] } : withNull;
}

/** Left as it is where a branch does not say by one word which it is. */
function toChoice(written, plain, resolve) {
  const word = plain.oneOf ? 'oneOf' : 'anyOf';
  const { propertyName } = written.discriminator;
  const branches = (written[word] ?? []).map((branch, index) => ({
    words: listWords(branch, propertyName, resolve),
    schema: plain[word][index],
  }));
  const words = branches.flatMap((branch) => branch.words);
  const isClear =
    branches.every((branch) => branch.words.length > 0) && new Set(words).size === words.length;
  if (!isClear || branches.length === 0) return plain;
  const { [word]: _branches, ...rest } = plain;
  return {
    ...rest,
    allOf: [
      ...(rest.allOf ?? []),
      {
        type: 'object',
        required: [propertyName],
        properties: { [propertyName]: { enum: words } },
      },
      ...branches.map((branch) => ({
        if: {
          type: 'object',
          required: [propertyName],
          properties: { [propertyName]: { enum: branch.words } },
        },
        // oxlint-disable-next-line unicorn/no-thenable -- the word of JSON schema
        then: branch.schema,
      })),
    ],
  };
}

/** What the property may say in this branch; none = anything. */
function listWords(branch, name, resolve, depth = 0) {
  if (depth > 8) return [];
  const schema = branch.$ref ? resolve(branch.$ref) : branch;
  const property = schema?.properties?.[name];
  if (property) {
    const own = property.$ref ? resolve(property.$ref) : property;
    return own.enum ?? (own.const === undefined ? [] : [own.const]);
  }
  const inner = [...(schema?.allOf ?? []), ...(schema?.oneOf ?? []), ...(schema?.anyOf ?? [])];
  return [...new Set(inner.flatMap((one) => listWords(one, name, resolve, depth + 1)))];
}
