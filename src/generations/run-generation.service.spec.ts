// Proves that a job whose pictures an earlier process had stored is delivered, not ordered elsewhere, when it ends badly.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PhaseTimer } from '../http/phase-timer.js';
import type { MediaAsset } from '../media/domain/media-asset.js';
import type { MediaService } from '../media/media.service.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { ProviderError } from '../providers/spec/provider.errors.js';
import type { CallVendorService } from './call-vendor.service.js';
import type { ConcludeGenerationService, EndedRun } from './conclude-generation.service.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import type { FailOverService } from './fail-over.service.js';
import type { ReceivedPictures } from './received-pictures.js';
import { RunGenerationService } from './run-generation.service.js';

const FAILED = new ProviderError('failed', { provider: 'comfyui', model: 'flux' });
const STORED = [{ id: 'picture', role: 'output' }] as MediaAsset[];

let stored: MediaAsset[];
let ended: EndedRun | null;
const advance = vi.fn(() => Promise.resolve(null));

function toRun(vendorReference: string | null): OwnedRun {
  const generation = { id: 'generation', provider: 'comfyui', options: {} };
  return { generation, attempt: { id: 'attempt', vendorReference } } as unknown as OwnedRun;
}

function run(vendorReference: string | null): Promise<unknown> {
  const pictures = { count: 0, warnings: [], keep: () => Promise.resolve([]) };
  const service = new RunGenerationService(
    { call: () => Promise.reject(FAILED) } as unknown as CallVendorService,
    { advance, explain: (error: unknown) => Promise.resolve(error) } as unknown as FailOverService,
    { recover: () => Promise.resolve(stored) } as unknown as MediaService,
    { open: () => pictures } as unknown as ReceivedPictures,
    {
      conclude: (one: EndedRun) => Promise.resolve(void (ended = one)),
    } as unknown as ConcludeGenerationService,
    new MetricsService(),
  );
  return service.run(toRun(vendorReference), new AbortController().signal, new PhaseTimer());
}

beforeEach(() => {
  advance.mockClear();
  stored = [];
  ended = null;
});

describe('an attempt that fails', () => {
  it('is delivered with what an earlier process of it had stored, and goes nowhere else', async () => {
    stored = STORED;
    await run('job');
    expect(advance).not.toHaveBeenCalled();
    expect(ended).toMatchObject({ images: STORED, outcome: { delivered: 1 } });
  });

  it.each(['job', null])('with nothing stored goes on to the next candidate (%s)', async (job) => {
    await run(job);
    expect(advance).toHaveBeenCalledOnce();
    expect(ended).toMatchObject({ images: [], outcome: { delivered: 0 } });
  });
});
