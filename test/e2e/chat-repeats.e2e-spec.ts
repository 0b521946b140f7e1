// Proves that chat requests with one Idempotency-Key are one call: answered again, charged once, freed when it cost nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { createKey, operatorOf } from '../setup/people.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';

const CHAT = '/v1/chat/completions';

let atelier: VendorApplication;

beforeAll(async () => {
  atelier = await startWithVendor();
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.simulator.reset());

function question(text = 'Hello', more: object = {}) {
  const messages = [{ role: 'user', content: `${text} ${newId()}` }];
  return { model: 'gpt-4o-mini', messages, ...more };
}

async function ask(body: object, idempotencyKey: string, credentials = atelier.key) {
  const headers = { ...credentials, 'idempotency-key': idempotencyKey };
  const answer = await atelier.call('POST', CHAT, body, headers);
  return { ...answer, isReplay: answer.headers.get('idempotency-replayed') === 'true' };
}

describe('a chat request that comes again', () => {
  it('gets the same answer, and is charged once', async () => {
    const [body, key] = [question(), newId()];
    const first = await ask(body, key);
    expect(first).toMatchObject({ status: 200, isReplay: false });
    const paid = await atelier.wallet();
    const again = await ask({ ...body }, key);
    expect(again).toMatchObject({ status: 200, isReplay: true, body: first.body });
    for (const name of ['x-call-id', 'x-model-used', 'x-provider']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(await atelier.wallet()).toEqual(paid);
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('gets the same stream', async () => {
    const [body, key] = [question('Hello', { stream: true }), newId()];
    const first = await ask(body, key);
    const again = await ask(body, key);
    expect(again).toMatchObject({ status: 200, isReplay: true });
    expect(again.body).toBe(first.body);
    expect(again.headers.get('content-type')).toContain('text/event-stream');
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is told to wait while the first one runs', async () => {
    const [body, key] = [question('[sim:slow=1500]'), newId()];
    const running = ask(body, key);
    await expect.poll(() => atelier.simulator.callCount, { timeout: 30_000 }).toBe(1);
    const early = await ask(body, key);
    expect(early.status).toBe(409);
    expect(early.body.error.code).toBe('idempotency.in_progress');
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    const first = await running;
    expect(first.status).toBe(200);
    expect(await ask(body, key)).toMatchObject({ isReplay: true, body: first.body });
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('gets the answer that whoever asked first did not wait for', async () => {
    const [body, key] = [question('[sim:slow=800]'), newId()];
    const leaving = new AbortController();
    const left = fetch(`${atelier.baseUrl}${CHAT}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: leaving.signal,
    }).catch(() => null);
    await expect.poll(() => atelier.simulator.callCount, { timeout: 30_000 }).toBe(1);
    leaving.abort();
    await left;
    await expect
      .poll(async () => (await ask(body, key)).isReplay, { timeout: 30_000, interval: 200 })
      .toBe(true);
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is refused when it is another request, and a new one to another caller', async () => {
    const [body, key] = [question(), newId()];
    await ask(body, key);
    const other = await ask(question('Another'), key);
    expect(other.status).toBe(422);
    expect(other.body.error.code).toBe('idempotency.key_reused');
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId);
    expect(await ask(body, key, headers)).toMatchObject({ status: 200, isReplay: false });
    expect(atelier.simulator.callCount).toBe(2);
  });

  it('is made anew when the first one failed and cost nothing', async () => {
    const [body, key] = [question(), newId()];
    const before = await atelier.wallet();
    atelier.simulator.failNext('server_error');
    expect((await ask(body, key)).status).toBeGreaterThanOrEqual(500);
    expect(await atelier.wallet()).toEqual(before);
    await atelier.forgive();
    expect(await ask(body, key)).toMatchObject({ status: 200, isReplay: false });
    expect(atelier.simulator.callCount).toBe(2);
  });

  it('is told of it when the answer was cut off but paid, until a new key asks anew', async () => {
    const [body, key] = [question('[sim:cut_body]', { stream: true }), newId()];
    const before = await atelier.wallet();
    await ask(body, key);
    const paid = await atelier.wallet();
    expect(paid.available_micros).toBeLessThan(before.available_micros);
    await atelier.forgive();
    const code = async () => (await ask(body, key)).body.error.code;
    await expect.poll(code, { timeout: 30_000, interval: 250 }).toBe('idempotency.answer_gone');
    const gone = await ask(body, key);
    expect(gone.status).toBe(409);
    expect(gone.body.error.message).toContain('new key');
    expect(gone.headers.get('x-should-retry')).toBe('false');
    expect(await atelier.wallet()).toEqual(paid);
    expect(atelier.simulator.callCount).toBe(1);
    await ask(body, newId());
    expect(atelier.simulator.callCount).toBe(2);
    await atelier.forgive();
  });
});
