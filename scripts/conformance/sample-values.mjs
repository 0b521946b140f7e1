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

export class Sampler {
  /**
   * @param resolve gives the schema of a `$ref`
   * @param known by name of a property: values of ours, the first one plain; undefined = made from the schema
   */
  constructor(resolve, known = () => undefined) {
    this.resolve = resolve;
    this.known = known;
  }

  /** The least that the schema allows. */
  sample(written, depth = 0) {
    const schema = this.#open(written);
    if (depth > DEPTH_MAX) return null;
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const branch = listBranches(schema)[0];
    if (branch && !schema.properties) return this.sample(branch, depth + 1);
    switch (toType(schema)) {
      case 'string':
        return sampleText(schema);
      case 'integer':
      case 'number':
        return sampleNumber(schema);
      case 'boolean':
        return true;
      case 'array':
        return Array.from({ length: schema.minItems ?? 1 }, () =>
          this.sample(schema.items, depth + 1),
        );
      case 'null':
        return null;
      default:
        return this.#sampleObject(schema, depth);
    }
  }

  /** Each word of an enumeration, each bound, each branch; null where it is allowed. */
  listVariants(written, depth = 0) {
    const schema = this.#open(written);
    if (depth > DEPTH_MAX) return [];
    const values = this.#listOwn(schema, depth);
    if (schema.nullable === true) values.push(null);
    return dropRepeats(values).slice(0, VARIANTS_MAX);
  }

  /** Its own properties and those of all its parts. */
  toShape(written) {
    const schema = this.#open(written);
    const parts = (schema.allOf ?? []).map((part) => this.toShape(part));
    const required = [...parts.flatMap((part) => part.required), ...(schema.required ?? [])];
    return {
      properties: Object.assign({}, ...parts.map((part) => part.properties), schema.properties),
      required: [...new Set(required)],
    };
  }

  #open(schema) {
    return schema?.$ref ? this.resolve(schema.$ref) : (schema ?? {});
  }

  #sampleObject(schema, depth) {
    const { properties, required } = this.toShape(schema);
    return Object.fromEntries(
      required
        .filter((name) => properties[name])
        .map((name) => [name, this.#sampleNamed(name, properties[name], depth)]),
    );
  }

  #sampleNamed(name, schema, depth) {
    return this.known(name)?.[0] ?? this.sample(schema, depth + 1);
  }

  #listOwn(schema, depth) {
    if (schema.const !== undefined) return [schema.const];
    if (schema.enum) return [...schema.enum];
    const branches = listBranches(schema);
    if (branches.length > 0 && !schema.properties) return this.#listAll(branches, depth);
    switch (toType(schema)) {
      case 'boolean':
        return [true, false];
      case 'integer':
      case 'number':
        return listNumbers(schema);
      case 'array':
        return this.listVariants(schema.items, depth + 1)
          .filter((value) => value !== null)
          .map((value) => [value]);
      case 'object':
        return this.#listObjects(schema, depth);
      default:
        return [this.sample(schema, depth)];
    }
  }

  /** Where any text is allowed beside words that are named, those say which texts are meant. */
  #listAll(branches, depth) {
    const all = branches.flatMap((branch) => this.listVariants(branch, depth + 1));
    const hasWords = branches.some((branch) => this.#open(branch).enum);
    return hasWords ? all.filter((value) => value !== sampleText({})) : all;
  }

  #listObjects(schema, depth) {
    const { properties, required } = this.toShape(schema);
    const least = this.#sampleObject(schema, depth);
    const optional = Object.keys(properties).filter((name) => !required.includes(name));
    return [
      least,
      ...optional.map((name) => ({
        ...least,
        [name]: this.#sampleNamed(name, properties[name], depth),
      })),
    ];
  }
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
