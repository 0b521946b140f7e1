// Proves that an error body of any form becomes one of our kinds, without a network: fixtures first, then rubbish.
import { describe, expect, it } from 'vitest';
import { createImageCall } from '../../../test/contract/image-call.factory.js';
import fixtures from '../../../test/simulators/fixtures/openai-image.json' with { type: 'json' };
import { MalformedAnswerError } from '../shared/malformed-answer.error.js';
import type { ProviderExchange, VendorFailure } from '../shared/provider-http.js';
import { mapOpenaiError } from './map-openai-error.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const { call } = createImageCall({ credential: { baseUrl: null, apiKey: 'secret-of-the-tenant' } });

function map(
  failure: Partial<VendorFailure>,
  error: unknown = new Error('status'),
  wasSent = true,
) {
  const answered =
    failure.status === undefined
      ? null
      : {
          status: failure.status,
          headers: failure.headers ?? new Headers(),
          bodyText: failure.bodyText ?? '',
        };
  const exchange = { failure: answered, wasSent, uploadFault: null } as ProviderExchange;
  return mapOpenaiError(error, call, exchange, NOW);
}

describe('mapOpenaiError', () => {
  const failures = Object.entries(
    fixtures as Record<string, { status: number; body?: unknown }>,
  ).filter(([, fixture]) => fixture.status >= 400);

  it.each(failures)('shows none of the vendor’s own words for %s', (_, { status, body }) => {
    const error = map({ status, bodyText: JSON.stringify(body ?? '<html>') });
    const message = (body as { error?: { message?: string } } | undefined)?.error?.message;
    expect(error.message + JSON.stringify(error.details)).not.toContain(message ?? '<html>');
    expect(error.status).toBe(status);
  });

  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '{"error":null}',
    '{"error":"text"}',
    '{"error":{"code":["constructor"]}}',
    '{"error":{"code":"__proto__","type":"toString"}}',
    '\u0000\uffff',
  ])('survives the body %o', (bodyText) => {
    expect(map({ status: 500, bodyText })).toMatchObject({ kind: 'failed' });
    expect(map({ status: 429, bodyText })).toMatchObject({ kind: 'rate_limited' });
    expect(map({ status: 418, bodyText })).toMatchObject({ kind: 'invalid_request' });
  });

  it('takes the credential of the call out of what goes to the log', () => {
    const error = map({ status: 401, bodyText: '{"error":{"message":"no secret-of-the-tenant"}}' });
    expect((error.cause as Error).message).toBe('vendor said: 401  no [redacted]');
  });

  it('tells what was sent from what was not', () => {
    const lost = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    expect(map({}, lost, true)).toMatchObject({ kind: 'unavailable', mayHaveBeenPaid: true });
    expect(map({}, lost, false)).toMatchObject({ kind: 'unavailable', isRetryable: true });
    const late = new Error('fetch failed', {
      cause: Object.assign(new Error('late'), { code: 'UND_ERR_HEADERS_TIMEOUT' }),
    });
    expect(map({}, late)).toMatchObject({ kind: 'timeout', mayHaveBeenPaid: true });
    expect(map({}, new MalformedAnswerError('x'))).toMatchObject({ kind: 'malformed' });
  });
});
