import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { mapAbort } from '../providers/shared/map-abort.js';
import { ConnectionGate, type ConnectionPass } from './connection-gate.js';
import { ConnectionSlots } from './connection-slots.js';
import { ErrorRules } from './error-rules.js';
import { planRepeat } from './plan-repeat.js';
import {
  type CallProgress,
  UpstreamCalls,
  type UpstreamCallOptions,
  type UpstreamTarget,
} from './upstream-calls.port.js';
import { UpstreamFigures } from './upstream-figures.js';

/** Says nothing of the connection: what an operator's rule leaves out of figures and breaker. */
const UNMONITORED = new DomainError('internal', 'A rule leaves this failure out.');

type Call<T> = (signal: AbortSignal, progress: CallProgress) => Promise<T>;

/** Of one time that the call was made. */
type Ending<T> = { value: T } | { error: unknown };

@Injectable()
export class ResilientUpstreamCalls extends UpstreamCalls {
  constructor(
    private readonly config: AppConfig,
    private readonly slots: ConnectionSlots,
    private readonly gate: ConnectionGate,
    private readonly figures: UpstreamFigures,
    private readonly rules: ErrorRules,
  ) {
    super();
  }

  async run<T>(target: UpstreamTarget, options: UpstreamCallOptions, call: Call<T>): Promise<T> {
    this.gate.assertOpen(target);
    const slot = await mappingAborts(target, options, () => this.slots.acquire(target, options));
    try {
      // While it waited for the slot others may have found the vendor failing.
      const pass = await this.gate.enter(target);
      return await this.persist(target, options, call, pass);
    } finally {
      await slot.release();
    }
  }

  /** Makes the call until it succeeds, may not be repeated, or the connection is shut meanwhile. */
  private async persist<T>(
    target: UpstreamTarget,
    options: UpstreamCallOptions,
    call: Call<T>,
    pass: ConnectionPass,
  ): Promise<T> {
    for (let done = 0; ; done += 1) {
      const ending = await this.callOnce(target, options, call, pass);
      if ('value' in ending) return ending.value;
      const { error } = ending;
      const pauseMs = pass === 'probe' ? null : this.planRepeat(target, options, error, done);
      if (pauseMs === null || options.signal.aborted) {
        this.gate.coolDown(target, error, options.hasAlternative);
        throw error;
      }
      await mappingAborts(target, options, () =>
        pause(pauseMs, undefined, { signal: options.signal }),
      );
      if (!this.isStillOpen(target)) throw error;
      options.onRepeat?.(done + 2);
    }
  }

  private async callOnce<T>(
    target: UpstreamTarget,
    { signal }: UpstreamCallOptions,
    call: Call<T>,
    pass: ConnectionPass,
  ): Promise<Ending<T>> {
    const startedAtMs = performance.now();
    let answerMs: number | null = null;
    const passedMs = () => performance.now() - startedAtMs;
    const progress = { answerBegan: () => void (answerMs ??= passedMs()) };
    const ending: Ending<T> = await Promise.resolve()
      .then(() => call(signal, progress))
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error: error ?? new Error('a call failed with nothing') }),
      );
    const error = 'error' in ending ? ending.error : null;
    await this.monitor(target, pass, error, answerMs ?? passedMs());
    return ending;
  }

  private async monitor(
    target: UpstreamTarget,
    pass: ConnectionPass,
    error: unknown,
    tookMs: number,
  ): Promise<void> {
    const isLeftOut = error !== null && (await this.rules.isUnmonitored(error));
    if (!isLeftOut) this.figures.record(target, error, tookMs);
    await this.gate.note(target, pass, isLeftOut ? UNMONITORED : error);
  }

  private planRepeat(
    { connection }: UpstreamTarget,
    { hasAlternative }: UpstreamCallOptions,
    error: unknown,
    done: number,
  ): number | null {
    const { repeatsMax, poolRepeatsMax } = this.config.upstream;
    const { isPool } = connection;
    return planRepeat(error, { isPool, hasAlternative, done, repeatsMax, poolRepeatsMax });
  }

  private isStillOpen(target: UpstreamTarget): boolean {
    try {
      this.gate.assertOpen(target);
      return true;
    } catch {
      return false;
    }
  }
}

/** What fired while nothing was under way, in the words of a vendor call that was ended. */
async function mappingAborts<T>(
  { connection, model }: UpstreamTarget,
  { signal }: UpstreamCallOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!signal.aborted || error instanceof DomainError) throw error;
    throw mapAbort(signal, { provider: connection.provider, model });
  }
}
