import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../common/domain-error.js';
import { findMark } from './route-mark.js';

/** What a JSON body may be made of, whatever its size. What walks a body takes time by these, not by bytes alone. */
export interface JsonBounds {
  /** Objects and lists inside one another. */
  levelsMax: number;
  /** Fields of one object: checking them costs the square of their number. */
  fieldsMax: number;
  /** Objects and lists in all. */
  containersMax: number;
  /** Fields and list members in all. */
  membersMax: number;
}

export const JSON_BOUNDS: JsonBounds = {
  levelsMax: 32,
  fieldsMax: 1_000,
  containersMax: 10_000,
  membersMax: 400_000,
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST_START = 0x5b;
const LIST_END = 0x5d;
const OBJECT_START = 0x7b;
const OBJECT_END = 0x7d;

/**
 * Puts Fastify's own JSON parser behind a look at the text: a small body of a million brackets or fields would
 * otherwise hold the whole process for minutes, in the parser or in what validates its result.
 */
export function boundJsonBodies(fastify: FastifyInstance, bounds = JSON_BOUNDS): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (request: FastifyRequest, text: string, done) => {
      if (findMark(request.routeOptions.config)?.rawBody) {
        done(null, text);
        return;
      }
      const excess = findExcess(text, bounds);
      if (excess !== null) {
        done(new DomainError('request.invalid', `The body ${excess}.`));
        return;
      }
      void parse(request, text, done);
    },
  );
}

/** What of the bounds a JSON text breaks; null = none. A text that is no JSON is left to the parser. */
export function findExcess(text: string, bounds: JsonBounds): string | null {
  const fields = [0];
  let containers = 0;
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = findStringEnd(text, at);
    } else if (code === COMMA) {
      members += 1;
      if (members > bounds.membersMax)
        return `must not have more than ${bounds.membersMax} members`;
    } else if (code === COLON) {
      const count = (fields.at(-1) ?? 0) + 1;
      fields[fields.length - 1] = count;
      if (count > bounds.fieldsMax)
        return `must not have more than ${bounds.fieldsMax} fields in one object`;
    } else if (code === OBJECT_START || code === LIST_START) {
      containers += 1;
      fields.push(0);
      if (fields.length - 1 > bounds.levelsMax)
        return `must not be nested deeper than ${bounds.levelsMax} levels`;
      if (containers > bounds.containersMax)
        return `must not have more than ${bounds.containersMax} objects and lists`;
    } else if ((code === OBJECT_END || code === LIST_END) && fields.length > 1) {
      fields.pop();
    }
  }
  return null;
}

/** Position of the closing quote; the text's end when there is none. */
function findStringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    const isEscaped = (end - 1 - before) % 2 === 1;
    if (!isEscaped) return end;
  }
  return text.length;
}
