// Proves what fal makes of every answer, refusal, fault and lie, against the simulator and its fixtures.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FalProvider } from '../../src/providers/fal/fal.provider.js';
import { type FalFaultName, FalSimulator } from '../simulators/fal.simulator.js';
import { makeNoise } from '../simulators/simulator-picture.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { toInputImage } from './image-call.factory.js';
import { fail } from './image-provider.contract.js';
import { ProviderBench } from './provider-bench.js';

const KEY = 'fal-simulated-id:0123456789abcdef';
const DEV = 'fal-ai/flux/dev';
const OWN = 'https://queue.fal.run/fal-ai/flux/requests/1';

let bench: ProviderBench<FalSimulator>;
beforeAll(async () => {
  const simulator = await FalSimulator.start({ apiKey: KEY });
  bench = new ProviderBench(FalProvider, simulator, { model: DEV, apiKey: KEY });
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

describe('answers to a request', () => {
  it.each<[FalFaultName | ConnectionFault, object]>([
    ['bad_key', { kind: 'unauthorized', status: 401, canFailOver: true, isRetryable: false }],
    ['locked', { kind: 'quota_exhausted', status: 403, isRetryable: false, canFailOver: true }],
    ['no_credits', { kind: 'quota_exhausted', status: 402 }],
    ['forbidden', { kind: 'unauthorized', status: 403 }],
    ['not_found', { kind: 'invalid_request', reason: 'not_found', canFailOver: true }],
    ['invalid', { kind: 'invalid_request', details: expect.objectContaining({ param: 'prompt' }) }],
    ['rate_limit', { kind: 'rate_limited', isRetryable: true }],
    ['rate_limit_header', { kind: 'rate_limited', retryAfterS: 7 }],
    ['server_error', { kind: 'failed', isRetryable: true }],
    ['final_error', { kind: 'failed', isRetryable: false, canFailOver: true }],
    ['runner_unavailable', { kind: 'unavailable', isRetryable: true }],
    ['unavailable', { kind: 'unavailable', status: 503, isRetryable: true }],
    ['gateway_timeout', { kind: 'timeout', mayHaveBeenPaid: true }],
    ['redirect', { kind: 'failed', reason: 'redirected' }],
    ['html_success', { kind: 'malformed', mayHaveBeenPaid: true, isRetryable: false }],
    ['empty_body', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['strange_id', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['no_urls', { kind: 'malformed', mayHaveBeenPaid: true }],
    ['cut', { kind: 'unavailable', mayHaveBeenPaid: true, canFailOver: false }],
    ['cut_body', { kind: 'unavailable', mayHaveBeenPaid: true }],
  ])('maps %s', async (fault, expected) => {
    bench.simulator.failNext(fault);
    const error = await fail(bench.provider, bench.prepare().call);
    expect(error).toMatchObject({ provider: 'fal', model: DEV, ...expected });
    expect(bench.simulator.callCount).toBe(1);
  });

  it('are not believed when they send the key elsewhere', async () => {
    bench.simulator.failNext('foreign_urls');
    const { call } = bench.prepare();
    const error = await fail(bench.provider, call);
    const foreign = { reason: 'foreign_status_url', mayHaveBeenPaid: true };
    expect(error).toMatchObject(foreign);
    const job = { id: '1', count: 1, statusUrl: `${OWN}/status`, responseUrl: OWN };
    const reference = { jobs: [{ ...job, cancelUrl: `${OWN}/cancel` }] };
    expect(await bench.failAsking(call, reference)).toMatchObject(foreign);
    await expect(bench.cancel(call, reference)).rejects.toMatchObject(foreign);
    // Where the status is ours and the result is not, the key goes no further than the status.
    const ours = (await bench.accept(call)) as unknown as { jobs: { statusUrl: string }[] };
    const mixed = { jobs: [{ ...job, statusUrl: ours.jobs[0]?.statusUrl ?? '' }] };
    expect(await bench.failAsking(call, mixed)).toMatchObject(foreign);
    expect(bench.simulator.callCount).toBe(3);
  });

  it('are not shown, and the key is in none', async () => {
    bench.simulator.failNext('echo_key');
    const error = await fail(bench.provider, bench.prepare().call);
    expect(error.message + JSON.stringify(error.details)).not.toContain(KEY);
    expect((error.cause as Error).message).toContain('[redacted]');
  });
});

describe('uploads', () => {
  const edit = async () => {
    const inputImages = [toInputImage(await makeNoise(700, 700))];
    return bench.prepare({ operation: 'edit', inputImages }).call;
  };

  it.each<[FalFaultName | ConnectionFault, object]>([
    ['bad_key', { kind: 'unauthorized' }],
    ['html_success', { kind: 'malformed', isRetryable: true }],
    ['no_upload', { kind: 'malformed', isRetryable: true }],
    ['cut', { kind: 'unavailable', isRetryable: true }],
    ['foreign_upload', { kind: 'failed', reason: 'foreign_upload_url' }],
  ])('that fail with %s cost nothing and are not followed', async (fault, expected) => {
    bench.simulator.failNext(fault);
    const error = await fail(bench.provider, await edit());
    expect(error).toMatchObject({ mayHaveBeenPaid: false, ...expected });
    expect(bench.simulator.callCount).toBe(1);
  });

  it.each<[FalFaultName | ConnectionFault, object]>([
    ['store_refusal', { kind: 'failed', reason: 'upload_failed', status: 403 }],
    ['cut', { kind: 'unavailable', reason: 'connection_lost' }],
  ])('that the store ends with %s cost nothing', async (fault, expected) => {
    bench.simulator.failNext('slow=0');
    bench.simulator.failNext(fault);
    const error = await fail(bench.provider, await edit());
    expect(error).toMatchObject({ mayHaveBeenPaid: false, isRetryable: true, ...expected });
    expect(bench.simulator.orders).toEqual([]);
  });
});

describe('answers about a request', () => {
  it.each<[FalFaultName, object]>([
    ['moderation', { kind: 'refused', reason: 'content_moderated', mayHaveBeenPaid: false }],
    ['nsfw', { kind: 'refused', reason: 'content_moderated', canFailOver: false }],
    ['too_small', { kind: 'invalid_request', reason: 'input_unfit' }],
    ['failed', { kind: 'failed', reason: 'job_failed', status: 200, isRetryable: true }],
    ['failed_for_good', { kind: 'failed', isRetryable: false, canFailOver: true }],
    ['timed_out', { kind: 'failed', reason: 'job_failed', status: 200 }],
    ['downstream', { kind: 'failed', reason: 'job_failed' }],
    ['runner_lost', { kind: 'failed', reason: 'job_failed', status: 200 }],
    ['untyped', { kind: 'failed', reason: 'job_failed', status: 200 }],
    ['no_images', { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true }],
    ['gone', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
  ])('maps %s, and ends', async (fault, expected) => {
    bench.simulator.failNext(fault);
    const { call, received } = bench.prepare({ n: 2 });
    const error = await fail(bench.provider, call);
    expect(error).toMatchObject({ provider: 'fal', model: DEV, ...expected });
    expect(['unavailable', 'timeout', 'rate_limited', 'malformed']).not.toContain(error.kind);
    expect(received).toEqual([]);
  });

  it.each<[FalFaultName | ConnectionFault, object]>([
    ['unavailable', { kind: 'unavailable' }],
    ['rate_limit_header', { kind: 'rate_limited', retryAfterS: 7 }],
    ['bad_key', { kind: 'unauthorized' }],
    ['html_success', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable' }],
  ])('maps %s, and never says that it may be made again', async (fault, expected) => {
    const { call } = bench.prepare();
    const reference = await bench.accept(call);
    const facts = { mayHaveBeenPaid: true, isRetryable: false, canFailOver: false };
    bench.simulator.failNext(fault);
    expect(await bench.failAsking(call, reference)).toMatchObject({ ...expected, ...facts });
    bench.simulator.failNext('slow=0');
    bench.simulator.failNext(fault);
    expect(await bench.failAsking(call, reference)).toMatchObject({ ...expected, ...facts });
    expect(await bench.ask(call, reference)).toMatchObject({ state: 'finished' });
  });

  it('need a reference of ours', async () => {
    const { call } = bench.prepare();
    const unknown = { kind: 'failed', reason: 'unknown_reference' };
    for (const reference of [{ jobs: [] }, { jobs: [{ id: '1' }] }, 'none']) {
      expect(await bench.failAsking(call, reference)).toMatchObject(unknown);
    }
  });

  it('are an end when it was canceled; what had ended stays as it is', async () => {
    const { call } = bench.prepare({ n: 5 });
    const reference = await bench.accept(call);
    bench.simulator.jobMs = 60_000;
    await bench.cancel(call, reference);
    expect(bench.simulator.calls.filter(({ method }) => method === 'PUT')).toHaveLength(2);
    expect(await bench.failAsking(call, reference)).toMatchObject({ reason: 'job_failed' });
    bench.simulator.jobMs = 0;
    const ended = await bench.accept(call);
    await bench.cancel(call, ended);
    expect(await bench.ask(call, ended)).toMatchObject({ state: 'finished' });
  });
});
