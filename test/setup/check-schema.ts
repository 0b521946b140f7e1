/** A value against a JSON schema, for the few words that vendors' API descriptions need. */
interface Schema {
  $ref?: string;
  type?: string;
  format?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

const WORDS = ['$ref', 'type', 'format', 'enum', 'anyOf', 'required', 'properties', 'items'];

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: Array.isArray,
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  null: (value) => value === null,
};

/** What is wrong with the value, each fault with its path; empty = it is valid. Throws on a word it does not know. */
export function findSchemaFaults(
  value: unknown,
  schema: Schema,
  schemas: Readonly<Record<string, Schema>>,
  path = '',
): string[] {
  const unknown = Object.keys(schema).filter((word) => !WORDS.includes(word));
  if (unknown.length > 0) throw new Error(`${path}: schema word ${unknown[0]} is not known`);
  const check = (inner: unknown, by: Schema, at: string) =>
    findSchemaFaults(inner, by, schemas, at);
  if (schema.$ref) return check(value, schemas[schema.$ref.split('/').at(-1) ?? '']!, path);
  if (schema.anyOf) {
    const fits = schema.anyOf.some((one) => check(value, one, path).length === 0);
    return fits ? [] : [`${path}: fits none of anyOf`];
  }
  if (schema.type && !TYPES[schema.type]!(value)) return [`${path}: is no ${schema.type}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: ${String(value)} of no enum`];
  if (schema.format === 'uri' && !URL.canParse(String(value))) return [`${path}: is no URI`];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => check(item, schema.items ?? {}, `${path}[${index}]`));
  }
  const members = Object.entries((value ?? {}) as Record<string, unknown>);
  const missing = (schema.required ?? []).filter((name) => !members.some(([key]) => key === name));
  return [
    ...missing.map((name) => `${path}.${name}: is missing`),
    ...members.flatMap(([name, inner]) => {
      const property = schema.properties?.[name];
      return property ? check(inner, property, `${path}.${name}`) : [];
    }),
  ];
}
