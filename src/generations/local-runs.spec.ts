// Proves which leases a process keeps alive: those of the runs it works on, and no others.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import { StopGrace } from '../config/stop-grace.js';
import type { MetricsService } from '../metrics/metrics.service.js';
import { InProcessJobNews } from './adapters/in-process-job-news.js';
import type { GenerationsRepository } from './domain/generations.repository.port.js';
import { LocalRuns } from './local-runs.js';

const LEASE_S = 3;
const RENEWED_AFTER_MS = 1_000;
const GRACE_MS = 1_000;

function make(toCancel: string[] = []) {
  const renewed: string[][] = [];
  const repository = {
    renewLeases: async (ids: readonly string[]) => {
      renewed.push([...ids]);
      return toCancel;
    },
  } as unknown as GenerationsRepository;
  const config = { generations: { leaseS: LEASE_S } } as AppConfig;
  const metrics = { runs: { labels: () => ({ set: () => undefined }) } };
  const grace = new StopGrace(GRACE_MS);
  const counted = metrics as unknown as MetricsService;
  const runs = new LocalRuns(config, repository, counted, grace, new InProcessJobNews());
  runs.onApplicationBootstrap();
  return { runs, renewed };
}

describe('LocalRuns', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('renews the leases of its runs by name, so that a row nobody works on lapses', async () => {
    const { runs, renewed } = make();
    let end = (): void => undefined;
    const first = runs.start('first', () => new Promise((resolve) => (end = () => resolve(null))));
    void runs.start('second', () => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(RENEWED_AFTER_MS);
    end();
    await first;
    await vi.advanceTimersByTimeAsync(RENEWED_AFTER_MS);
    expect(renewed).toEqual([['first', 'second'], ['second']]);
  });

  it('asks nothing while it has no run', async () => {
    const { renewed } = make();
    await vi.advanceTimersByTimeAsync(10 * RENEWED_AFTER_MS);
    expect(renewed).toEqual([]);
  });

  it('stops a run whose cancel came between its claim and its start', async () => {
    const { runs } = make();
    runs.cancel('first');
    const seen = async (id: string): Promise<boolean> => {
      let isCanceled = false;
      await runs.start(id, async (cancel) => ((isCanceled = cancel.aborted), null));
      return isCanceled;
    };
    expect([await seen('first'), await seen('second'), await seen('first')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('stops a run whose cancel another process asked for', async () => {
    const { runs } = make(['first']);
    const reason = new Promise((resolve) => {
      void runs.start('first', (cancel) => {
        cancel.addEventListener('abort', () => resolve(cancel.reason));
        return new Promise(() => undefined);
      });
    });
    await vi.advanceTimersByTimeAsync(RENEWED_AFTER_MS);
    expect(await reason).toMatchObject({ code: 'generations.canceled' });
  });

  it('waits for its runs when the process stops, but not beyond the grace', async () => {
    const { runs } = make();
    let end = (): void => undefined;
    void runs.start('first', () => new Promise((resolve) => (end = () => resolve(null))));
    const stopped = vi.fn();
    void runs.beforeApplicationShutdown().then(stopped);
    await vi.advanceTimersByTimeAsync(GRACE_MS / 2);
    expect(stopped).not.toHaveBeenCalled();
    end();
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toHaveBeenCalledOnce();

    void runs.start('stuck', () => new Promise(() => undefined));
    const givenUp = vi.fn();
    void runs.beforeApplicationShutdown().then(givenUp);
    await vi.advanceTimersByTimeAsync(GRACE_MS / 2);
    expect(givenUp).toHaveBeenCalledOnce();
  });
});
