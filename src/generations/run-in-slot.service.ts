import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { joinSignals } from '../common/join-signals.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { CallerSlots, type SlotLease } from '../upstream/caller-slots.port.js';
import { ConcludeGenerationService } from './conclude-generation.service.js';
import type { OwnedRun } from './domain/generations.repository.port.js';
import { deadlinePassed, toLeftMs } from './domain/deadline.js';
import { canceled } from './domain/outcome.js';
import type { GenerationView } from './generation-view.js';
import { RunGenerationService } from './run-generation.service.js';
import { toUnsent } from './unsent-run.js';

const ASK_AGAIN_MS = 1_000;

/** Runs a generation under one of its caller's slots. */
@Injectable()
export class RunInSlotService {
  constructor(
    private readonly slots: CallerSlots,
    private readonly runner: RunGenerationService,
    private readonly conclusions: ConcludeGenerationService,
  ) {}

  /**
   * As RunGenerationService.run. A run that gets no slot fails without having been sent; a patient one, that nobody
   * waits for, goes on asking for as long as it is not canceled.
   */
  async run(
    run: OwnedRun,
    cancel: AbortSignal,
    phases: PhaseTimer,
    isPatient: boolean,
  ): Promise<GenerationView | null> {
    const { callerId, deadlineAt } = run.generation;
    const late = toDeadlineSignal(deadlineAt);
    let slot: SlotLease;
    try {
      slot = await phases.measure('slot', () => this.acquire(callerId, cancel, late, isPatient));
    } catch (error) {
      const known = cancel.aborted ? canceled() : late?.aborted ? deadlinePassed() : error;
      if (!(known instanceof DomainError)) throw error;
      return this.conclusions.conclude(toUnsent(run, known));
    }
    try {
      return await this.runner.run(run, cancel, phases);
    } finally {
      await slot.release();
    }
  }

  private async acquire(
    callerId: string,
    cancel: AbortSignal,
    late: AbortSignal | null,
    isPatient: boolean,
  ): Promise<SlotLease> {
    if (!late) return this.acquireUntil(callerId, cancel, isPatient);
    return joinSignals([cancel, late], (until) => this.acquireUntil(callerId, until, isPatient));
  }

  private async acquireUntil(
    callerId: string,
    until: AbortSignal,
    isPatient: boolean,
  ): Promise<SlotLease> {
    for (;;) {
      until.throwIfAborted();
      try {
        return await this.slots.acquire(callerId, until);
      } catch (error) {
        const isFull = error instanceof DomainError && error.code === 'limits.slots';
        if (!isPatient || !isFull || until.aborted) throw error;
        // A signal that aborts ends the wait; the next round finds it aborted.
        await sleep(ASK_AGAIN_MS, undefined, { signal: until }).catch(() => null);
      }
    }
  }
}

/** Null = there is none. */
function toDeadlineSignal(deadlineAt: Date | null): AbortSignal | null {
  const leftMs = toLeftMs(deadlineAt, new Date());
  if (leftMs === null) return null;
  return leftMs === 0 ? AbortSignal.abort() : AbortSignal.timeout(leftMs);
}
