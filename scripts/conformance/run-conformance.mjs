/** Drives a running service through every operation of a description that it has. */
import { openDescription, readDescription } from './description.mjs';
import { finding } from './finding.mjs';
import { judgeAnswer } from './judge-answer.mjs';
import { makePictures } from './known-values.mjs';
import { planCases } from './plan-cases.mjs';
import { planRefusals } from './plan-refusals.mjs';
import { createChecker } from './schema-checker.mjs';
import { sendCase } from './send-case.mjs';

const AT_ONCE = 2;
const NOT_THERE = [404, 405, 501];

/** `variation` is the one of `image` where it is not given; null where there is none. */
export const MODELS = {
  image: 'embedded-image',
  variation: undefined,
  chat: 'embedded-chat',
  embedding: 'embedded-embedding',
  moderation: null,
};
/** Of errors that say that a model has not what the description has. */
export const REFUSAL_CODES = [
  'unsupported_parameter',
  'unsupported_value',
  'routing.capability_missing',
  'billing.no_price',
];

/**
 * @param options `file` or `document`; `url` with its /v1; `key`; `models` by purpose; `only` parts of operation names;
 * `refusalCodes`; `report(line)` is told of each operation as it ends
 * @returns `{operations, findings, refused, unsent}`
 */
export async function runConformance(options) {
  const { url, key, only = [], report = () => undefined } = options;
  const description = options.document
    ? openDescription(options.document)
    : await readDescription(options.file);
  const context = {
    description,
    check: createChecker(description),
    errorSchema: description.document.components?.schemas?.ErrorResponse ?? null,
    models: { ...MODELS, ...options.models },
    pictures: await makePictures(),
    refusalCodes: options.refusalCodes ?? REFUSAL_CODES,
    target: { url, key },
  };
  const served = await listServed(url);
  const outcome = { operations: [], findings: [], refused: [], unsent: [] };
  for (const operation of description.operations) {
    if (only.length > 0 && !only.some((part) => operation.name.includes(part))) continue;
    const isThere = served ? served.has(toKey(operation)) : await isAnswered(operation, context);
    const told = isThere ? await drive(operation, context, outcome) : { state: 'absent' };
    outcome.operations.push({ name: operation.name, requests: 0, ...told });
    report(outcome.operations.at(-1));
  }
  return outcome;
}

async function drive(operation, context, outcome) {
  if (operation.path === '/images/variations' && context.models.variation === null) {
    return { state: 'not driven' };
  }
  const { cases, unsent } = planCases(operation, context);
  const refusals = planRefusals(operation, context);
  outcome.unsent.push(...unsent);
  if (cases.length === 0) return { state: 'not driven' };
  const found = await mapAtOnce([...cases, ...refusals], (one) => ask(one, context));
  const findings = group(operation, found);
  const refused = found
    .filter(({ isRefused }) => isRefused)
    .map(({ one }) => `${operation.name}: ${one.name}`);
  outcome.findings.push(...findings);
  outcome.refused.push(...refused);
  return {
    state: 'driven',
    requests: found.length,
    findings: findings.length,
    refused: refused.length,
  };
}

/** A request that the description itself refuses is not sent: whoever reads a green run believes it was. */
async function ask(one, context) {
  if (one.faults.length > 0) {
    const findings = one.faults.map(({ pointer, what }) => finding('request', pointer, what));
    return { one, findings, isRefused: false };
  }
  try {
    const answer = await sendCase(one, context.target);
    return { one, ...(await judgeAnswer(one, answer, context)) };
  } catch (error) {
    const what = `no answer: ${error.cause?.message ?? error.message}`;
    return { one, findings: [finding('connection', '/', what)], isRefused: false };
  }
}

/** The same finding in many requests is one, told with the first of them. */
function group({ name }, found) {
  const known = new Map();
  for (const { one, findings } of found) {
    for (const { where, pointer, what } of findings) {
      // What should have been refused is told of each request: it is another one each time.
      const request = one.expects.statuses ? one.name : '';
      const key = [request, where.replace(/\d+/, ''), pointer.replaceAll(/\d+/g, ''), what].join(
        '\n',
      );
      const same = known.get(key);
      if (same) same.count += 1;
      else known.set(key, { operation: name, request: one.name, where, pointer, what, count: 1 });
    }
  }
  return [...known.values()];
}

async function mapAtOnce(items, work) {
  const results = [];
  let next = 0;
  const walk = async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, walk));
  return results;
}

/** What the service says of itself; null = it says nothing. */
async function listServed(url) {
  const { origin, pathname } = new URL(url);
  const document = await fetch(`${origin}/docs-json`)
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => null);
  if (!document?.paths) return null;
  const prefix = pathname.replace(/\/$/, '');
  return new Set(
    Object.entries(document.paths).flatMap(([path, item]) =>
      path.startsWith(prefix)
        ? Object.keys(item).map((method) => toKey({ method, path: path.slice(prefix.length) }))
        : [],
    ),
  );
}

/** Names of parameters are everybody's own. */
function toKey({ method, path }) {
  return `${method} ${path.replaceAll(/\{[^}]+\}/g, '{}')}`;
}

async function isAnswered(operation, context) {
  const [first] = planCases(operation, context).cases;
  if (!first) return false;
  const { status, json } = await sendCase(first, context.target);
  return !NOT_THERE.includes(status) || Boolean(json?.error?.param);
}
