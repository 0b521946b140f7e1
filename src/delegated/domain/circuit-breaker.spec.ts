// Proves when the breaker opens, that one probe alone goes through it afterwards, and what its outcome does.
import { beforeEach, describe, expect, it } from 'vitest';
import { BreakerOpenError, CircuitBreaker } from './circuit-breaker.js';

const OPEN_MS = 60_000;

class Fault extends Error {}

let nowMs: number;
let calls: number;
let breaker: CircuitBreaker;

beforeEach(() => {
  nowMs = 0;
  calls = 0;
  breaker = new CircuitBreaker({
    faultsMax: 5,
    openMs: OPEN_MS,
    nowMs: () => nowMs,
    isFault: (error) => error instanceof Fault,
  });
});

function answer(): Promise<string> {
  return breaker.run(async () => {
    calls += 1;
    return 'answer';
  });
}

async function throwing(error: Error, times = 1): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const work = breaker.run(async () => {
      calls += 1;
      throw error;
    });
    await expect(work).rejects.toBe(error);
  }
}

/** A call that ends when it is told to. */
function held() {
  let resolve!: (text: string) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<string>((onAnswer, onFault) => {
    resolve = onAnswer;
    reject = onFault;
  });
  const work = breaker.run(() => {
    calls += 1;
    return promise;
  });
  return { work, resolve, reject };
}

describe('a closed breaker', () => {
  it('opens with the fifth fault in a row and then calls nobody', async () => {
    await throwing(new Fault(), 4);
    expect(await answer()).toBe('answer');
    await throwing(new Fault(), 5);
    nowMs = 20_000;
    await expect(answer()).rejects.toThrow(BreakerOpenError);
    await expect(answer()).rejects.toMatchObject({ retryInMs: OPEN_MS - 20_000 });
    expect(calls).toBe(10);
  });

  it('is not opened by what is nobody else’s fault', async () => {
    await throwing(new Error('a refusal'), 50);
    expect(await answer()).toBe('answer');
  });

  it('counts faults that come back side by side', async () => {
    const flights = Array.from({ length: 5 }, held);
    for (const { work, reject } of flights) {
      reject(new Fault());
      await expect(work).rejects.toThrow(Fault);
    }
    await expect(answer()).rejects.toThrow(BreakerOpenError);
  });
});

describe('an open breaker whose time has passed', () => {
  beforeEach(async () => {
    await throwing(new Fault(), 5);
    calls = 0;
    nowMs = OPEN_MS;
  });

  it('lets exactly one probe through, and closes with its success', async () => {
    const probe = held();
    const others = Array.from({ length: 20 }, () => answer());
    for (const other of others) await expect(other).rejects.toThrow(BreakerOpenError);
    expect(calls).toBe(1);
    probe.resolve('back');
    expect(await probe.work).toBe('back');
    await throwing(new Fault(), 4);
    expect(await answer()).toBe('answer');
  });

  it('opens for the whole time again when the probe fails', async () => {
    await throwing(new Fault());
    nowMs = 2 * OPEN_MS - 1;
    await expect(answer()).rejects.toMatchObject({ retryInMs: 1 });
    nowMs = 2 * OPEN_MS;
    expect(await answer()).toBe('answer');
    expect(calls).toBe(2);
  });

  it('takes another probe when the first one told nothing', async () => {
    await throwing(new Error('given up by the caller'));
    expect(await answer()).toBe('answer');
    expect(await answer()).toBe('answer');
  });
});

describe('a call from before the breaker opened', () => {
  it('neither closes it nor ends the probe', async () => {
    const early = held();
    const late = held();
    await throwing(new Fault(), 5);
    early.resolve('late answer');
    await early.work;
    await expect(answer()).rejects.toThrow(BreakerOpenError);
    nowMs = OPEN_MS;
    const probe = held();
    late.reject(new Fault());
    await expect(late.work).rejects.toThrow(Fault);
    await expect(answer()).rejects.toThrow(BreakerOpenError);
    probe.resolve('back');
    await probe.work;
    expect(await answer()).toBe('answer');
  });
});
