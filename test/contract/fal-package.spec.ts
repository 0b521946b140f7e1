// Proves that the simulator of fal speaks as the vendor does: its official package takes it for the vendor.
import { ApiError, createFalClient, ValidationError } from '@fal-ai/client';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FalSimulator } from '../simulators/fal.simulator.js';
import { makePicture } from '../simulators/simulator-picture.js';

const KEY = 'fal-simulated-id:0123456789abcdef';
const DEV = 'fal-ai/flux/dev';
const KONTEXT = 'fal-ai/flux-pro/kontext';

let simulator: FalSimulator;
let fal: ReturnType<typeof createFalClient>;

beforeAll(async () => {
  simulator = await FalSimulator.start({ apiKey: KEY });
  fal = createClient(KEY);
});
afterAll(() => simulator.stop());
beforeEach(() => {
  simulator.reset();
  simulator.jobMs = 0;
});

/** The package knows no other hosts than the vendor's own: what it sends there goes to the simulator. */
function createClient(credentials: string): typeof fal {
  const redirect: typeof fetch = (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    return fetch(`${simulator.origin}${pathname}${search}`, init);
  };
  return createFalClient({ credentials, fetch: redirect, retry: { maxRetries: 0 } });
}

function catchError(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('the official package', () => {
  it('orders, asks on until the request has ended, and gets its pictures', async () => {
    simulator.jobMs = 60_000;
    const seen: string[] = [];
    const result = await fal.subscribe(DEV, {
      input: { prompt: 'a fox', image_size: 'square', num_images: 2, seed: 7 },
      pollInterval: 10,
      onQueueUpdate: ({ status }) => {
        seen.push(status);
        simulator.jobMs = 0;
      },
    });
    expect(seen).toEqual(['IN_QUEUE', 'COMPLETED']);
    expect(simulator.asked).toContain(result.requestId);
    expect(result.data).toMatchObject({ seed: 7, has_nsfw_concepts: [false, false] });
    const { images } = result.data as { images: { url: string }[] };
    const bytes = await Promise.all(
      images.map(async ({ url }) => Buffer.from(await (await fetch(url)).arrayBuffer())),
    );
    expect(await sharp(bytes[1]).metadata()).toMatchObject({ width: 512, format: 'jpeg' });
    expect(simulator.orders).toHaveLength(1);
  });

  it('finds a request of a model with a longer name', async () => {
    const picture = await makePicture('given', 64, 32, 'png');
    const image_url = `data:image/png;base64,${picture.toString('base64')}`;
    const { request_id: requestId } = await fal.queue.submit(KONTEXT, {
      input: { prompt: 'in snow', image_url },
    });
    expect(await fal.queue.status(KONTEXT, { requestId })).toMatchObject({ status: 'COMPLETED' });
    const { data } = await fal.queue.result(KONTEXT, { requestId });
    expect(data).toMatchObject({ images: [{ width: 64, height: 32 }] });
  });

  it('uploads a picture and has it read', async () => {
    const picture = await makePicture('given', 48, 32, 'png');
    const file = new File([new Uint8Array(picture)], 'given.png', { type: 'image/png' });
    const image_url = await fal.storage.upload(file);
    const upscaled = await fal.subscribe('fal-ai/clarity-upscaler', { input: { image_url } });
    expect(upscaled.data).toMatchObject({ image: { width: 96, height: 64 } });
  });

  it('cancels what waits, and is told that it is too late for what has ended', async () => {
    simulator.jobMs = 60_000;
    const { request_id: requestId } = await fal.queue.submit(DEV, { input: { prompt: 'a fox' } });
    expect(await fal.queue.status(DEV, { requestId })).toMatchObject({ status: 'IN_QUEUE' });
    await fal.queue.cancel(DEV, { requestId });
    simulator.jobMs = 0;
    const late = await fal.queue.submit(DEV, { input: { prompt: 'a fox' } });
    const error = await catchError(fal.queue.cancel(DEV, { requestId: late.request_id }));
    expect(error).toMatchObject({ status: 400, body: { status: 'ALREADY_COMPLETED' } });
  });

  it('names the field at fault, and a refusal', async () => {
    const { request_id: requestId } = await fal.queue.submit(DEV, {
      input: { prompt: 'a fox', num_images: 9 },
    });
    const error = await catchError(fal.queue.result(DEV, { requestId }));
    expect(error).toBeInstanceOf(ValidationError);
    expect((error as ValidationError).getFieldErrors('num_images')).toHaveLength(1);
    expect((error as ValidationError).requestId).toBe(requestId);
    const refused = await catchError(
      fal.subscribe(DEV, { input: { prompt: 'something bad [sim:moderation]' } }),
    );
    expect((refused as ValidationError).fieldErrors).toMatchObject([
      { type: 'content_policy_violation' },
    ]);
  });

  it('is told of a key that is not taken and of an account without money', async () => {
    const stranger = createClient('nobody:nothing');
    const error = await catchError(stranger.queue.submit(DEV, { input: { prompt: 'a fox' } }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 401 });
    simulator.failNext('locked');
    const locked = await catchError(fal.queue.submit(DEV, { input: { prompt: 'a fox' } }));
    expect(locked).toMatchObject({ status: 403, body: { detail: expect.any(String) } });
  });
});
