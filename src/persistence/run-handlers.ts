import { redact } from '../common/redact.js';
import type { DeliveredEvent, OutboxHandler } from './outbox-handlers.js';

export interface HandlersResult {
  /** Names of the handlers that are done with the event. */
  done: string[];
  /** What the others threw, for the log and the row; null when there were none. */
  error: string | null;
}

/** Runs the handlers of one event side by side and waits for all, but not beyond the signal. */
export async function runHandlers(
  event: DeliveredEvent,
  handlers: readonly [name: string, handler: OutboxHandler][],
  signal: AbortSignal,
): Promise<HandlersResult> {
  const results = await Promise.allSettled(
    handlers.map(([, handler]) => unlessAborted(async () => handler(event, signal), signal)),
  );
  const done: string[] = [];
  const errors: string[] = [];
  for (const [index, result] of results.entries()) {
    const [name] = handlers[index]!;
    if (result.status === 'fulfilled') done.push(name);
    else errors.push(`${name}: ${toText(result.reason)}`);
  }
  return { done, error: errors.length > 0 ? errors.join('; ') : null };
}

/** Ends the wait when the signal aborts, whether or not the handler listens to it. */
function unlessAborted(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error('the handler took too long'));
    signal.addEventListener('abort', giveUp, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', giveUp));
  });
}

function toText(reason: unknown): string {
  return redact(reason instanceof Error ? reason.message : String(reason));
}
