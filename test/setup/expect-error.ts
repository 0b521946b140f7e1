/** What every refusal looks like on the native face and on OpenAI's. */
import { expect } from 'vitest';
import type { Answer } from './application.js';

export interface Refusal {
  status: number;
  code: string;
  /** The field at fault; absent where the refusal is about no field. */
  field?: string;
}

const REQUEST_ID = /^[0-9a-f-]{36}$/;

/** RFC 9457, with the code, the request's id in body and header, and the fields at fault. */
export function expectProblem(answer: Answer, { status, code, field }: Refusal): void {
  const { body, headers } = answer;
  expect({ status: answer.status, code: body.code, detail: body.detail }).toEqual({
    status,
    code,
    detail: expect.stringMatching(/\S/),
  });
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(headers.get('x-request-id')).toMatch(REQUEST_ID);
  expect(headers.get('x-should-retry')).toMatch(/^(true|false)$/);
  expect(body).toMatchObject({
    type: `urn:atelier:error:${code}`,
    title: expect.stringMatching(/\S/),
    status,
    instance: expect.stringMatching(/^\//),
    request_id: headers.get('x-request-id'),
  });
  if (field === undefined) return;
  expect(body.errors).toContainEqual({ field, message: expect.stringMatching(/\S/) });
  expect(body.detail).toContain(field);
}

/** OpenAI's envelope: message, type, `param` for the first field at fault, and the code. */
export function expectOpenaiError(answer: Answer, { status, code, field }: Refusal): void {
  const { error } = answer.body;
  expect({ status: answer.status, code: error?.code, param: error?.param }).toEqual({
    status,
    code,
    param: field ?? null,
  });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toMatch(REQUEST_ID);
  expect(error).toMatchObject({
    message: expect.stringMatching(/\S/),
    type: expect.stringMatching(/\S/),
    request_id: answer.headers.get('x-request-id'),
  });
}
