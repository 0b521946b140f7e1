/** Values against the schemas of a description; each fault with its JSON pointer. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import formatsPlugin from 'ajv-formats';
import { toPlainDocument } from './description.mjs';
import { normaliseSchema } from './normalise-schema.mjs';

const DOCUMENT = 'description';
const FAULTS_MAX = 20;

/** @returns a function of (schema, value) that gives `[{pointer, what}]`; none = it is valid */
export function createChecker(description) {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    logger: false,
    validateFormats: true,
    verbose: true,
  });
  (formatsPlugin.default ?? formatsPlugin)(ajv);
  ajv.addFormat('unixtime', {
    type: 'number',
    validate: (value) => Number.isInteger(value) && value >= 0,
  });
  ajv.addFormat('binary', true);
  ajv.addSchema({ $id: DOCUMENT, ...toPlainDocument(description) });
  const compiled = new Map();
  return (schema, value) => {
    let validate = compiled.get(schema);
    if (!validate) {
      validate = ajv.compile(toAbsolute(normaliseSchema(schema, description.resolve)));
      compiled.set(schema, validate);
    }
    return validate(value) ? [] : toFaults(validate.errors ?? []);
  };
}

/** A schema that stands outside of the document refers into it. */
function toAbsolute(schema) {
  if (Array.isArray(schema)) return schema.map(toAbsolute);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([word, value]) => [
      word,
      word === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? `${DOCUMENT}${value}`
        : toAbsolute(value),
    ]),
  );
}

/**
 * Of a value that fits none of several branches the deepest faults are told; of one that could only have been null
 * besides, its own.
 */
function toFaults(errors) {
  const told = errors.filter((error) => error.keyword !== 'if' && !isBesideNull(error, errors));
  const unions = told.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const kept = told.filter((error) => !unions.some((union) => isInside(error, union)));
  const faults = kept.map((error) => ({
    pointer: error.instancePath || '/',
    what: toWords(error, told),
  }));
  return dropRepeats(faults).slice(0, FAULTS_MAX);
}

/** `{anyOf: [X, null]}` says no more than X of what is not null. */
function isBesideNull(error, errors) {
  if (isNullable(error)) return true;
  return (
    error.keyword === 'type' &&
    error.schema === 'null' &&
    errors.some((one) => isNullable(one) && one.instancePath === error.instancePath)
  );
}

function isNullable({ keyword, schema, data }) {
  return (
    (keyword === 'anyOf' || keyword === 'oneOf') &&
    schema.length === 2 &&
    schema.some(({ type }) => type === 'null') &&
    data !== null
  );
}

/** Through a reference the path of the schema begins anew: then only the place in the value tells. */
function isInside(error, union) {
  if (error === union) return false;
  return (
    error.schemaPath.startsWith(`${union.schemaPath}/`) ||
    error.instancePath.startsWith(`${union.instancePath}/`)
  );
}

function toWords(error, all) {
  const { keyword, message, params } = error;
  if (keyword === 'additionalProperties') return `${message}: ${params.additionalProperty}`;
  if (keyword === 'enum') return `${message}: ${params.allowedValues.slice(0, 12).join(', ')}`;
  if (keyword !== 'anyOf' && keyword !== 'oneOf') return message;
  const inner = all.filter(
    (one) => one !== error && (isInside(one, error) || one.instancePath === error.instancePath),
  );
  const deepest = inner
    .toSorted((a, b) => b.instancePath.length - a.instancePath.length)
    .slice(0, 3);
  const told = deepest.map((one) => `${one.instancePath || '/'} ${one.message}`);
  return told.length > 0 ? `${message} (${told.join('; ')})` : message;
}

function dropRepeats(faults) {
  const known = new Map(faults.map((fault) => [`${fault.pointer} ${fault.what}`, fault]));
  return [...known.values()];
}
