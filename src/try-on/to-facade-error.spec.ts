// Proves that whatever goes wrong is told with a status that the façade's document knows, and with its names for fields.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import { ERROR_CODES } from '../common/error-code.js';
import { toAnswerStatus } from '../http/render-error.js';
import { toFacadeError } from './to-facade-error.js';

/** 409 and 422 are said of Idempotency-Keys alone, 405, 413 and 415 before anything is read. */
const KNOWN = [400, 401, 403, 429, 500, 502, 503, 409, 422, 405, 413, 415];
/** What a façade's request meets, by the beginning of its code. */
const MET =
  /^(auth|rbac|request|service|idempotency|billing|routing|moderation|limits|upstream|outbound|media|provider|generations|try_on|internal)\b/;

describe('toFacadeError', () => {
  it.each(ERROR_CODES.filter((code) => MET.test(code)))('tells %s by a known status', (code) => {
    expect(KNOWN).toContain(toAnswerStatus(toFacadeError(new DomainError(code, 'No.'))));
  });

  it.each([
    ['billing.insufficient_balance', 403],
    ['billing.budget_exceeded', 403],
    ['outbound.fetch_failed', 502],
    ['outbound.url_refused', 400],
    ['media.type_refused', 400],
    ['provider.failed', 500],
    ['provider.timeout', 500],
    ['provider.refused', 400],
    ['routing.no_connection', 503],
    ['request.throttled', 429],
  ] as const)('tells %s as %i', (code, status) => {
    expect(toAnswerStatus(toFacadeError(new DomainError(code, 'No.')))).toBe(status);
  });

  it('keeps the advice, the cause and the details, and names fields as shops do', () => {
    const given = new DomainError('media.type_refused', 'reference_images[1].url: no picture', {
      fields: [{ field: 'reference_images[1].url', message: 'no picture' }],
      retryAfterS: 3,
      cause: 'why',
    });
    expect(toFacadeError(given)).toMatchObject({
      message: 'catalog_image_url: no picture',
      fields: [{ field: 'catalog_image_url' }],
      retryAfterS: 3,
      cause: 'why',
    });
  });

  it('shows nothing of what nobody expected', () => {
    const error = toFacadeError(new Error('the password is 1234'));
    expect([toAnswerStatus(error), error.message.includes('1234')]).toEqual([500, false]);
  });
});
