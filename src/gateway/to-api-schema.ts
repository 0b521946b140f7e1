import type { ApiBodyOptions } from '@nestjs/swagger';

type SchemaObject = Extract<ApiBodyOptions, { schema: unknown }>['schema'];
type Schema = Readonly<Record<string, unknown>>;

/** A JSON Schema (draft 7) in the words of OpenAPI 3.0: no lists of types, no constants, `null` as a mark. */
export function toApiSchema(schema: Schema): SchemaObject {
  const { type, const: constant, discriminator, ...others } = schema;
  const converted = Object.fromEntries(
    Object.entries(others).map(([key, value]) => [key, convert(key, value)]),
  );
  if (constant !== undefined) return { ...converted, type, enum: [constant] } as SchemaObject;
  const types = Array.isArray(type) ? (type as string[]) : [type as string | undefined];
  const real = types.filter((one) => one !== 'null');
  const nullable = types.length > real.length ? { nullable: true } : {};
  void discriminator;
  if (real.length <= 1) {
    return { ...converted, ...(real[0] && { type: real[0] }), ...nullable };
  }
  const { items, ...plain } = converted;
  const oneOf = real.map((one) => ({ type: one, ...(one === 'array' && { items: items ?? {} }) }));
  return { ...plain, oneOf, ...nullable };
}

function convert(key: string, value: unknown): unknown {
  if (key === 'properties') {
    return Object.fromEntries(
      Object.entries(value as Record<string, Schema>).map(([name, one]) => [
        name,
        toApiSchema(one),
      ]),
    );
  }
  if (key === 'oneOf') return (value as Schema[]).map(toApiSchema);
  const isSchema = key === 'items' || key === 'additionalProperties';
  return isSchema && typeof value === 'object' ? toApiSchema(value as Schema) : value;
}
