// Proves that the simulator of Replicate speaks as the vendor does: its official package takes it for the vendor.
import Replicate from 'replicate';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ReplicateSimulator } from '../simulators/replicate.simulator.js';
import { makePicture } from '../simulators/simulator-picture.js';

const KEY = 'r8_simulated_key_0123456789';
const SCHNELL = 'black-forest-labs/flux-schnell';
const DEV = 'black-forest-labs/flux-dev';
const VTON = '0513734a452173b8173e907e3a59d19a36266e55b48528559432bd21c7d7e985';

let simulator: ReplicateSimulator;
let replicate: Replicate;

beforeAll(async () => {
  simulator = await ReplicateSimulator.start({ apiKey: KEY });
  replicate = new Replicate({ auth: KEY, baseUrl: simulator.baseUrl });
});
afterAll(() => simulator.stop());
beforeEach(() => {
  simulator.reset();
  simulator.jobMs = 0;
});

function catchError(work: Promise<unknown>): Promise<Error | null> {
  return work.then(
    () => null,
    (error: unknown) => error as Error,
  );
}

async function readPicture(url: unknown) {
  const bytes = Buffer.from(await (await fetch(String(url))).arrayBuffer());
  const { width, height, format } = await sharp(bytes).metadata();
  return { width, height, format };
}

describe('the official package', () => {
  it('orders, asks after and gets a prediction', async () => {
    simulator.jobMs = 60_000;
    const prediction = await replicate.predictions.create({
      model: SCHNELL,
      input: { prompt: 'a fox', num_outputs: 2 },
    });
    expect(prediction).toMatchObject({ status: 'starting', model: SCHNELL, error: null });
    expect(prediction.input).toEqual({ prompt: 'a fox', num_outputs: 2 });
    expect(Date.parse(prediction.created_at)).toBeGreaterThan(0);
    expect(await replicate.predictions.get(prediction.id)).toMatchObject({ status: 'processing' });
    simulator.jobMs = 0;
    const ended = await replicate.wait(prediction, { interval: 10 });
    expect(ended.status).toBe('succeeded');
    expect(ended.output).toHaveLength(2);
    expect(await readPicture(ended.output[1])).toMatchObject({ width: 1024, format: 'webp' });
  });

  it('cancels a prediction', async () => {
    simulator.jobMs = 60_000;
    const { id } = await replicate.predictions.create({ model: SCHNELL, input: { prompt: 'fox' } });
    expect(await replicate.predictions.cancel(id)).toMatchObject({ id, status: 'canceled' });
    expect(await replicate.predictions.get(id)).toMatchObject({ status: 'canceled' });
  });

  it('has the vendor wait for it', async () => {
    simulator.jobMs = 100;
    const output = await replicate.run(SCHNELL, { input: { prompt: 'a fox' } });
    expect(output).toHaveLength(1);
    const waited = await replicate.predictions.create({
      model: SCHNELL,
      input: { prompt: 'a fox' },
      wait: 30,
    });
    expect(waited).toMatchObject({ status: 'succeeded', output: [expect.any(String)] });
    // No question was asked: the order itself was answered late.
    expect(simulator.calls.map(({ method }) => method)).toEqual(['POST', 'POST']);
    expect(simulator.calls.map(({ headers }) => headers.prefer)).toEqual(['wait', 'wait=30']);
  });

  it('asks on when the vendor does not wait so long', async () => {
    const input = { prompt: 'a fox' };
    const seen: string[] = [];
    const note = ({ status }: { status: string }) => {
      seen.push(status);
      simulator.jobMs = 0;
    };
    simulator.jobMs = 60_000;
    const block = { mode: 'block', timeout: 1 } as const;
    expect(await replicate.run(SCHNELL, { input, wait: block }, note)).toHaveLength(1);
    expect(seen).toEqual(['starting', 'succeeded']);
    simulator.jobMs = 60_000;
    const poll = { mode: 'poll', interval: 10 } as const;
    expect(await replicate.run(SCHNELL, { input, wait: poll }, note)).toHaveLength(1);
    expect(simulator.orders).toHaveLength(2);
  });

  it('uploads files, and gives pictures as files to a model', async () => {
    const picture = await makePicture('given', 48, 32, 'png');
    const file = await replicate.files.create(picture, { of: 'a test' });
    expect(file).toMatchObject({ content_type: 'application/octet-stream', size: picture.length });
    expect(await replicate.files.get(file.id)).toMatchObject({ id: file.id, urls: file.urls });
    const dressed = await replicate.run(`cuuupid/idm-vton:${VTON}`, {
      input: { human_img: picture, garm_img: file.urls.get, garment_des: 'a shirt' },
    });
    expect(await readPicture(dressed)).toMatchObject({ width: 48, height: 32, format: 'jpeg' });
    const blob = new Blob([new Uint8Array(picture)], { type: 'image/png' });
    const edited = await replicate.run(DEV, { input: { prompt: 'in snow', image: blob } });
    expect(edited).toHaveLength(1);
    expect(await replicate.files.delete(file.id)).toBe(true);
    expect((await catchError(replicate.files.get(file.id)))?.message).toContain('404');
  });

  it('is told what is wrong', async () => {
    const prediction = (input: object) => replicate.predictions.create({ model: SCHNELL, input });
    expect((await catchError(prediction({})))?.message).toContain('prompt is required');
    simulator.failNext('no_credits');
    expect((await catchError(prediction({ prompt: 'fox' })))?.message).toContain('402');
    const stranger = new Replicate({ auth: 'r8_nobody', baseUrl: simulator.baseUrl });
    const denied = stranger.predictions.get('1234');
    expect((await catchError(denied))?.message).toContain('401');
    simulator.failNext('nsfw');
    const refused = replicate.run(SCHNELL, { input: { prompt: 'something bad' } });
    expect((await catchError(refused))?.message).toContain('NSFW content detected');
  });
});
