/** What a run of the gateway's bench may be told; everything has an answer. */
import { parseArgs } from 'node:util';
import { readServers } from '../settings.mjs';
import { CASES } from './cases.mjs';

const SECONDS = 10;
const SECONDS_MAX = 120;
const WARM_UP_SECONDS = 3;
const QUICK_SECONDS = 2;
const QUICK_WARM_UP_SECONDS = 1;

export const SUBJECTS = ['direct', 'pipe', 'portkey', 'large', 'embedded'];

/**
 * --seconds=10   how long each measurement lasts
 * --quick        2 s each; the tables are printed, not written into the page
 * --print        printed only, whatever the length
 * --cases=chat,stream  and  --subjects=pipe,large   only these; printed only
 * --node=--max-semi-space-size=32  what Node itself is told, more than once for more; printed only
 * --profile      only this service under the first of the cases: where its processor time goes
 *
 * BENCH_DATABASE_URL, BENCH_REDIS_URL: servers for the large set, both or neither
 */
export function readOptions(parameters = process.argv.slice(2), environment = process.env) {
  const { values } = parseArgs({
    args: parameters,
    options: {
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      print: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      node: { type: 'string', multiple: true, default: [] },
      cases: { type: 'string' },
      subjects: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds ?? (values.quick ? QUICK_SECONDS : SECONDS));
  if (!(seconds >= 1 && seconds <= SECONDS_MAX)) {
    throw new Error(`--seconds must be from 1 to ${SECONDS_MAX}`);
  }
  return {
    seconds,
    warmUpSeconds: values.quick ? QUICK_WARM_UP_SECONDS : WARM_UP_SECONDS,
    isProfile: values.profile,
    isWritten: !(
      values.quick ||
      values.print ||
      values.cases ||
      values.subjects ||
      values.node.length > 0
    ),
    nodeArguments: values.node,
    cases: pick('--cases', values.cases, CASES, (known) => known.id),
    subjects: pick('--subjects', values.subjects, SUBJECTS, (known) => known),
    ...readServers(environment),
  };
}

function pick(name, text, all, toId) {
  if (text === undefined) return all;
  const wanted = text.split(',');
  const unknown = wanted.filter((id) => !all.some((known) => toId(known) === id));
  if (unknown.length > 0) {
    throw new Error(`${name} knows ${all.map(toId).join(', ')}, not ${unknown.join(', ')}`);
  }
  return all.filter((known) => wanted.includes(toId(known)));
}
