import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { mapAbort } from '../providers/shared/map-abort.js';
import type { ImageStatusCall } from '../providers/spec/image-call.js';
import type { ImageProviderStrategy } from '../providers/spec/image-provider.strategy.js';
import type { ImageResult, ImageStatus } from '../providers/spec/image-result.js';
import { ProviderError } from '../providers/spec/provider.errors.js';

const FIRST_WAIT_MS = 500;
const WAIT_GROWTH = 1.5;
const WAIT_MS_MAX = 5_000;
const MS_PER_S = 1_000;
/** How long a vendor is given to take note that nobody waits any more. */
const CANCEL_TIMEOUT_MS = 10_000;
const SERVER_ERROR_MIN = 500;
/** Answers in a row that cannot be read before the vendor is given up. */
const MALFORMED_MAX = 5;

const logger = new Logger('FollowSubmission');

/**
 * Asks after a job that a vendor has accepted until it has ended. Asking costs nothing, so what passes is waited for:
 * the network, a vendor that is overloaded or limits us. Ends with the call's signal, and then tells the vendor to stop.
 * @throws ProviderError of a job that failed, `timeout` or `canceled` with the signal; what `deliver` threw.
 */
export async function followSubmission(
  strategy: ImageProviderStrategy,
  call: ImageStatusCall,
): Promise<ImageResult> {
  const options = { provider: strategy.id, model: call.model, mayHaveBeenPaid: true };
  if (!strategy.status) throw new ProviderError('malformed', options);
  let waitMs = FIRST_WAIT_MS;
  let malformed = 0;
  for (;;) {
    const answer = await ask(strategy, call);
    if (!(answer instanceof ProviderError) && answer.state === 'finished') return answer.result;
    if (!(answer instanceof ProviderError) && answer.state === 'running') {
      const { progress } = answer;
      call.onProgress?.({ step: progress === null ? 'waiting' : 'rendering', fraction: progress });
    }
    if (call.signal.aborted) {
      await tellToStop(strategy, call);
      throw mapAbort(call.signal, options);
    }
    const isMalformed = answer instanceof ProviderError && answer.kind === 'malformed';
    malformed = isMalformed ? malformed + 1 : 0;
    if (answer instanceof ProviderError && (malformed > MALFORMED_MAX || !isPassing(answer))) {
      throw answer;
    }
    const advisedMs = answer instanceof ProviderError ? (answer.retryAfterS ?? 0) * MS_PER_S : 0;
    // A signal that aborts ends the wait; the next round finds it aborted.
    await sleep(Math.max(waitMs, advisedMs), undefined, { signal: call.signal }).catch(() => null);
    waitMs = Math.min(waitMs * WAIT_GROWTH, WAIT_MS_MAX);
  }
}

/** What is thrown for the answer's sake comes back as a value; anything else is not the vendor's. */
async function ask(
  strategy: ImageProviderStrategy,
  call: ImageStatusCall,
): Promise<ImageStatus | ProviderError> {
  try {
    return await strategy.status!(call);
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

/** Whether the fault lies in the asking and not in the job. */
function isPassing({ kind, status, reason }: ProviderError): boolean {
  // What the guard has refused it refuses again.
  if (reason === 'address_refused') return false;
  if (kind === 'unavailable' || kind === 'rate_limited' || kind === 'timeout') return true;
  return kind === 'malformed' || (kind === 'failed' && (status ?? 0) >= SERVER_ERROR_MIN);
}

/** Tells the vendor that nobody waits for a job any more. Never throws. */
export async function tellToStop(
  strategy: ImageProviderStrategy,
  call: ImageStatusCall,
): Promise<void> {
  try {
    await strategy.cancel?.({ ...call, signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) });
  } catch (error) {
    logger.warn(`${strategy.id} was not told that a job is not wanted any more: ${String(error)}`);
  }
}
