// Proves what leonardo makes of every answer, refusal, fault and lie, against the simulator and its fixtures.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LeonardoProvider } from '../../src/providers/leonardo/leonardo.provider.js';
import { type LeonardoFaultName, LeonardoSimulator } from '../simulators/leonardo.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createInputImage } from './image-call.factory.js';
import { fail } from './image-provider.contract.js';
import { ProviderBench } from './provider-bench.js';

const KEY = '0a1b2c3d-1111-4222-8333-444455556666';
const PHOENIX = 'leonardo-phoenix-1.0';

let bench: ProviderBench<LeonardoSimulator>;
beforeAll(async () => {
  const simulator = await LeonardoSimulator.start({ apiKey: KEY });
  bench = new ProviderBench(LeonardoProvider, simulator, { model: PHOENIX, apiKey: KEY });
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

describe('answers to a request', () => {
  it.each<[LeonardoFaultName | ConnectionFault, object]>([
    ['bad_key', { kind: 'unauthorized', status: 401, canFailOver: true, isRetryable: false }],
    ['bad_key_form', { kind: 'unauthorized', status: 500, isRetryable: false }],
    ['forbidden', { kind: 'unauthorized', status: 403 }],
    ['moderation', { kind: 'refused', status: 403, mayHaveBeenPaid: false }],
    ['moderation_prompt', { kind: 'refused', canFailOver: false }],
    ['no_balance', { kind: 'quota_exhausted', isRetryable: false, canFailOver: true }],
    [
      'missing_prompt',
      { kind: 'invalid_request', details: expect.objectContaining({ param: 'prompt' }) },
    ],
    ['unexpected_field', { kind: 'invalid_request', canFailOver: false }],
    [
      'wrong_type',
      { kind: 'invalid_request', details: expect.objectContaining({ param: 'tiling' }) },
    ],
    [
      'model_unsupported',
      { kind: 'invalid_request', reason: 'model_not_found', canFailOver: true },
    ],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7, isRetryable: true }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['unavailable', { kind: 'unavailable', status: 503, isRetryable: true }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['strange_id', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['no_job', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['list_error', { kind: 'invalid_request', status: 200, mayHaveBeenPaid: false }],
    ['list_moderation', { kind: 'refused', status: 200 }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    bench.simulator.failNext(fault);
    const error = await fail(bench.provider, bench.prepare().call);
    expect(error).toMatchObject({ provider: 'leonardo', model: PHOENIX, ...expected });
    expect(bench.simulator.callCount).toBe(1);
  });

  it('are not shown, and the key is in none', async () => {
    bench.simulator.failNext('echo_key');
    const error = await fail(bench.provider, bench.prepare().call);
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });
});

describe('uploads', () => {
  const edit = async () =>
    bench.prepare({ operation: 'edit', inputImages: [await createInputImage()] });

  it.each<[LeonardoFaultName | ConnectionFault, object, number]>([
    ['bad_key', { kind: 'unauthorized' }, 1],
    ['html_success', { kind: 'malformed', isRetryable: true }, 1],
    ['no_upload', { kind: 'malformed', isRetryable: true }, 1],
    ['cut', { kind: 'unavailable', isRetryable: true }, 1],
    ['foreign_upload', { kind: 'failed', reason: 'foreign_upload_url' }, 1],
  ])('that fail with %s cost nothing and are not followed', async (fault, expected, calls) => {
    bench.simulator.failNext(fault);
    const error = await fail(bench.provider, (await edit()).call);
    expect(error).toMatchObject({ mayHaveBeenPaid: false, ...expected });
    expect(bench.simulator.callCount).toBe(calls);
  });

  it.each<[LeonardoFaultName | ConnectionFault, object]>([
    ['store_refusal', { kind: 'failed', reason: 'upload_failed', status: 403 }],
    ['unavailable', { kind: 'failed', reason: 'upload_failed', status: 503 }],
    ['cut', { kind: 'unavailable', reason: 'connection_lost' }],
  ])('that the store ends with %s cost nothing', async (fault, expected) => {
    bench.simulator.failNext('slow=0');
    bench.simulator.failNext(fault);
    const error = await fail(bench.provider, (await edit()).call);
    expect(error).toMatchObject({ mayHaveBeenPaid: false, isRetryable: true, ...expected });
    expect(bench.simulator.orders).toEqual([]);
  });
});

describe('answers about a generation', () => {
  it.each<[LeonardoFaultName, object]>([
    ['failed', { kind: 'failed', reason: 'job_failed', isRetryable: true }],
    ['gone', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
    ['no_images', { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true }],
    ['nsfw', { kind: 'refused', reason: 'content_moderated', canFailOver: false }],
  ])('maps %s', async (fault, expected) => {
    bench.simulator.failNext(fault);
    const { call, received } = bench.prepare({ n: 2 });
    expect(await fail(bench.provider, call)).toMatchObject({ provider: 'leonardo', ...expected });
    expect(received).toEqual([]);
  });

  it.each<[LeonardoFaultName | ConnectionFault, object]>([
    ['unavailable', { kind: 'unavailable' }],
    ['rate_limit', { kind: 'rate_limited', retryAfterS: 7 }],
    ['bad_key_form', { kind: 'unauthorized' }],
    ['html_success', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable' }],
  ])('maps %s, and never says that it may be made again', async (fault, expected) => {
    const { call } = bench.prepare();
    const reference = await bench.accept(call);
    bench.simulator.failNext(fault);
    const facts = { mayHaveBeenPaid: true, isRetryable: false, canFailOver: false };
    expect(await bench.failAsking(call, reference)).toMatchObject({ ...expected, ...facts });
    const strange = await bench.failAsking(call, { jobs: [{ id: '' }] });
    expect(strange).toMatchObject({ kind: 'failed', reason: 'unknown_reference' });
  });

  it('say that upscaling has ended, and how large it is', async () => {
    const inputImages = [await createInputImage()];
    const model = 'leonardo-universal-upscaler';
    const providerOptions = { upscaleMultiplier: 1.5, creativityStrength: 2 };
    const upscale = { model, operation: 'upscale', inputImages, providerOptions } as const;
    const { call, received } = bench.prepare(upscale);
    const reference = await bench.accept(call);
    expect(bench.simulator.orders[0]).toMatchObject({
      path: '/api/rest/v1/variations/universal-upscaler',
      fields: { upscaleMultiplier: 1.5, creativityStrength: 2 },
    });
    bench.simulator.jobMs = 60_000;
    expect(await bench.ask(call, reference)).toMatchObject({ state: 'running' });
    await bench.cancel(call, reference);
    bench.simulator.jobMs = 0;
    expect(await bench.ask(call, reference)).toMatchObject({ state: 'finished' });
    expect(received).toHaveLength(1);
  });

  it('are an end when it was canceled', async () => {
    const { call } = bench.prepare({ n: 5 });
    const reference = await bench.accept(call);
    bench.simulator.jobMs = 60_000;
    await bench.cancel(call, reference);
    await bench.cancel(call, reference);
    expect(bench.simulator.calls.filter(({ method }) => method === 'DELETE')).toHaveLength(4);
    expect(await bench.failAsking(call, reference)).toMatchObject({ reason: 'job_expired' });
  });
});
