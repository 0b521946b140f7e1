/** An OpenAPI description: its operations, and its schemas as JSON schema. */
import { readFile } from 'node:fs/promises';
import { normaliseSchema } from './normalise-schema.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];
const REFERENCES_MAX = 32;

/** @throws Error in words for a file that is no description */
export async function readDescription(file) {
  const text = await readFile(file, 'utf8');
  return openDescription(/\.ya?ml$/i.test(file) ? await parseYaml(text) : parseJson(text, file));
}

/** @param document what the file says */
export function openDescription(document) {
  if (!/^3\.[01]/.test(String(document?.openapi)) || typeof document.paths !== 'object') {
    throw new Error('This is no OpenAPI description of version 3.0 or 3.1.');
  }
  const resolve = (reference) => resolvePointer(document, reference);
  return { document, resolve, operations: listOperations(document, resolve) };
}

/** The document with every schema normalised, for a validator. */
export function toPlainDocument({ document, resolve }) {
  const schemas = document.components?.schemas ?? {};
  return {
    components: {
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([name, one]) => [name, normaliseSchema(one, resolve)]),
      ),
    },
  };
}

function listOperations(document, resolve) {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const { requestBody } = operation;
      const body = requestBody?.$ref ? resolve(requestBody.$ref) : requestBody;
      return {
        name: `${method.toUpperCase()} ${path}`,
        id: operation.operationId ?? '',
        method,
        path,
        bodies: toSchemas(body?.content),
        answers: toAnswers(operation.responses ?? {}, resolve),
      };
    }),
  );
}

/** Status → media type → schema. */
function toAnswers(responses, resolve) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, written]) => {
      const response = written.$ref ? resolve(written.$ref) : written;
      return [status, toSchemas(response.content)];
    }),
  );
}

function toSchemas(content = {}) {
  return Object.fromEntries(
    Object.entries(content).map(([type, { schema }]) => [type, schema ?? {}]),
  );
}

function resolvePointer(document, reference, hops = 0) {
  if (!reference.startsWith('#/') || hops > REFERENCES_MAX) {
    throw new Error(`The reference ${reference} cannot be followed.`);
  }
  const found = reference
    .slice(2)
    .split('/')
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((value, part) => value?.[part], document);
  if (found === undefined) throw new Error(`The reference ${reference} leads nowhere.`);
  return found.$ref ? resolvePointer(document, found.$ref, hops + 1) : found;
}

function parseJson(text, file) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${error.message}`, { cause: error });
  }
}

/** Swagger's package brings a reader of YAML along. */
async function parseYaml(text) {
  const yaml = await import('js-yaml').catch(() => null);
  if (!yaml) throw new Error('YAML cannot be read here: turn the file into JSON first.');
  return (yaml.load ?? yaml.default.load)(text);
}
