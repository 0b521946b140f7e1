/** Values made from schemas: a plain one, and all that are worth trying. */

const DEPTH_MAX = 6;
const VARIANTS_MAX = 16;
const TEXTS = {
  uri: 'https://example.com/',
  date: '2026-11-21',
  'date-time': '2026-11-21T12:00:00Z',
  email: 'someone@example.com',
  uuid: '01a1ffc6-0000-7000-8000-000000000001',
  byte: 'YQ==',
};

/**
 * @param resolve gives the schema of a `$ref`
 * @param known by name of a property: values of ours, the first one plain; undefined = made from the schema
 */
export function createSampler(resolve, known = () => undefined) {
  const open = (schema) => (schema?.$ref ? resolve(schema.$ref) : (schema ?? {}));

  /** The least that the schema allows. */
  function sample(written, depth = 0) {
    const schema = open(written);
    if (depth > DEPTH_MAX) return null;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const branch = listBranches(schema)[0];
    if (branch && !schema.properties) return sample(branch, depth + 1);
    switch (toType(schema)) {
      case 'string':
        return sampleText(schema);
      case 'integer':
      case 'number':
        return sampleNumber(schema);
      case 'boolean':
        return true;
      case 'array':
        return Array.from({ length: schema.minItems ?? 1 }, () => sample(schema.items, depth + 1));
      case 'null':
        return null;
      default:
        return sampleObject(schema, depth);
    }
  }

  function sampleObject(schema, depth) {
    const { properties, required } = toShape(schema);
    return Object.fromEntries(
      required
        .filter((name) => properties[name])
        .map((name) => [name, known(name)?.[0] ?? sample(properties[name], depth + 1)]),
    );
  }

  /** Each word of an enumeration, each bound, each branch; null where it is allowed. */
  function listVariants(written, depth = 0) {
    const schema = open(written);
    if (depth > DEPTH_MAX) return [];
    const values = listOwn(schema, depth);
    if (schema.nullable === true) values.push(null);
    return dropRepeats(values).slice(0, VARIANTS_MAX);
  }

  function listOwn(schema, depth) {
    if (schema.const !== undefined) return [schema.const];
    if (schema.enum) return [...schema.enum];
    const branches = listBranches(schema);
    if (branches.length > 0 && !schema.properties) {
      const all = branches.flatMap((branch) => listVariants(branch, depth + 1));
      // Any text is allowed: the words that are named say which are meant.
      const hasWords = branches.some((branch) => open(branch).enum);
      return hasWords ? all.filter((value) => value !== sampleText({})) : all;
    }
    switch (toType(schema)) {
      case 'boolean':
        return [true, false];
      case 'integer':
      case 'number':
        return listNumbers(schema);
      case 'array':
        return listVariants(schema.items, depth + 1)
          .filter((value) => value !== null)
          .map((value) => [value]);
      case 'object':
        return listObjects(schema, depth);
      default:
        return [sample(schema, depth)];
    }
  }

  function listObjects(schema, depth) {
    const { properties, required } = toShape(schema);
    const least = sampleObject(schema, depth);
    const optional = Object.keys(properties).filter((name) => !required.includes(name));
    return [
      least,
      ...optional.map((name) => ({
        ...least,
        [name]: known(name)?.[0] ?? sample(properties[name], depth + 1),
      })),
    ];
  }

  /** Its own properties and those of all its parts. */
  function toShape(written) {
    const schema = open(written);
    const parts = (schema.allOf ?? []).map(toShape);
    return {
      properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
      required: [
        ...new Set([...parts.flatMap((part) => part.required), ...(schema.required ?? [])]),
      ],
    };
  }

  return { sample, listVariants, toShape };
}

function listBranches(schema) {
  return (schema.oneOf ?? schema.anyOf ?? []).filter(
    (branch) => branch.required === undefined || branch.properties || branch.type,
  );
}

function toType({ type, properties, allOf, items }) {
  const named = Array.isArray(type) ? type.find((one) => one !== 'null') : type;
  if (named) return named;
  if (properties || allOf) return 'object';
  return items ? 'array' : 'string';
}

function sampleText({ format, minLength = 0 }) {
  return (TEXTS[format] ?? 'hello').padEnd(minLength, '.');
}

function sampleNumber(schema) {
  return typeof schema.default === 'number' ? schema.default : (toSafe(schema.minimum) ?? 1);
}

function listNumbers(schema) {
  const bounds = [toSafe(schema.minimum), toSafe(schema.maximum)].filter(
    (one) => one !== undefined,
  );
  return bounds.length > 0 ? bounds : [sampleNumber(schema)];
}

/** Bounds of 64 bits are no numbers here. */
function toSafe(number) {
  return Number.isSafeInteger(number) || !Number.isInteger(number) ? number : undefined;
}

function dropRepeats(values) {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
