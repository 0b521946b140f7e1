// Proves that long prompts go on as they are where nobody can shorten them, as on a fresh installation without a key, and
// that any chat model can be the one that does: here one of a server of the company's own, under the name of a route.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApplication, type TestApplication } from '../setup/application.js';
import { must, operatorOf } from '../setup/people.js';
import { GENERATIONS } from '../setup/vendor-application.js';

const ROUTE = 'shortener';
const MODEL = 'house/writer';
const HEALTH = '/api/v1/prompts/optimizer/health';
const LONG = 'a red lighthouse on a cliff, watercolor, golden hour, wide angle. '.repeat(50);
const SHORT = 'A red lighthouse on a cliff in watercolor at golden hour, wide angle.';
const PICTURE = { model: 'embedded-image', prompt: LONG, size: '32x32' };

let atelier: TestApplication;
let house: Server;

beforeAll(async () => {
  house = createServer((request, response) => answer(request, response));
  await once(house.listen(0, '127.0.0.1'), 'listening');
  atelier = await startApplication({
    OUTBOUND_ALLOW: '127.0.0.1',
    PROMPT_OPTIMIZER_MODEL: ROUTE,
  });
});
afterAll(async () => {
  await atelier.stop();
  house.closeAllConnections();
  await once(house.close(), 'close');
});

/** What an OpenAI-compatible server answers. */
function answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const message = { role: 'assistant', content: SHORT };
  const completion = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: MODEL,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { prompt_tokens: 900, completion_tokens: 20, total_tokens: 920 },
  };
  const models = { object: 'list', data: [{ id: MODEL, object: 'model' }] };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(url.endsWith('/models') ? models : completion));
}

const operate = (path: string, body: object) =>
  must(atelier, 201, 'POST', `/api/v1/${path}`, body, operatorOf(atelier));

it('a long prompt goes on as it is where no model can shorten it', async () => {
  const health = await must(atelier, 200, 'GET', HEALTH, undefined, atelier.key);
  expect(health).toMatchObject({ status: 'down', model: ROUTE, served_model: null });
  const record = await must(atelier, 201, 'POST', GENERATIONS, PICTURE, atelier.key);
  expect(record).toMatchObject({
    sent_prompt: LONG,
    prompt_validation: { outcome: 'optimization_failed', optimized_length: null },
  });
});

it('any chat model can be the one that shortens it', async () => {
  const { port } = house.address() as AddressInfo;
  const { id } = await operate('connections', {
    scope: 'global',
    provider: 'openai',
    name: 'House',
    api_key: 'credential-of-the-house-0123456789',
    base_url: `http://127.0.0.1:${port}/v1`,
  });
  await operate(`connections/${id}/models`, { name: MODEL, kind: 'chat' });
  for (const unit of ['1M_input_tokens', '1M_output_tokens']) {
    const price = { provider: 'openai', model: MODEL, unit, price_micros: 1_000_000 };
    await operate('billing/prices/overrides', price);
  }
  await operate('routes', { name: ROUTE, candidates: [{ model: MODEL, connection_id: id }] });
  await expect
    .poll(() => must(atelier, 200, 'GET', HEALTH, undefined, atelier.key), { timeout: 30_000 })
    .toMatchObject({ status: 'up', model: ROUTE, served_model: MODEL, provider: 'openai' });
  const record = await must(atelier, 201, 'POST', GENERATIONS, PICTURE, atelier.key);
  expect(record).toMatchObject({
    prompt: LONG,
    sent_prompt: SHORT,
    prompt_validation: { outcome: 'optimized', original_length: LONG.length, model: ROUTE },
  });
  const { data } = await must(atelier, 200, 'GET', '/api/v1/billing/usage', undefined, atelier.key);
  const [usage] = data.filter(({ kind }: { kind: string }) => kind === 'chat');
  // 900 tokens in and 20 out, a micro each.
  expect(usage).toMatchObject({ model: MODEL, charged_micros: 920 });
});
