// Proves that a job is asked after until it ends, that what passes is waited for, and that nobody is left working in vain.
import { describe, expect, it, vi } from 'vitest';
import type { ImageStatusCall } from '../providers/spec/image-call.js';
import type { ImageProviderStrategy } from '../providers/spec/image-provider.strategy.js';
import type { ImageResult, ImageStatus } from '../providers/spec/image-result.js';
import { ProviderError, type ProviderErrorKind } from '../providers/spec/provider.errors.js';
import { canceled } from './domain/outcome.js';
import { followSubmission } from './follow-submission.js';

const RESULT = { deliveredCount: 1 } as ImageResult;
const FINISHED: ImageStatus = { state: 'finished', result: RESULT };
const RUNNING: ImageStatus = { state: 'running', progress: null };

function fault(kind: ProviderErrorKind, status: number | null = null): ProviderError {
  return new ProviderError(kind, { provider: 'slow', model: 'm', status });
}

/** Answers one after the other; the last one again and again. */
function vendorOf(...answers: (ImageStatus | Error)[]) {
  let asked = 0;
  const cancel = vi.fn(async () => undefined);
  const status = vi.fn(async () => {
    const answer = answers[Math.min(asked, answers.length - 1)]!;
    asked += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return {
    strategy: { id: 'slow', status, cancel } as unknown as ImageProviderStrategy,
    status,
    cancel,
  };
}

function callWith(signal: AbortSignal = new AbortController().signal): ImageStatusCall {
  const credential = { baseUrl: null, apiKey: null };
  const deliver = async () => undefined;
  return { attemptId: 'a', model: 'm', reference: 'job-1', n: 1, credential, signal, deliver };
}

describe.concurrent('followSubmission', () => {
  it('asks until the job has ended', async () => {
    const { strategy, status } = vendorOf(RUNNING, RUNNING, FINISHED);
    expect(await followSubmission(strategy, callWith())).toBe(RESULT);
    expect(status).toHaveBeenCalledTimes(3);
  });

  it.each<[ProviderErrorKind, number | null]>([
    ['unavailable', null],
    ['unavailable', 503],
    ['timeout', null],
    ['rate_limited', 429],
    ['malformed', 200],
    ['failed', 500],
  ])('asks again after %s (%s)', async (kind, status) => {
    const { strategy } = vendorOf(fault(kind, status), FINISHED);
    expect(await followSubmission(strategy, callWith())).toBe(RESULT);
  });

  it.each<ProviderErrorKind>(['refused', 'failed', 'unauthorized', 'invalid_request'])(
    'ends with a job that is %s',
    async (kind) => {
      const error = fault(kind);
      const { strategy, cancel } = vendorOf(RUNNING, error, FINISHED);
      await expect(followSubmission(strategy, callWith())).rejects.toBe(error);
      expect(cancel).not.toHaveBeenCalled();
    },
  );

  it('does not wait for an address that the guard refuses', async () => {
    const base = { provider: 'slow', model: 'm', reason: 'address_refused' };
    const error = new ProviderError('unavailable', base);
    const { strategy } = vendorOf(RUNNING, error, FINISHED);
    await expect(followSubmission(strategy, callWith())).rejects.toBe(error);
  });

  it('gives back what the store threw, unchanged', async () => {
    const full = new Error('disk full');
    const { strategy } = vendorOf(full);
    await expect(followSubmission(strategy, callWith())).rejects.toBe(full);
  });

  it('tells the vendor to stop when the caller does not want it any more', async () => {
    const { strategy, cancel } = vendorOf(RUNNING);
    const controller = new AbortController();
    const following = followSubmission(strategy, callWith(controller.signal));
    setTimeout(() => controller.abort(canceled()), 50);
    await expect(following).rejects.toMatchObject({ kind: 'canceled' });
    expect(cancel).toHaveBeenCalledOnce();
  });

  it('says at its deadline that the vendor may have done the work', async () => {
    const { strategy, cancel } = vendorOf(RUNNING);
    await expect(
      followSubmission(strategy, callWith(AbortSignal.timeout(50))),
    ).rejects.toMatchObject({ kind: 'timeout', mayHaveBeenPaid: true });
    expect(cancel).toHaveBeenCalledOnce();
  });
});
