import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { JobQueue } from '../queue/job-queue.port.js';
import { SpacesReader } from './domain/spaces.reader.port.js';
import { RemoveSpaceService } from './remove-space.service.js';

const MS_PER_S = 1_000;
/** Removals are in no hurry, and leave the database to those who are. */
const CONCURRENCY = 1;
/** Spaces that one round enqueues; the next round goes on. */
const ROUND_MAX = 100;
/** A mark older than this whose job is at work is enqueued in vain; one whose job was lost is found. */
const JOB_LOST_AFTER_S = 5;

/** Removes marked spaces as jobs come, and enqueues anew those whose job was lost. */
@Injectable()
export class SpaceRemovalsWorker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SpaceRemovalsWorker.name);
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> | null = null;

  constructor(
    private readonly config: AppConfig,
    private readonly queue: JobQueue,
    private readonly spaces: SpacesReader,
    private readonly removals: RemoveSpaceService,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.role === 'api') return;
    this.queue.process('spaces.delete', async (id) => void (await this.removals.remove(id)), {
      concurrency: CONCURRENCY,
    });
    const everyMs = this.config.generations.reconcileEveryS * MS_PER_S;
    this.timer = setInterval(() => this.begin(), everyMs).unref();
    this.begin();
  }

  async onModuleDestroy(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.round;
  }

  /** Enqueues every marked space; one that a job is working on already is not enqueued twice. */
  async reconcile(): Promise<void> {
    const ids = await this.spaces.listDeleting(JOB_LOST_AFTER_S, ROUND_MAX);
    for (const id of ids) await this.queue.enqueue('spaces.delete', id);
  }

  private begin(): void {
    this.round ??= this.reconcile()
      .catch((error: unknown) => {
        this.logger.warn(`marked spaces could not be enqueued: ${String(error)}`);
      })
      .finally(() => {
        this.round = null;
      });
  }
}
