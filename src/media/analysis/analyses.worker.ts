import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { ClaimLoop } from '../../persistence/claim-loop.js';
import { type DueAnalysis, MediaAnalyses } from '../domain/media-analyses.port.js';
import { AnalysePicturesService } from './analyse-pictures.service.js';

const POLL_EVERY_MS = 2_000;
const STOP_GRACE_MS = 5_000;

/** Looks at pictures after they were stored: their rows are the queue, so a restart forgets none. */
@Injectable()
export class AnalysesWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: ClaimLoop<DueAnalysis>;

  constructor(
    private readonly config: AppConfig,
    analyses: MediaAnalyses,
    pictures: AnalysePicturesService,
  ) {
    this.loop = new ClaimLoop<DueAnalysis>({
      name: AnalysesWorker.name,
      pollEveryMs: POLL_EVERY_MS,
      concurrencyMax: 1,
      claim: (limit) => analyses.claim(limit),
      work: (due) => pictures.analyse(due),
    });
  }

  onApplicationBootstrap(): void {
    if (this.config.role !== 'api') this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop(STOP_GRACE_MS, () => undefined);
  }
}
