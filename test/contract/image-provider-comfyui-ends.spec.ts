// Proves how comfyui ends a job: pictures fetched, torn, lost or refused, and every fault of the server's, each told once.
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../src/common/clock.js';
import { newId } from '../../src/common/ids.js';
import type { JsonValue } from '../../src/common/json-value.js';
import { ComfyuiProvider } from '../../src/providers/comfyui/comfyui.provider.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  PROVIDER_DISPATCHER_OPTIONS,
  ProviderHttp,
} from '../../src/providers/shared/provider-http.js';
import type { ImageCall } from '../../src/providers/spec/image-call.js';
import { type ComfyuiFaultName, ComfyuiSimulator } from '../simulators/comfyui.simulator.js';
import type { ConnectionFault } from '../simulators/vendor-simulator.js';
import { createImageCall, receive, toInputImage } from './image-call.factory.js';
import { fail, finish } from './image-provider.contract.js';

const VIEW = '/view';

let simulator: ComfyuiSimulator;
let http: ProviderHttp;
let provider: ComfyuiProvider;

beforeAll(async () => {
  simulator = await ComfyuiSimulator.start();
  http = new ProviderHttp(new Agent(PROVIDER_DISPATCHER_OPTIONS));
  provider = new ComfyuiProvider(new ModelCatalogService(), http, new SystemClock(), 300);
});
afterAll(async () => {
  await http.onApplicationShutdown();
  await simulator.stop();
});
beforeEach(() => simulator.reset());

const prepare = (overrides: Partial<ImageCall> = {}) =>
  createImageCall({
    attemptId: newId(),
    model: 'comfyui/flux1-schnell',
    credential: { baseUrl: simulator.baseUrl, apiKey: null },
    ...overrides,
  });

/** A call whose job has ended at the server; nothing of it was fetched. */
async function prepareEnded(overrides: Partial<ImageCall> = {}) {
  const { call, received } = prepare(overrides);
  const submission = await provider.submit(call);
  if (submission.state !== 'accepted') throw new Error('not accepted');
  const { reference } = submission;
  await expect
    .poll(() => fetch(`${simulator.baseUrl}/queue`).then((answer) => answer.text()), {
      timeout: 30_000,
    })
    .toBe('{"queue_running":[],"queue_pending":[]}');
  simulator.calls.length = 0;
  return { call, reference, received };
}

function countFetches(): number {
  return simulator.calls.filter(({ path }) => path === VIEW).length;
}

describe('pictures', () => {
  it.each([
    ['jpeg', 40],
    ['webp', null],
  ] as const)('come as %s when asked for it', async (outputFormat, compression) => {
    const { call, received } = prepare({ outputFormat, compression });
    await finish(provider, call);
    expect((await sharp(received[0]?.bytes).metadata()).format).toBe(outputFormat);
  });

  it('come in full, in their order, and no more than were asked for', async () => {
    simulator.failNext('more');
    const { call, received } = prepare({ n: 2 });
    const result = await finish(provider, call);
    expect(received.map(({ index }) => index)).toEqual([0, 1]);
    expect(result).toMatchObject({
      deliveredCount: 2,
      answeredCount: 3,
      usage: null,
      vendorRequestId: call.attemptId,
      warnings: [{ code: 'more_images' }],
    });
  });

  it('come also when the server had kept the answer to the same graph', async () => {
    const { call, received } = prepare({ seed: 7 });
    for (const fault of ['own_id', 'own_id'] as const) {
      simulator.failNext(fault);
      const { images } = await finish(provider, call);
      expect(images).toEqual([{ index: 0, revisedPrompt: null, seed: 7 }]);
    }
    expect(received).toHaveLength(2);
    expect(received[0]?.bytes).toEqual(received[1]?.bytes);
  });

  it.each<ConnectionFault | ComfyuiFaultName>(['cut', 'cut_body', 'unavailable'])(
    'are fetched again after %s',
    async (fault) => {
      const { call, reference, received } = await prepareEnded();
      const torn: number[] = [];
      const deliver: ImageCall['deliver'] = async (image) => {
        const got = await receive(image).catch((error: unknown) => {
          torn.push(image.index);
          throw error;
        });
        received.push(got);
      };
      simulator.viewFaults = [fault];
      const status = await provider.status({ ...call, reference, deliver });
      expect(status).toMatchObject({ state: 'finished', result: { warnings: [] } });
      expect(received.map(({ index }) => index)).toEqual([0]);
      expect(torn).toHaveLength(fault === 'cut_body' ? 1 : 0);
      await sharp(received[0]?.bytes).stats();
      expect(countFetches()).toBe(2);
    },
  );

  it('may be asked for again as long as none has come', async () => {
    const { call, reference, received } = await prepareEnded({ n: 2 });
    simulator.viewFaults = ['unavailable', 'unavailable', 'unavailable'];
    await expect(provider.status({ ...call, reference })).rejects.toMatchObject({
      kind: 'unavailable',
      mayHaveBeenPaid: true,
    });
    expect(received).toEqual([]);
    await provider.status({ ...call, reference });
    expect(received.map(({ index }) => index)).toEqual([0, 1]);
  });

  it('that are lost after others came are named, and none comes twice', async () => {
    const { call, reference, received } = await prepareEnded({ n: 3 });
    simulator.viewFaults = [null, 'unavailable', 'unavailable', 'unavailable'];
    const status = await provider.status({ ...call, reference });
    expect(received.map(({ index }) => index)).toEqual([0, 2]);
    expect(status).toMatchObject({
      result: {
        deliveredCount: 2,
        answeredCount: 3,
        warnings: [{ code: 'fewer_images', message: expect.stringContaining('2 of 3') }],
      },
    });
  });
});

