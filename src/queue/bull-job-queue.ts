import { Logger } from '@nestjs/common';
import type { JobOptions, Queue, QueueOptions } from 'bull';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { redact } from '../common/redact.js';
import { settleWithin, within } from './deadline.js';
import {
  type EnqueueOptions,
  type JobHandler,
  JobQueue,
  type ProcessOptions,
} from './job-queue.port.js';
import { JOB_NAMES, type JobName } from './jobs.js';
import { toRedisOptions } from '../config/redis-options.js';
import type { StopGrace } from '../config/stop-grace.js';

/** How long a caller waits for Redis. */
const COMMAND_TIMEOUT_MS = 2_000;
/** A job whose worker has not renewed its lock for this long counts as crashed and is given to another one. */
const LOCK_MS = 15_000;
const STALLED_CHECK_EVERY_MS = 5_000;
/** An outage says the same thing many times a second. */
const LOG_EVERY_MS = 10_000;

export type BullQueues = ReadonlyMap<JobName, Queue>;

/** Options of a Bull queue; the prefix keeps two installations on one Redis apart. */
export function toBullOptions(redisUrl: string, prefix: string): QueueOptions {
  return {
    prefix: `${prefix}:jobs`,
    redis: toRedisOptions(redisUrl),
    settings: { lockDuration: LOCK_MS, stalledInterval: STALLED_CHECK_EVERY_MS },
  };
}

/** Jobs on Redis, carried by Bull: shared by all processes, kept through a restart of any of them. */
export class BullJobQueue extends JobQueue {
  private readonly logger = new Logger('JobQueue');
  private loggedAtMs = Number.NEGATIVE_INFINITY;
  private readonly running = new Set<Promise<void>>();
  private workingFault: Error | null = null;
  private closing: Promise<void> | null = null;

  constructor(
    private readonly queues: BullQueues,
    private readonly grace: StopGrace,
  ) {
    super();
    for (const queue of queues.values()) this.watch(queue);
  }

  async enqueue(name: JobName, id: string, options: EnqueueOptions = {}): Promise<void> {
    if (this.closing)
      throw new DomainError('request.shutting_down', 'The service is stopping. Try again.');
    try {
      await this.limit(this.queue(name).add({}, toJobOptions(id, options)));
    } catch (error) {
      throw new DomainError('request.busy', 'The queue does not answer. Try again later.', {
        cause: error,
      });
    }
  }

  process(name: JobName, handler: JobHandler, { concurrency }: ProcessOptions): void {
    const working: Promise<unknown> = this.queue(name).process(concurrency, ({ id }) =>
      this.run(handler, String(id)),
    );
    working.catch((error: Error) => {
      // Rejected when Redis went away while the worker started; readiness tells, so that somebody restarts it.
      this.workingFault = error;
      this.logger.error(`${name} is not worked on: ${error.message}`);
    });
  }

  async ping(): Promise<void> {
    if (this.workingFault) throw this.workingFault;
    for (const queue of this.queues.values()) await this.limit(queue.client.ping());
  }

  async depth(): Promise<number> {
    let depth = 0;
    for (const queue of this.queues.values()) {
      const { waiting, delayed } = await this.limit(queue.getJobCounts());
      depth += waiting + delayed;
    }
    return depth;
  }

  close(): Promise<void> {
    this.closing ??= this.stop();
    return this.closing;
  }

  /** Bull's own close reconnects first and waits without end, so it is asked only while Redis answers. */
  private async stop(): Promise<void> {
    const queues = [...this.queues.values()];
    const isAnswering = await this.ping().then(
      () => true,
      () => false,
    );
    const ends = isAnswering ? queues.map((queue) => queue.close()) : [...this.running];
    await settleWithin(ends, this.grace.leftMs());
    for (const { clients } of queues) for (const client of clients) client.disconnect();
  }

  private run(handler: JobHandler, id: string): Promise<void> {
    const run = handler(id).finally(() => this.running.delete(run));
    this.running.add(run);
    return run;
  }

  private queue(name: JobName): Queue {
    const queue = this.queues.get(name);
    assert(queue, `no queue for ${name}; it must be one of ${JOB_NAMES.join(', ')}`);
    return queue;
  }

  private limit<T>(command: Promise<T>): Promise<T> {
    return within(command, COMMAND_TIMEOUT_MS, () => new Error('Redis did not answer in time'));
  }

  private watch(queue: Queue): void {
    queue.on('error', (error) => {
      const nowMs = performance.now();
      if (nowMs - this.loggedAtMs < LOG_EVERY_MS) return;
      this.loggedAtMs = nowMs;
      this.logger.warn(`queue store: ${error.message}`);
    });
    queue.on('failed', ({ id, attemptsMade }, error) => {
      this.logger.warn(
        `${queue.name} ${String(id)}, attempt ${attemptsMade}: ${redact(error.message)}`,
      );
    });
  }
}

/** Bull drops a job silently whose id it still keeps as finished, so finished jobs are not kept. */
function toJobOptions(id: string, options: EnqueueOptions): JobOptions {
  return {
    jobId: id,
    delay: options.delayMs,
    attempts: options.attemptsMax,
    backoff: options.backoffMs,
    priority: options.priority,
    removeOnComplete: true,
    removeOnFail: true,
  };
}
