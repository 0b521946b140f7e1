/**
 * Proves what becomes of the pictures of a run that another process concluded meanwhile: kept where they were charged,
 * taken back where they were not.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConcludeGenerationService } from '../../src/generations/conclude-generation.service.js';
import {
  GenerationsRepository,
  type OwnedRun,
} from '../../src/generations/domain/generations.repository.port.js';
import { toUnsent } from '../../src/generations/unsent-run.js';
import { interrupted } from '../../src/generations/domain/outcome.js';
import type { MediaAsset } from '../../src/media/domain/media-asset.js';
import { MediaService } from '../../src/media/media.service.js';
import { startApplication, type TestApplication } from '../setup/application.js';
import { makePicture } from '../simulators/simulator-picture.js';

const PATH = '/api/v1/image-generations';

describe('a run that ends after another process concluded its generation', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    atelier = await startApplication();
  });
  afterAll(() => atelier.stop());

  async function findRun(id: string): Promise<OwnedRun> {
    const repository = atelier.app.get(GenerationsRepository, { strict: false });
    const [generation, [attempt]] = await Promise.all([
      repository.find(id),
      repository.listAttempts([id]),
    ]);
    return { generation: generation!, attempt: attempt! };
  }

  function conclude(run: OwnedRun, images: MediaAsset[]) {
    const outcome = { ...toUnsent(run, interrupted()).outcome, delivered: images.length };
    const ended = { ...toUnsent(run, interrupted()), images, outcome };
    return atelier.app.get(ConcludeGenerationService, { strict: false }).conclude(ended);
  }

  it('keeps the pictures that the other one charged', async () => {
    const media = atelier.app.get(MediaService, { strict: false });
    const made = await atelier.call('POST', PATH, { prompt: 'paid for', size: '32x32' });
    const images = await media.findAssets([made.body.id]);
    expect(await conclude(await findRun(made.body.id), images)).toBeNull();
    expect((await fetch(made.body.images[0].url)).status).toBe(200);
    const read = await atelier.call('GET', `${PATH}/${made.body.id}`);
    expect(read.body).toMatchObject({ status: 'succeeded', cost_micros: 1000 });
  });

  it('takes back the pictures that nobody paid for', async () => {
    const media = atelier.app.get(MediaService, { strict: false });
    const slow = { prompt: 'never mind', size: '32x32', provider_options: { delay_ms: 30_000 } };
    const { body } = await atelier.call('POST', PATH, slow, {
      ...atelier.key,
      prefer: 'respond-async',
    });
    await atelier.call('POST', `${PATH}/${body.id}/cancel`);
    const run = await findRun(body.id);
    expect(run.generation.status).toBe('canceled');
    const target = {
      generationId: body.id,
      attemptId: run.attempt.id,
      role: 'output' as const,
      index: 0,
    };
    const staged = await media.stage(target, [await makePicture('late', 32, 32, 'png')]);
    const images = await media.record(run.generation.searchSpaceId, [{ staged }]);
    expect(await conclude(run, images)).toBeNull();
    expect(await media.findAssets([body.id])).toEqual([]);
    await expect(media.openAsset(images[0]!)).rejects.toMatchObject({ code: 'request.not_found' });
    expect((await atelier.call('GET', `${PATH}/${body.id}`)).body.cost_micros).toBe(0);
  });
});
