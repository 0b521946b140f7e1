/** Requests that an operation must refuse, each with the status that says so. */
import { isFile } from './known-values.mjs';
import { omit, openBody, toCheckable, toShort } from './plan-cases.mjs';

const FORM = 'multipart/form-data';
/** Of a value that the description does not allow. */
const WRONG_VALUE = [400, 422];
const UNKNOWN_MODEL = 'no-such-model-0000';
const BAD_KEY = 'a-key-that-nobody-has';
/** A service may choose where the caller does not. */
const CHOSEN = ['model'];
/** Each is of another type: the first that the description does not allow is sent. */
const NONSENSE = [{ nonsense: true }, 'nonsense', -1, true];

export function planRefusals(operation, context) {
  const types = Object.keys(operation.bodies);
  if (types.length === 0) return planPaths(operation);
  return types
    .filter((type) => type === FORM || type === 'application/json')
    .flatMap((type) => planBody(operation, type, context));
}

function planPaths(operation) {
  const path = operation.path.replace(/\{[^}]+\}/g, UNKNOWN_MODEL);
  const keys = planKeys({ operation, path });
  if (!operation.path.includes('{')) return keys;
  return [...keys, toRefusal({ operation, path }, 'a name that nobody has', [404])];
}

function planBody(operation, mediaType, context) {
  const { schema, shape, least } = openBody(operation, mediaType, context);
  const start = { operation, mediaType, body: least };
  const isRefused = (body) => context.check(schema, toCheckable(body)).length > 0;
  const wrong = Object.entries(shape.properties).flatMap(([name, property]) =>
    listWrong(name, least, listBounds(property, context.description.resolve), mediaType, isRefused),
  );
  return [
    ...planKeys(start),
    ...(shape.properties.model && least.model
      ? [
          toRefusal(
            { ...start, body: { ...least, model: UNKNOWN_MODEL } },
            'a model that nobody has',
            [404, 400],
          ),
        ]
      : []),
    ...(mediaType === FORM
      ? []
      : [toRefusal({ ...start, text: '{"broken' }, 'broken JSON', [400])]),
    ...shape.required
      .filter((name) => !CHOSEN.includes(name))
      .map((name) => toRefusal({ ...start, body: omit(least, name) }, `no ${name}`, [400], name)),
    ...wrong.map(({ name, value }) =>
      toRefusal(
        { ...start, body: { ...least, [name]: value } },
        `${name} ${toShort(value)}`,
        WRONG_VALUE,
        name,
      ),
    ),
  ].map((one) => (mediaType === FORM ? { ...one, name: `${one.name}, as a form` } : one));
}

function planKeys(start) {
  return [
    toRefusal({ ...start, key: null }, 'no key', [401]),
    toRefusal({ ...start, key: BAD_KEY }, 'a key that nobody has', [401]),
  ];
}

function toRefusal(start, name, statuses, parameter = null) {
  return { ...start, name, expects: { statuses, parameter }, faults: [] };
}

/** Of another type, and just out of bounds. */
function listWrong(name, least, bounds, mediaType, isRefused) {
  const values = mediaType === FORM ? ['nonsense'] : NONSENSE;
  if (isFile(least[name])) return [];
  const isWrong = (value) => isRefused({ ...least, [name]: value });
  const other = values.find(isWrong);
  const outside = bounds.filter(isWrong);
  return [...(other === undefined ? [] : [other]), ...outside].map((value) => ({ name, value }));
}

function listBounds(written, resolve) {
  const schema = written.$ref ? resolve(written.$ref) : written;
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) =>
    listBounds(one, resolve),
  );
  const own = [schema.minimum - 1, schema.maximum + 1].filter(
    (value) => Number.isFinite(value) && Math.abs(value) < Number.MAX_SAFE_INTEGER,
  );
  return [...own, ...inner];
}
