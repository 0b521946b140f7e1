/** Requests that an operation must answer: the plain one, each parameter in each of its values, and some together. */
import { createKnownValues, findModel, isFile, toCompanions } from './known-values.mjs';
import { Sampler } from './sample-values.mjs';
import { listScenarios } from './scenarios.mjs';

const FORM = 'multipart/form-data';

/**
 * @returns `{cases, unsent}`: what is sent, and the parameters of which no value could be made
 */
export function planCases(operation, context) {
  const plans = Object.keys(operation.bodies)
    .filter((type) => type === FORM || type === 'application/json')
    .map((type) => planBody(operation, type, context));
  if (plans.length === 0) return { cases: planPaths(operation, context), unsent: [] };
  return {
    cases: plans.flatMap(({ cases }) => cases),
    unsent: plans.flatMap(({ unsent }) => unsent),
  };
}

/** What a request with a body begins from. */
export function openBody(operation, mediaType, { description, models, pictures }) {
  const schema = operation.bodies[mediaType];
  const known = createKnownValues(operation.path, mediaType, pictures);
  const sampler = new Sampler(description.resolve, known);
  const shape = sampler.toShape(schema);
  const model = shape.properties.model && findModel(operation.path, models);
  const least = { ...sampler.sample(schema), ...(model && { model }) };
  return { schema, known, sampler, shape, least };
}

/** Files are text to a schema. */
export function toCheckable(value) {
  if (isFile(value)) return 'content of a file';
  if (Array.isArray(value)) return value.map(toCheckable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, toCheckable(one)]));
}

function planBody(operation, mediaType, context) {
  const start = openBody(operation, mediaType, context);
  const { schema, least } = start;
  const toCase = (name, body, more = {}) => ({
    operation,
    name: `${name}${mediaType === FORM ? ', as a form' : ''}`,
    mediaType,
    body: mediaType === FORM ? dropNulls(body) : body,
    expects: { isStream: body.stream === true },
    faults: context.check(schema, toCheckable(body)),
    ...more,
  });
  const { cases, unsent } = planParameters(start, toCase);
  // What the description has no word for is not asked of the service.
  const isKnown = ({ over }) => Object.keys(over).every((name) => name in start.shape.properties);
  const scenarios = listScenarios(operation, mediaType, { ...context, known: start.known })
    .filter(isKnown)
    .map(({ name, over }) =>
      toCase(name, { ...least, ...over }, { parameters: Object.keys(over), mayRefuse: true }),
    );
  return {
    cases: [toCase('what is required', least), ...cases, ...scenarios.filter(isValid)],
    unsent: unsent.map((name) => `${operation.name} ${mediaType}: ${name}`),
  };
}

function planParameters({ shape, least, known, sampler }, toCase) {
  const cases = [];
  const unsent = [];
  for (const [name, schema] of Object.entries(shape.properties)) {
    if (name === 'model') {
      if (!shape.required.includes(name) && least.model)
        cases.push(toCase('no model', omit(least, name)));
      continue;
    }
    const values = known(name) ?? sampler.listVariants(schema);
    const made = values.map((value) => {
      const companions = toCompanions(name, value, known);
      const parameters = [name, ...Object.keys(companions)];
      const body = { ...least, ...companions, [name]: value };
      return toCase(`${name} ${toShort(value)}`, body, { parameters, mayRefuse: true });
    });
    const valid = made.filter(isValid);
    cases.push(...valid);
    if (valid.length === 0) unsent.push(name);
  }
  return { cases, unsent };
}

/** Operations without a body: each model is a place in `/models/{model}`. */
function planPaths(operation, { models }) {
  if (!operation.path.includes('{')) {
    return [{ operation, name: 'the list', expects: { isStream: false }, faults: [] }];
  }
  if (operation.path !== '/models/{model}') return [];
  return [...new Set(Object.values(models).filter(Boolean))].map((model) => ({
    operation,
    name: model,
    path: `/models/${encodeURIComponent(model)}`,
    expects: { isStream: false, id: model },
    faults: [],
  }));
}

export function omit(body, name) {
  const { [name]: _left, ...rest } = body;
  return rest;
}

export function toShort(value) {
  const text = JSON.stringify(toCheckable(value)) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

const isValid = ({ faults }) => faults.length === 0;

/** A form cannot say null. */
function dropNulls(body) {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}
