import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { PhaseTimer } from '../http/phase-timer.js';
import { JobQueue } from '../queue/job-queue.port.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import { LocalRuns } from './local-runs.js';
import { RunInSlotService } from './run-in-slot.service.js';

/** Takes queued generations as wake-ups come; which one is next, the rows decide. */
@Injectable()
export class QueuedRunsWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(QueuedRunsWorker.name);
  private isStopping = false;

  constructor(
    private readonly config: AppConfig,
    private readonly queue: JobQueue,
    private readonly repository: GenerationsRepository,
    private readonly runs: LocalRuns,
    private readonly runner: RunInSlotService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.queue.process('generations.run', () => this.runNext(), {
      concurrency: this.config.limits.runsMax,
    });
  }

  /** What waits is left to other processes, or to the next start. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  private async runNext(): Promise<void> {
    if (this.isStopping) return;
    const { leaseS, jobs } = this.config.generations;
    const run = await this.repository.claimNext(this.runs.owner, leaseS, jobs.runsPerSpaceMax);
    if (!run) return;
    const phases = new PhaseTimer();
    phases.add('queue', Date.now() - run.generation.createdAt.getTime());
    try {
      await this.runs.start(run.generation.id, (cancel) =>
        this.runner.run(run, cancel, phases, true),
      );
    } catch (error) {
      this.logger.error(`run of ${run.generation.id} failed: ${String(error)}`);
    }
  }
}
