import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { DomainError } from '../common/domain-error.js';
import type { PhaseTimer } from '../http/phase-timer.js';
import { JobQueue } from '../queue/job-queue.port.js';
import { ConcludeGenerationService } from './conclude-generation.service.js';
import { GenerationsRepository, type OwnedRun } from './domain/generations.repository.port.js';
import { deadlinePassed, toLeftMs } from './domain/deadline.js';
import type { Generation } from './domain/generation.js';
import { canceled } from './domain/outcome.js';
import { toQueueMember } from './domain/queue-member.js';
import { RunSlots, type RunTicket } from './domain/run-slots.js';
import type { GenerationView } from './generation-view.js';
import { LocalRuns } from './local-runs.js';
import { toKnown } from './run-generation.service.js';
import { RunInSlotService } from './run-in-slot.service.js';
import { toUnsent } from './unsent-run.js';

const MS_PER_S = 1_000;
const INTAKES_TAKEN =
  'Too many requests bring pictures at this moment. Wait and try again, or name stored ones by their media_id.';

/** Begins admitted generations: here under a slot, or by way of the queue. */
@Injectable()
export class StartRunService {
  private readonly logger = new Logger(StartRunService.name);
  private readonly slots: RunSlots;
  private readonly intakes: RunSlots;

  constructor(
    private readonly config: AppConfig,
    private readonly repository: GenerationsRepository,
    private readonly queue: JobQueue,
    private readonly runs: LocalRuns,
    private readonly runner: RunInSlotService,
    private readonly conclusions: ConcludeGenerationService,
  ) {
    const { runsMax, runsWaitingMax } = config.limits;
    this.slots = new RunSlots(runsMax, runsWaitingMax);
    this.intakes = new RunSlots(runsMax, runsWaitingMax, INTAKES_TAKEN);
  }

  get owner(): string {
    return this.runs.owner;
  }

  /** @throws DomainError `request.busy` before anything was written. */
  reserve({ searchSpaceId, priority }: Generation): RunTicket {
    return this.slots.reserve(searchSpaceId, priority);
  }

  /**
   * A place for the time in which pictures come in that nobody has paid for yet, for a request that does not wait for its
   * run: as many as for those that do. @throws DomainError `request.busy`
   */
  reserveIntake({ searchSpaceId }: Generation): RunTicket {
    return this.intakes.reserve(searchSpaceId);
  }

  /** What its admission says to the queue. @param waits whether a worker is to take it */
  toQueueMember(generation: Generation, waits: boolean): { queue?: Record<string, unknown> } {
    return toQueueMember(generation, waits, this.config.generations.jobs);
  }

  /** Waits for its slot, then runs; a run that gets no slot in time fails without having been sent. */
  run(run: OwnedRun, ticket: RunTicket, phases: PhaseTimer): Promise<GenerationView | null> {
    const leftMs = toLeftMs(run.generation.deadlineAt, new Date());
    const waitMs = Math.min(this.config.limits.runWaitS * MS_PER_S, leftMs ?? Infinity);
    return this.runs.start(run.generation.id, async (cancel) => {
      try {
        await phases.measure('slot', () => ticket.begin(waitMs));
        return await this.runner.run(run, cancel, phases, false);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'request.busy') throw error;
        const isLate = toLeftMs(run.generation.deadlineAt, new Date()) === 0;
        return await this.conclusions.conclude(toUnsent(run, isLate ? deadlinePassed() : error));
      } finally {
        ticket.end();
      }
    });
  }

  /** Ends a generation that was admitted and will not be sent. */
  async fail(run: OwnedRun, thrown: unknown): Promise<void> {
    await this.conclusions.conclude(toUnsent(run, toKnown(thrown)));
  }

  /** A wake-up that is lost is made good by the reconciler. False = the queue did not take it. */
  async enqueue(generationId: string): Promise<boolean> {
    try {
      await this.queue.enqueue('generations.run', generationId);
      return true;
    } catch (error) {
      this.logger.warn(`a wake-up was not sent, the reconciler will: ${String(error)}`);
      return false;
    }
  }

  /**
   * Gives a generation that this process prepared to the workers; one that was canceled meanwhile ends.
   * @throws DomainError `generations.canceled`
   */
  async release(run: OwnedRun): Promise<void> {
    if (await this.repository.release(run.generation.id, this.owner)) {
      run.generation.status = 'queued';
      return;
    }
    await this.fail(run, canceled());
    throw canceled();
  }
}
