import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { isConcluded } from './domain/generation.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import type { GenerationView } from './generation-view.js';
import { LocalRuns } from './local-runs.js';
import { ViewGenerationsService } from './view-generations.service.js';

const MS_PER_S = 1_000;
/** How often a run of another process is asked after. */
const POLL_MS = 250;
const RETRY_AFTER_S = 2;
/** Most generations of other processes that are waited for at once. */
const WATCHES_MAX = 1_024;

/** Waits for a generation to end, within bounds. */
@Injectable()
export class AwaitGenerationService {
  private readonly watches = new Map<string, Promise<null>>();

  constructor(
    private readonly config: AppConfig,
    private readonly repository: GenerationsRepository,
    private readonly views: ViewGenerationsService,
    private readonly runs: LocalRuns,
  ) {}

  /** The run's end, or null when the time is over first; the run goes on. */
  async race(
    generationId: string,
    run: Promise<GenerationView | null>,
    waitS: number,
  ): Promise<GenerationView | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), waitS * MS_PER_S);
    });
    try {
      const first = await Promise.race([run, late]);
      if (first === 'late') return null;
      return first ?? (await this.views.get(generationId));
    } finally {
      clearTimeout(timer);
    }
  }

  /** As it is when it has ended or the time is over, whichever process runs it. */
  async waitFor(generationId: string, waitS: number): Promise<GenerationView> {
    const run = this.runs.find(generationId) ?? this.watch(generationId);
    const view = await this.race(generationId, run, waitS);
    return view ?? this.views.get(generationId);
  }

  /** @throws DomainError `idempotency.in_progress` while it runs. */
  async getConcluded(generationId: string): Promise<GenerationView> {
    const view = await this.views.get(generationId);
    if (isConcluded(view.generation.status)) return view;
    throw new DomainError(
      'idempotency.in_progress',
      'The request with this Idempotency-Key is still running. Ask again in a moment.',
      { retryAfterS: RETRY_AFTER_S, details: { generation_id: generationId } },
    );
  }

  /** One question at a time for a generation, however many wait for it. Ends, as null, with the generation. */
  private watch(generationId: string): Promise<null> {
    const known = this.watches.get(generationId);
    if (known) return known;
    if (this.watches.size >= WATCHES_MAX) throw busy();
    const watch = this.poll(generationId).finally(() => this.watches.delete(generationId));
    // A waiter whose time was over first does not hear of a fault any more.
    watch.catch(() => undefined);
    this.watches.set(generationId, watch);
    return watch;
  }

  private async poll(generationId: string): Promise<null> {
    const until = Date.now() + this.config.generations.syncWaitS * MS_PER_S;
    while (Date.now() < until) {
      const generation = await this.repository.find(generationId);
      if (!generation || isConcluded(generation.status)) break;
      await sleep(POLL_MS);
    }
    return null;
  }
}

function busy(): DomainError {
  return new DomainError(
    'request.busy',
    'Too many requests wait for generations of other processes. Ask again in a moment.',
    { retryAfterS: RETRY_AFTER_S },
  );
}