describe('ends of a job', () => {
  it.each<[ComfyuiFaultName, object]>([
    ['failed', { kind: 'failed', reason: 'job_failed', isRetryable: true, mayHaveBeenPaid: false }],
    ['out_of_memory', { reason: 'out_of_memory', isRetryable: false, canFailOver: true }],
    ['no_output', { kind: 'failed', reason: 'no_picture', mayHaveBeenPaid: true }],
    ['forgotten', { kind: 'failed', reason: 'job_expired', mayHaveBeenPaid: true }],
  ])('map %s', async (fault, expected) => {
    simulator.failNext(fault);
    const error = await fail(provider, prepare().call);
    expect(error).toMatchObject({ provider: 'comfyui', ...expected });
    expect(error.message).not.toContain('mat1');
    expect(simulator.orders).toHaveLength(1);
  });

  it('name a picture that cannot be read', async () => {
    const inputImages = [toInputImage(Buffer.from('no picture at all'))];
    const error = await fail(provider, prepare({ operation: 'edit', inputImages }).call);
    expect(error).toMatchObject({ kind: 'invalid_request', reason: 'input_unreadable' });
  });

  it.each<[ComfyuiFaultName | ConnectionFault, object]>([
    ['unavailable', { kind: 'unavailable' }],
    ['server_error', { kind: 'failed', status: 500 }],
    ['html_success', { kind: 'malformed' }],
    ['list_answer', { kind: 'malformed' }],
    ['cut', { kind: 'unavailable' }],
  ])(
    'are asked for again after %s, and the job is never ordered again',
    async (fault, expected) => {
      const { call, reference, received } = await prepareEnded();
      simulator.failNext(fault);
      const facts = { mayHaveBeenPaid: true, isRetryable: false, canFailOver: false };
      await expect(provider.status({ ...call, reference })).rejects.toMatchObject({
        ...expected,
        ...facts,
      });
      expect(await provider.status({ ...call, reference })).toMatchObject({ state: 'finished' });
      expect(received).toHaveLength(1);
      expect(simulator.orders).toEqual([]);
    },
  );

  it('are not looked for with a reference that is not ours', async () => {
    for (const reference of [null, {}, { promptId: 7 }] as JsonValue[]) {
      await expect(provider.status({ ...prepare().call, reference })).rejects.toMatchObject({
        kind: 'failed',
        reason: 'unknown_reference',
      });
    }
    expect(simulator.callCount).toBe(0);
  });
});
