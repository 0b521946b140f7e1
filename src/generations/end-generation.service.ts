import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { MediaReleases } from '../media/domain/media-releases.port.js';
import { MediaService } from '../media/media.service.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { ConcludeGenerationService } from './conclude-generation.service.js';
import { deadlinePassed } from './domain/deadline.js';
import { isConcluded } from './domain/generation.js';
import {
  GenerationsRemover,
  GenerationsRepository,
  type OwnedRun,
} from './domain/generations.repository.port.js';
import { canceled } from './domain/outcome.js';
import type { GenerationView } from './generation-view.js';
import { LocalRuns } from './local-runs.js';
import { toUnsent } from './unsent-run.js';

/** How long a cancel waits for the running call to have ended. */
const CANCEL_WAIT_MS = 5_000;
const POLL_MS = 100;

/** Cancels what has not ended, deletes what has. */
@Injectable()
export class EndGenerationService {
  constructor(
    private readonly config: AppConfig,
    private readonly repository: GenerationsRepository,
    private readonly runs: LocalRuns,
    private readonly conclusions: ConcludeGenerationService,
    private readonly media: MediaService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * A queued generation ends at once and costs nothing. A running one is told to stop: pictures that
   * have arrived by then are kept and charged, else it costs nothing.
   * @throws DomainError `generations.not_cancelable` when it has ended.
   */
  async cancel(view: GenerationView): Promise<void> {
    const { generation, attempts } = view;
    if (isConcluded(generation.status)) throw notCancelable(generation.status);
    const attempt = attempts.at(-1);
    if (attempt && (await this.stop({ generation, attempt }))) return;
    await this.waitUntilEnded(generation.id);
  }

  /** Ends what waits in the queue and has passed its deadline: it failed, and costs nothing. How many there were. */
  async endOverdue(most: number): Promise<number> {
    const ids = await this.repository.listOverdue(most);
    for (const id of ids) {
      const run = await this.findRun(id);
      if (run && (await this.seize(id))) {
        await this.conclusions.conclude(toUnsent(run, deadlinePassed()));
      }
    }
    return ids.length;
  }

  /** Tells a generation to end, without waiting for it: one that waits ends at once, one that runs as `cancel` has it. */
  async requestCancel(id: string): Promise<void> {
    const run = await this.findRun(id);
    if (run) await this.stop(run);
  }

  /**
   * Removes the record, its pictures and with them every link to them. What was paid stays in the books.
   * @param beside what else is written in the same transaction
   * @throws DomainError `request.conflict` while it has not ended.
   */
  async remove(
    { generation }: GenerationView,
    beside?: (scope: WorkScope) => Promise<void>,
  ): Promise<void> {
    if (!isConcluded(generation.status)) throw stillRunning();
    const released = await this.unitOfWork.run(async (scope) => {
      await beside?.(scope);
      const blobs = await scope.get(MediaReleases).releaseGeneration(generation.id);
      if (!(await scope.get(GenerationsRemover).remove(generation.id))) {
        throw DomainError.notFound('image generation');
      }
      await scope.get(AuditTrail).record({
        action: 'image_generation.deleted',
        target: { type: 'image_generation', id: generation.id },
        searchSpaceId: generation.searchSpaceId,
        before: { status: generation.status, created_by: generation.createdBy },
      });
      return blobs;
    });
    await this.media.purge(released);
  }

  /** True when it has ended by that. */
  private async stop(run: OwnedRun): Promise<boolean> {
    const { id } = run.generation;
    if (await this.seize(id)) {
      await this.conclusions.conclude(toUnsent(run, canceled()));
      return true;
    }
    if (await this.repository.requestCancel(id)) this.runs.cancelAnywhere(id);
    return false;
  }

  private seize(id: string): Promise<boolean> {
    return this.repository.seize(id, this.runs.owner, this.config.generations.leaseS);
  }

  private async findRun(id: string): Promise<OwnedRun | null> {
    const [generation, attempts] = await Promise.all([
      this.repository.find(id),
      this.repository.listAttempts([id]),
    ]);
    const attempt = attempts.at(-1);
    return generation && attempt ? { generation, attempt } : null;
  }

  private async waitUntilEnded(id: string): Promise<void> {
    const until = Date.now() + CANCEL_WAIT_MS;
    while (Date.now() < until) {
      const generation = await this.repository.find(id);
      if (!generation || isConcluded(generation.status)) return;
      await sleep(POLL_MS);
    }
  }
}

function notCancelable(status: string): DomainError {
  return new DomainError(
    'generations.not_cancelable',
    `The generation has ended (${status}). Delete it if it is not wanted.`,
  );
}

function stillRunning(): DomainError {
  return new DomainError(
    'request.conflict',
    'The generation has not ended. Cancel it first (POST …/cancel), then delete it.',
  );
}
