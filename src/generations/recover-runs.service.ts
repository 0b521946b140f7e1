import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { PhaseTimer } from '../http/phase-timer.js';
import { MediaService } from '../media/media.service.js';
import { ConcludeGenerationService } from './conclude-generation.service.js';
import { GenerationsRepository, type OwnedRun } from './domain/generations.repository.port.js';
import { interrupted } from './domain/outcome.js';
import type { GenerationView } from './generation-view.js';
import { LocalRuns } from './local-runs.js';
import { RunGenerationService } from './run-generation.service.js';
import { toUnsent } from './unsent-run.js';

/**
 * Takes over the runs of processes that are gone. What was sent to a vendor is never sent again: a job that it accepted
 * is asked after, anything else has ended.
 */
@Injectable()
export class RecoverRunsService {
  private readonly logger = new Logger(RecoverRunsService.name);

  constructor(
    private readonly config: AppConfig,
    private readonly repository: GenerationsRepository,
    private readonly media: MediaService,
    private readonly conclusions: ConcludeGenerationService,
    private readonly runs: LocalRuns,
    private readonly runner: RunGenerationService,
  ) {}

  /** Without Redis this is the only process: whatever another one left running, nobody runs any more. */
  async lapseForeign(): Promise<void> {
    if (this.config.queue.kind === 'in_process') {
      await this.repository.lapseForeign(this.runs.owner);
    }
  }

  async recoverLapsed(most: number): Promise<void> {
    for (const id of await this.repository.listLapsed(most)) {
      // A run of this process is alive however late its renewal is.
      if (this.runs.has(id)) continue;
      const { leaseS } = this.config.generations;
      const run = await this.repository.takeOver(id, this.runs.owner, leaseS);
      if (!run) continue;
      // A job at a vendor may take minutes: it goes on under its lease, and the round with the others.
      if (run.attempt.vendorReference !== null) void this.attempt(run);
      else await this.attempt(run);
    }
  }

  /** Under a lease that is renewed; one that fails is logged and comes again when its lease has lapsed. */
  private async attempt(run: OwnedRun): Promise<void> {
    const goOn = (cancel: AbortSignal) =>
      run.attempt.vendorReference === null
        ? this.recover(run)
        : this.runner.run(run, cancel, new PhaseTimer());
    await this.runs.start(run.generation.id, goOn).catch(() => undefined);
  }

  /** What reached the store is delivered and charged; without it nothing is owed. */
  private async recover(run: OwnedRun): Promise<GenerationView | null> {
    const assets = await this.media.recover(run.attempt.id);
    const images = assets.filter(({ role }) => role === 'output');
    const ended = toUnsent(run, interrupted());
    const outcome = { ...ended.outcome, delivered: images.length, made: images.length };
    const view = await this.conclusions.conclude({
      ...ended,
      images,
      outcome,
      wasSent: true,
    });
    this.logger.warn({
      message: 'recovered an interrupted generation',
      generation_id: run.generation.id,
      images: images.length,
    });
    return view;
  }
}
