// Proves that embedding requests with one Idempotency-Key are one call: answered again, charged once, freed when it cost nothing.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { createKey, operatorOf } from '../setup/people.js';
import { startWithVendor, type VendorApplication } from '../setup/vendor-application.js';

const EMBEDDINGS = '/v1/embeddings';
const CHAT = '/v1/chat/completions';
/** Vectors of this many texts are more than is kept of one answer: 1 MiB. */
const TEXTS_TOO_MANY = 160;
const SOON = { timeout: 30_000, interval: 200 };

let atelier: VendorApplication;

beforeAll(async () => {
  atelier = await startWithVendor();
});
afterAll(() => atelier.stop());
beforeEach(() => atelier.simulator.reset());

/** Texts that nobody asked for before. */
function texts(text = 'a lighthouse', more: object = {}) {
  return { model: 'text-embedding-3-small', input: [`${text} ${newId()}`, 'a harbour'], ...more };
}

async function embed(body: object, idempotencyKey: string, credentials = atelier.key) {
  const headers = { ...credentials, 'idempotency-key': idempotencyKey };
  const answer = await atelier.call('POST', EMBEDDINGS, body, headers);
  return { ...answer, isReplay: answer.headers.get('idempotency-replayed') === 'true' };
}

describe('an embedding request that comes again', () => {
  it.each(['float', 'base64'])('gets the same %s vectors, and is charged once', async (format) => {
    const [body, key] = [texts('a lighthouse', { encoding_format: format }), newId()];
    const before = await atelier.wallet();
    const first = await embed(body, key);
    expect(first).toMatchObject({ status: 200, isReplay: false });
    expect(first.body.data).toHaveLength(2);
    const paid = await atelier.wallet();
    expect(paid.available_micros).toBeLessThan(before.available_micros);
    const rows = (await atelier.listUsage()).length;
    const again = await embed({ ...body }, key);
    expect(again).toMatchObject({ status: 200, isReplay: true });
    expect(again.body).toEqual(first.body);
    for (const name of ['x-call-id', 'x-model-used', 'x-provider']) {
      expect(again.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(await atelier.wallet()).toEqual(paid);
    expect(await atelier.listUsage()).toHaveLength(rows);
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is told to wait while the first one runs', async () => {
    const [body, key] = [texts('[sim:slow=1500]'), newId()];
    const running = embed(body, key);
    await expect.poll(() => atelier.simulator.callCount, SOON).toBe(1);
    const early = await embed(body, key);
    expect(early.status).toBe(409);
    expect(early.body.error.code).toBe('idempotency.in_progress');
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
    const first = await running;
    expect(first.status).toBe(200);
    expect(await embed(body, key)).toMatchObject({ isReplay: true, body: first.body });
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('gets the vectors that whoever asked first did not wait for', async () => {
    const [body, key] = [texts('[sim:slow=800]'), newId()];
    const leaving = new AbortController();
    const left = fetch(`${atelier.baseUrl}${EMBEDDINGS}`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: leaving.signal,
    }).catch(() => null);
    await expect.poll(() => atelier.simulator.callCount, SOON).toBe(1);
    leaving.abort();
    expect(await left).toBeNull();
    await expect.poll(async () => (await embed(body, key)).isReplay, SOON).toBe(true);
    expect(atelier.simulator.callCount).toBe(1);
  });

  it('is refused when it is another request, and a new one to another caller or route', async () => {
    const [body, key] = [texts(), newId()];
    await embed(body, key);
    for (const other of [texts('another'), { ...body, dimensions: 8 }]) {
      const refused = await embed(other, key);
      expect(refused.status).toBe(422);
      expect(refused.body.error.code).toBe('idempotency.key_reused');
    }
    const { headers } = await createKey(atelier, operatorOf(atelier), atelier.spaceId);
    expect(await embed(body, key, headers)).toMatchObject({ status: 200, isReplay: false });
    const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }] };
    const talk = { ...atelier.key, 'idempotency-key': key };
    expect((await atelier.call('POST', CHAT, chat, talk)).status).toBe(200);
    expect(atelier.simulator.callCount).toBe(3);
  });

  it('is made anew when the first one failed and cost nothing', async () => {
    const [body, key] = [texts(), newId()];
    const before = await atelier.wallet();
    atelier.simulator.failNext('server_error');
    expect((await embed(body, key)).status).toBeGreaterThanOrEqual(500);
    expect(await atelier.wallet()).toEqual(before);
    await atelier.forgive();
    expect(await embed(body, key)).toMatchObject({ status: 200, isReplay: false });
    expect(atelier.simulator.callCount).toBe(2);
  });

  it('is told of it when its vectors were too many to keep, and is not charged for the asking', async () => {
    const input = Array.from({ length: TEXTS_TOO_MANY }, (_, index) => `${index} ${newId()}`);
    const [body, key] = [texts('', { input }), newId()];
    expect((await embed(body, key)).status).toBe(200);
    const paid = await atelier.wallet();
    const code = async () => (await embed(body, key)).body.error.code;
    await expect.poll(code, SOON).toBe('idempotency.answer_gone');
    const gone = await embed(body, key);
    expect(gone.status).toBe(409);
    expect(gone.headers.get('x-should-retry')).toBe('false');
    expect(await atelier.wallet()).toEqual(paid);
    expect(atelier.simulator.callCount).toBe(1);
  });
});

describe('what may be an Idempotency-Key', () => {
  it('is said before anything is done', async () => {
    const refused = await embed(texts(), 'two words');
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toContain('Idempotency-Key');
    expect(atelier.simulator.callCount).toBe(0);
  });
});
