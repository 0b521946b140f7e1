import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { newId } from '../common/ids.js';
import { AppConfig } from '../config/app-config.js';
import { StopGrace } from '../config/stop-grace.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { JobNews } from './domain/job-news.port.js';
import { canceled } from './domain/outcome.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import type { GenerationView } from './generation-view.js';

const MS_PER_S = 1_000;
/** A lease is renewed this often within its time, so that one lost renewal does no harm. */
const RENEWALS_PER_LEASE = 3;
/** Cancels that came before their run had begun here; the oldest go first. */
const EARLY_CANCELS_MAX = 1_000;

interface LocalRun {
  abort: AbortController;
  done: Promise<GenerationView | null>;
}

/**
 * The runs of this process, each under a lease on its row. A gone client does not end one; a stopping
 * process waits for them within its grace, and what is left is recovered when its lease has lapsed.
 */
@Injectable()
export class LocalRuns implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** Who owns the leases of this process. */
  readonly owner = newId();
  private readonly logger = new Logger(LocalRuns.name);
  private readonly runs = new Map<string, LocalRun>();
  /** A row can be claimed, and its cancel asked for, a moment before its run is known here. */
  private readonly earlyCancels = new Set<string>();
  private renewal: NodeJS.Timeout | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly repository: GenerationsRepository,
    private readonly metrics: MetricsService,
    private readonly grace: StopGrace,
    private readonly news: JobNews,
  ) {}

  onApplicationBootstrap(): void {
    const everyMs = (this.config.generations.leaseS * MS_PER_S) / RENEWALS_PER_LEASE;
    this.news.onCancel((id) => {
      if (this.runs.has(id)) this.cancel(id);
    });
    this.renewal = setInterval(() => void this.renew(), everyMs).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.grace.leftMs());
    });
    const all = Promise.allSettled([...this.runs.values()].map((run) => run.done));
    await Promise.race([all, tooLate]);
    clearTimeout(timer);
    if (this.renewal) clearInterval(this.renewal);
    if (this.runs.size > 0) this.logger.warn(`${this.runs.size} runs are left to be recovered`);
  }

  /** Works on a generation that this process owns, and keeps its lease meanwhile. */
  start(
    generationId: string,
    work: (cancel: AbortSignal) => Promise<GenerationView | null>,
  ): Promise<GenerationView | null> {
    const abort = new AbortController();
    if (this.earlyCancels.delete(generationId)) abort.abort(canceled());
    const done = work(abort.signal).finally(() => {
      this.runs.delete(generationId);
      this.metrics.runs.labels('running').set(this.runs.size);
      void this.news.tell(generationId, { kind: 'moved' });
    });
    // Whoever waits sees the fault; a run that nobody waits for only logs it.
    done.catch((error: unknown) => this.logger.error(`a run failed: ${String(error)}`));
    this.runs.set(generationId, { abort, done });
    void this.news.tell(generationId, { kind: 'moved' });
    this.metrics.runs.labels('running').set(this.runs.size);
    return done;
  }

  /** The run's end, when it is one of this process. */
  find(generationId: string): Promise<GenerationView | null> | null {
    return this.runs.get(generationId)?.done ?? null;
  }

  has(generationId: string): boolean {
    return this.runs.has(generationId);
  }

  /** Stops the vendor call; what has arrived is kept and charged. A run that begins a moment later is stopped too. */
  cancel(generationId: string): void {
    const run = this.runs.get(generationId);
    if (run) run.abort.abort(canceled());
    else this.rememberCancel(generationId);
  }

  /** As `cancel`, whichever process runs it. Who does not hear of it finds it on the row when it renews its lease. */
  cancelAnywhere(generationId: string): void {
    this.cancel(generationId);
    this.news.tellCancel(generationId);
  }

  private rememberCancel(generationId: string): void {
    this.earlyCancels.add(generationId);
    if (this.earlyCancels.size <= EARLY_CANCELS_MAX) return;
    for (const oldest of this.earlyCancels) {
      this.earlyCancels.delete(oldest);
      return;
    }
  }

  private async renew(): Promise<void> {
    if (this.runs.size === 0) return;
    try {
      const { leaseS } = this.config.generations;
      const ids = [...this.runs.keys()];
      const toCancel = await this.repository.renewLeases(ids, this.owner, leaseS);
      for (const id of toCancel) this.cancel(id);
    } catch (error) {
      this.logger.warn(`leases could not be renewed: ${String(error)}`);
    }
  }
}
