import { joinSignals } from '../../common/join-signals.js';
import type { DeliveredImage, ImageCall } from '../spec/image-call.js';
import type { ProviderWarning } from '../spec/image-result.js';
import { ProviderError } from '../spec/provider.errors.js';

/** Requests of one call that are at the vendor at the same moment. */
const AT_ONCE_MAX = 4;

/** One picture that a request of its own made. */
export interface MadePicture<T> {
  index: number;
  facts: T;
}

export interface FannedOut<T> {
  /** In order of index; at least one. */
  made: readonly MadePicture<T>[];
  /** Says how many are missing, and why. */
  warnings: readonly ProviderWarning[];
}

/** A call for the one picture `index`; its `deliver` waits until the pictures before it are done. */
export type SingleCall = ImageCall & { n: 1; index: number };

/**
 * Makes the `n` pictures of a call with a vendor that makes one a request: side by side, delivered in order. After the
 * first failure no further request is made; what came is kept. What is not a ProviderError ends all of them at once.
 * @throws ProviderError when no picture came or the call was ended from our side; all else that `make` threw, unchanged
 */
export async function fanOutCalls<T>(
  call: ImageCall,
  make: (single: SingleCall) => Promise<T>,
): Promise<FannedOut<T>> {
  const made: MadePicture<T>[] = [];
  const failures: ProviderError[] = [];
  const ending = new AbortController();
  /** One per request begun; over when it and all before it are. */
  const turns: Promise<unknown>[] = [];
  let fault: { error: unknown } | null = null;

  const makeOne = async (index: number, signal: AbortSignal): Promise<void> => {
    const before = turns[index - 1];
    const deliver = async (image: DeliveredImage): Promise<void> => {
      await before;
      await call.deliver(image);
    };
    try {
      made.push({ index, facts: await make({ ...call, n: 1, index, signal, deliver }) });
    } catch (error) {
      if (error instanceof ProviderError) failures.push(error);
      else {
        fault ??= { error };
        ending.abort();
      }
    }
  };

  const work = async (signal: AbortSignal): Promise<void> => {
    while (turns.length < call.n && failures.length === 0 && !ending.signal.aborted) {
      const index = turns.length;
      const end = makeOne(index, signal);
      turns.push(Promise.all([turns[index - 1], end]));
      await end;
    }
  };
  await joinSignals([call.signal, ending.signal], (signal) =>
    Promise.all(Array.from({ length: Math.min(call.n, AT_ONCE_MAX) }, () => work(signal))),
  );

  const ended = fault as { error: unknown } | null;
  if (ended) throw ended.error;
  const [failure] = failures.toSorted(byCertainty);
  if (failure && (made.length === 0 || call.signal.aborted)) throw failure;
  return {
    made: made.toSorted((left, right) => left.index - right.index),
    warnings: failure ? [toFewerImages(call.n, made.length, failure)] : [],
  };
}

/** Of several failures the one that may have cost money speaks for all. */
function byCertainty(left: ProviderError, right: ProviderError): number {
  return Number(right.mayHaveBeenPaid) - Number(left.mayHaveBeenPaid);
}

function toFewerImages(asked: number, made: number, failure: ProviderError): ProviderWarning {
  const message = `the provider made ${made} of ${asked} pictures. ${failure.message}`;
  return { code: 'fewer_images', field: 'n', message };
}

/** Equal seeds make equal pictures: each picture of a call has its own, which is reported. */
export function toSeedOf(seed: number | null | undefined, index: number, max: number) {
  return seed === null || seed === undefined ? null : (seed + index) % (max + 1);
}
