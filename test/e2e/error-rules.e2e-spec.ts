// Proves that what operators say of failures of vendors is what callers are told, on both faces, without a secret in it;
// and that rules are kept, refused, listed and audited as they should be.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { operatorOf } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  VENDOR_KEY,
  type VendorApplication,
} from '../setup/vendor-application.js';

const RULES = '/api/v1/error-rules';
const MODEL = 'gpt-image-1.5';
const MESSAGE = 'The pictures rest until noon. Try again then.';
/** What the simulator's `server_error` says. */
const KEYWORD = 'HAD AN ERROR';

let atelier: VendorApplication;

beforeAll(async () => {
  atelier = await startWithVendor({
    // Each test begins with a vendor that nobody has a grudge against.
    BREAKER_FAILURES: '3',
    COOLDOWN_ALONE_S: '0',
    COOLDOWN_CREDENTIAL_S: '0',
    UPSTREAM_REPEATS_MAX: '0',
  });
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.simulator.reset());
/** Whatever became of a test, the next one begins without rules and with a connection that may be called. */
afterEach(async () => {
  for (const { id } of (await operate('GET', RULES)).body.data) {
    await operate('DELETE', `${RULES}/${id}`);
  }
  await operate('POST', '/api/v1/connections/env:openai/clear-cooldown');
});

function operate(method: string, path: string, body?: object): Promise<Answer> {
  return atelier.call(method, path, body, operatorOf(atelier));
}

async function give(rule: object): Promise<Answer['body']> {
  const { status, body } = await operate('POST', RULES, { name: 'Rest', ...rule });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

const SMALL = { model: MODEL, prompt: 'a fox', size: '1024x1024' };
const make = () => atelier.call('POST', GENERATIONS, SMALL);
const makeByOpenai = () => atelier.call('POST', '/v1/images/generations', SMALL);

describe('a failure that a rule matches', () => {
  it('is told by the rule, on both faces; the record keeps it and the attempt its own', async () => {
    await give({ keywords: [KEYWORD], response_code: 503, custom_message: MESSAGE });
    atelier.simulator.failNext('server_error', 2);
    const answer = await make();
    expectProblem(answer, { status: 503, code: 'provider.failed' });
    expect(answer.body).toMatchObject({ status: 503, detail: MESSAGE });
    expect(answer.headers.get('x-should-retry')).toBe('true');
    expect(answer.headers.get('retry-after')).not.toBeNull();
    const { generation } = answer.body;
    const stored = (await atelier.call('GET', `${GENERATIONS}/${generation.id}`)).body;
    expect(stored).toEqual(generation);
    expect(stored.error).toEqual({ code: 'provider.failed', message: MESSAGE });
    expect(stored.attempts[0].error).toMatchObject({ code: 'provider.failed' });
    expect(stored.attempts[0].error.message).not.toBe(MESSAGE);

    const byOpenai = await makeByOpenai();
    expect(byOpenai.status).toBe(503);
    expect(byOpenai.body.error).toMatchObject({
      message: MESSAGE,
      type: 'upstream_error',
      code: 'provider.failed',
    });
  });

  it("passes the vendor's status and words on where the rule says nothing of them", async () => {
    await give({ error_codes: [500], providers: ['openai'] });
    atelier.simulator.failNext('server_error');
    const { status, body } = await make();
    expect([status, body.code]).toEqual([500, 'provider.failed']);
    expect(body.detail.toUpperCase()).toContain(KEYWORD);
  });

  it('never shows a credential that the vendor repeats', async () => {
    await give({ error_codes: [401] });
    atelier.simulator.failNext('echo_key', 2);
    for (const answer of [await make(), await makeByOpenai()]) {
      expect(answer.status).toBe(401);
      const text = JSON.stringify(answer.body);
      expect(text).toContain('Incorrect API key provided');
      expect(text).not.toContain(VENDOR_KEY);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
    expect(JSON.stringify(await atelier.listGenerations())).not.toContain(VENDOR_KEY);
  });

  it('counts neither in figures nor for the breaker where the rule leaves it out', async () => {
    const rule = await give({ error_codes: [500], skip_monitoring: true });
    const fail = async () => {
      atelier.simulator.failNext('server_error');
      return (await make()).body.code;
    };
    const codes = [await fail(), await fail(), await fail(), await fail()];
    expect(codes).toEqual(Array.from({ length: 4 }, () => 'provider.failed'));
    await operate('PATCH', `${RULES}/${rule.id}`, { skip_monitoring: false });
    expect([await fail(), await fail(), await fail(), await fail()].at(-1)).toBe(
      'upstream.unavailable',
    );
  });
});

describe('a failure that no rule matches', () => {
  it.each([
    ['of another keyword', { keywords: ['no such word'] }],
    ['of another provider', { error_codes: [500], providers: ['fal'] }],
    ['of a rule that is off', { error_codes: [500], enabled: false }],
    ['of half of what must be', { error_codes: [500], keywords: ['none'], match_mode: 'all' }],
  ])('%s is told as it is', async (_why, rule) => {
    await give({ ...rule, response_code: 418, custom_message: MESSAGE });
    atelier.simulator.failNext('server_error');
    const answer = await make();
    expectProblem(answer, { status: 502, code: 'provider.failed' });
    expect(answer.body.detail).not.toBe(MESSAGE);
  });
});

describe('rules', () => {
  it('are made, read, changed and deleted, and each change is on record', async () => {
    const made = await give({ error_codes: [500, 502], priority: 5, description: 'Of March' });
    expect(made).toMatchObject({
      name: 'Rest',
      enabled: true,
      priority: 5,
      error_codes: [500, 502],
      keywords: [],
      match_mode: 'any',
      providers: [],
      response_code: null,
      custom_message: null,
      skip_monitoring: false,
      description: 'Of March',
    });
    const path = `${RULES}/${made.id}`;
    expect((await operate('GET', path)).body).toEqual(made);
    const changes = { keywords: ['rest'], response_code: 503, description: null, name: 'Pause' };
    const changed = (await operate('PATCH', path, changes)).body;
    expect(changed).toEqual({ ...made, ...changes, updated_at: changed.updated_at });
    expect((await operate('GET', RULES)).body).toEqual({ data: [changed], next_cursor: null });
    expect((await operate('DELETE', path)).status).toBe(204);
    expectProblem(await operate('GET', path), { status: 404, code: 'request.not_found' });
    expectProblem(await operate('DELETE', path), { status: 404, code: 'request.not_found' });
    const audit = await operate('GET', `/api/v1/audit-events?target_id=${made.id}`);
    const actions = audit.body.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(['error_rule.deleted', 'error_rule.changed', 'error_rule.created']);
  });

  it('are listed newest first, page by page', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.push((await give({ name, error_codes: [500] })).id);
    const first = (await operate('GET', `${RULES}?limit=2`)).body;
    const next = (await operate('GET', `${RULES}?limit=2&cursor=${first.next_cursor}`)).body;
    const listed = [...first.data, ...next.data].map(({ id }: { id: string }) => id);
    expect([listed, next.next_cursor]).toEqual([ids.toReversed(), null]);
  });

  it.each([
    ['matches nothing', {}, 'error_codes'],
    ['has a status that is none', { error_codes: [99] }, 'error_codes'],
    ['has too many statuses', { error_codes: Array.from({ length: 51 }, (_, n) => 400 + n) }],
    ['has too long a keyword', { keywords: ['x'.repeat(201)] }, 'keywords'],
    ['has an empty keyword', { keywords: [''] }, 'keywords'],
    ['names a provider that is none', { error_codes: [500], providers: ['none'] }, 'providers[0]'],
    ['answers with success', { error_codes: [500], response_code: 200 }, 'response_code'],
    ['says too much', { error_codes: [500], custom_message: 'x'.repeat(501) }, 'custom_message'],
    ['has a null where none may be', { error_codes: [500], priority: null }, 'priority'],
  ])('are refused when one %s', async (_what, rule, field = 'error_codes') => {
    const answer = await operate('POST', RULES, { name: 'Rest', ...rule });
    expectProblem(answer, { status: 400, code: 'request.invalid' });
    expect(answer.body.errors.map((fault: { field: string }) => fault.field)).toContain(field);
  });

  it('have names of their own, and never lose all they match', async () => {
    const one = await give({ error_codes: [500] });
    const two = await give({ name: 'Other', keywords: ['rest'] });
    const again = await operate('POST', RULES, { name: 'Rest', error_codes: [500] });
    expectProblem(again, { status: 409, code: 'request.conflict' });
    const renamed = await operate('PATCH', `${RULES}/${two.id}`, { name: 'Rest' });
    expectProblem(renamed, { status: 409, code: 'request.conflict' });
    const emptied = await operate('PATCH', `${RULES}/${one.id}`, { error_codes: [] });
    expectProblem(emptied, { status: 400, code: 'request.invalid' });
    expect((await operate('GET', `${RULES}/${one.id}`)).body).toEqual(one);
  });
});
