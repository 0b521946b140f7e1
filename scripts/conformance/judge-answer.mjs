/** Whether an answer is what the description says of it: `[{where, pointer, what}]`, none = it is. */
import { findFaultsBeyond } from './beyond-schema.mjs';
import { finding } from './finding.mjs';
import { judgeStream } from './judge-stream.mjs';

const SAID_CHARS_MAX = 300;

/**
 * @param one the request, with what it expects
 * @param refusalCodes codes of errors that say that a model cannot do what is documented
 * @returns `{findings, isRefused}`; refused = a documented parameter that this model does not have
 */
export async function judgeAnswer(one, answer, { check, errorSchema, refusalCodes, target }) {
  const { expects } = one;
  if (expects.statuses)
    return { findings: judgeRefusal(one, answer, { check, errorSchema }), isRefused: false };
  if (answer.status >= 400) {
    const faults = judgeError(answer, { check, errorSchema });
    const isRefused = isLimit(one, answer.json?.error, refusalCodes);
    const unwanted = finding(
      'status',
      '/',
      `${answer.status} to a request that the description allows: ${toSaid(answer)}`,
    );
    return { findings: isRefused ? faults : [unwanted, ...faults], isRefused };
  }
  const schemas = findSchemas(one.operation.answers, answer.status);
  if (!schemas) {
    return {
      findings: [finding('status', '/', `${answer.status} is not in the description`)],
      isRefused: false,
    };
  }
  const wanted = expects.isStream ? 'text/event-stream' : 'application/json';
  if (answer.type !== wanted || !schemas[wanted]) {
    const what = `content type ${answer.type || 'none'} where ${wanted} was due`;
    return { findings: [finding('headers', '/content-type', what)], isRefused: false };
  }
  const findings = expects.isStream
    ? judgeStream(one, answer, { check, schema: schemas[wanted] })
    : judgeJson(answer, { check, schema: schemas[wanted] });
  if (findings.length > 0) return { findings, isRefused: false };
  return { findings: await findFaultsBeyond(one, answer, target), isRefused: false };
}

/** Whether the error says that this model has not what was asked for, of the parameters that were tried. */
function isLimit({ mayRefuse, parameters = [] }, error, refusalCodes) {
  if (mayRefuse !== true || !refusalCodes.includes(error?.code)) return false;
  return typeof error.param !== 'string' || parameters.includes(toRoot(error.param));
}

/** `messages[0].content` → `messages`. */
function toRoot(name) {
  return name.split(/[.[]/)[0];
}

function judgeJson(answer, { check, schema }) {
  if (answer.json === undefined) return [finding('body', '/', `no JSON: ${toSaid(answer)}`)];
  return check(schema, toNumbers(answer.json)).map(({ pointer, what }) =>
    finding('body', pointer, what),
  );
}

function judgeRefusal({ expects }, answer, tools) {
  if (answer.status < 400) {
    return [
      finding('status', '/', `${answer.status} where ${expects.statuses.join(' or ')} was due`),
    ];
  }
  const faults = judgeError(answer, tools);
  const { param } = answer.json?.error ?? {};
  const names = typeof param === 'string' ? toRoot(param) : null;
  const isOther = names !== null && expects.parameter !== null && names !== expects.parameter;
  return [
    ...(expects.statuses.includes(answer.status)
      ? []
      : [
          finding(
            'status',
            '/',
            `${answer.status} where ${expects.statuses.join(' or ')} was due: ${toSaid(answer)}`,
          ),
        ]),
    ...faults,
    ...(isOther
      ? [finding('error', '/error/param', `names ${param} where ${expects.parameter} is at fault`)]
      : []),
  ];
}

function judgeError(answer, { check, errorSchema }) {
  if (answer.json === undefined) return [finding('error', '/', `no JSON: ${toSaid(answer)}`)];
  if (!errorSchema) return [];
  return check(errorSchema, answer.json).map(({ pointer, what }) =>
    finding('error', pointer, what),
  );
}

function findSchemas(answers, status) {
  return answers[String(status)] ?? answers[`${Math.floor(status / 100)}XX`] ?? answers.default;
}

/** Vectors as base64 stand in no description: what they hold is held against it. */
function toNumbers(json) {
  if (json?.object !== 'list' || !Array.isArray(json.data)) return json;
  return {
    ...json,
    data: json.data.map((one) =>
      typeof one?.embedding === 'string' ? { ...one, embedding: decodeFloats(one.embedding) } : one,
    ),
  };
}

export function decodeFloats(text) {
  const bytes = Buffer.from(text, 'base64');
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) =>
    bytes.readFloatLE(index * 4),
  );
}

function toSaid({ json, text = '', events }) {
  const said = json?.error?.message ?? events?.[0]?.data ?? text;
  return String(said).replaceAll(/\s+/g, ' ').slice(0, SAID_CHARS_MAX);
}
