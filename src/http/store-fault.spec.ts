// Proves that a database that is away is told apart from a fault of this program, and answered so that clients wait.
import { QueryFailedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { ERROR_FACES } from './error-map.js';
import { isStoreAway } from './store-fault.js';
import { toDomainError } from './to-domain-error.js';

function withCode(code: string, message = 'it failed'): Error {
  return Object.assign(new Error(message), { code });
}

const AWAY: [string, Error][] = [
  ['a refused connection', withCode('ECONNREFUSED')],
  ['a broken connection', new Error('Connection terminated unexpectedly')],
  ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
  ['a server that stops', withCode('57P01')],
  ['a server without room', withCode('53300')],
  ['one inside the error of TypeORM', new QueryFailedError('SELECT', [], withCode('ECONNRESET'))],
  ['one that caused another', new Error('no answer', { cause: withCode('08006') })],
];

describe('isStoreAway', () => {
  it.each(AWAY)('knows %s', (_what, error) => {
    expect(isStoreAway(error)).toBe(true);
    const { code } = toDomainError(error);
    expect(code).toBe('service.unavailable');
    expect(ERROR_FACES[code]).toMatchObject({ status: 503, retry: true });
  });

  it.each([
    ['a violated constraint', withCode('23505')],
    ['a mistake', new TypeError('x is undefined')],
    ['a text that mentions one', new Error('why: Connection terminated')],
    ['no error at all', 'ECONNREFUSED'],
    ['an error that is its own cause', selfCaused()],
  ])('does not take %s for it', (_what, error) => {
    expect(isStoreAway(error)).toBe(false);
    expect(toDomainError(error).code).toBe('internal');
  });
});

function selfCaused(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}
