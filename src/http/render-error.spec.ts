// Proves the three faces of one error, and that the unknown shows nothing of itself.
import { HttpException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DomainError } from '../common/domain-error.js';
import { ERROR_CODES } from '../common/error-code.js';
import { ERROR_FACES } from './error-map.js';
import { renderError } from './render-error.js';
import { toDomainError } from './to-domain-error.js';

const requestId = 'request-1';
const error = DomainError.invalid('n', 'must be a whole number from 1 to 10');

describe('renderError', () => {
  it('is a problem document on native routes', () => {
    const { contentType, body } = renderError({ error, requestId, path: '/api/v1/things' });
    expect(contentType).toContain('application/problem+json');
    expect(body).toEqual({
      type: 'urn:atelier:error:request.invalid',
      title: 'Invalid request',
      status: 400,
      detail: 'n must be a whole number from 1 to 10',
      instance: '/api/v1/things',
      code: 'request.invalid',
      request_id: requestId,
      errors: [{ field: 'n', message: 'must be a whole number from 1 to 10' }],
    });
  });

  it('is the OpenAI envelope under /v1, with the field as param', () => {
    const { body } = renderError({ error, requestId, path: '/v1/images/generations' });
    expect(body).toMatchObject({
      error: { type: 'invalid_request_error', param: 'n', code: 'request.invalid' },
    });
  });

  it('is {detail} on the façade', () => {
    const { body } = renderError({ error, requestId, path: '/api/v1/create-image' });
    expect(body).toEqual({ detail: 'n must be a whole number from 1 to 10' });
  });

  it('has the status that an operator wants told, if it is one of a failure', () => {
    const render = (answerStatus: number, path: string) =>
      renderError({
        error: new DomainError('provider.rate_limited', 'Rest.', { answerStatus }),
        requestId,
        path,
      }).body;
    expect(render(503, '/api/v1/x')).toMatchObject({ status: 503, code: 'provider.rate_limited' });
    expect(render(200, '/api/v1/x')).toMatchObject({ status: 429 });
    expect(render(600, '/api/v1/x')).toMatchObject({ status: 429 });
    expect(render(503, '/v1/models')).toMatchObject({
      error: { type: 'upstream_error', code: 'provider.rate_limited' },
    });
  });

  it('cannot be changed in its fixed members by details', () => {
    const sly = new DomainError('internal', 'no', {
      details: { status: 200, detail: 'all is well' },
    });
    const { body } = renderError({ error: sly, requestId, path: '/api/v1/x' });
    expect(body).toMatchObject({ status: 500, detail: 'no' });
  });
});

describe('toDomainError', () => {
  it('gives nothing away of what it does not know', () => {
    const known = toDomainError(new Error('password=hunter2 at db:5432'));
    expect(known.code).toBe('internal');
    expect(known.message).not.toContain('hunter2');
  });

  it.each([
    [{ code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 }, 'request.too_large'],
    [{ code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE', statusCode: 415 }, 'request.media_type_unsupported'],
    [{ code: 'FST_ERR_CTP_EMPTY_JSON_BODY', statusCode: 400 }, 'request.invalid'],
  ])('knows the edge by its codes: %o', (thrown, code) => {
    expect(toDomainError(Object.assign(new Error('x'), thrown)).code).toBe(code);
  });

  it('knows them also when Nest has wrapped them', () => {
    const cause = Object.assign(new Error('x'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' });
    expect(toDomainError(new HttpException('x', 413, { cause })).code).toBe('request.too_large');
  });
});

describe('ERROR_FACES', () => {
  it.each(ERROR_CODES.map((code) => [code]))('%s has an error status', (code) => {
    expect(ERROR_FACES[code].status).toBeGreaterThanOrEqual(400);
  });

  it('never lets a client repeat a refusal for lack of funds', () => {
    expect(ERROR_FACES['billing.insufficient_balance']).toMatchObject({
      status: 402,
      retry: false,
    });
  });
});
