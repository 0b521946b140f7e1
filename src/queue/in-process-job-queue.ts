import { AsyncResource } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { assert } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import { redact } from '../common/redact.js';
import type { StopGrace } from '../config/stop-grace.js';
import { settleWithin } from './deadline.js';
import {
  type EnqueueOptions,
  type JobHandler,
  JobQueue,
  type ProcessOptions,
} from './job-queue.port.js';
import type { JobName } from './jobs.js';
import { PriorityList } from './priority-list.js';

/** Jobs of one kind that may wait; the rows of more are found by the reconciler. */
export const WAITING_MAX = 10_000;

interface Job {
  id: string;
  attempt: number;
  options: EnqueueOptions;
  timer?: NodeJS.Timeout;
}

interface Line {
  name: JobName;
  waiting: PriorityList<Job>;
  /** Every job that is waiting, delayed or running, by id. */
  known: Map<string, Job>;
  running: Set<Promise<void>>;
  handler: JobHandler | null;
  concurrency: number;
  isScheduled: boolean;
}

/** Jobs in this process: lost at its end, restored from their rows by the reconciler. */
export class InProcessJobQueue extends JobQueue {
  private readonly logger = new Logger('JobQueue');
  private readonly lines = new Map<JobName, Line>();
  private closing: Promise<void> | null = null;
  /** Jobs belong to nobody: what served the request that enqueued one does not follow it. */
  private readonly outside = new AsyncResource('JobQueue');

  constructor(private readonly grace: StopGrace) {
    super();
  }

  async enqueue(name: JobName, id: string, options: EnqueueOptions = {}): Promise<void> {
    const line = this.line(name);
    if (this.closing)
      throw new DomainError('request.shutting_down', 'The service is stopping. Try again.');
    if (line.known.has(id)) return;
    if (line.known.size - line.running.size >= WAITING_MAX) {
      throw new DomainError('request.busy', 'Too much work is waiting. Try again later.');
    }
    const job: Job = { id, attempt: 1, options };
    line.known.set(id, job);
    this.place(line, job, options.delayMs ?? 0);
  }

  process(name: JobName, handler: JobHandler, { concurrency }: ProcessOptions): void {
    const line = this.line(name);
    assert(!line.handler, `${name} is processed twice`);
    line.handler = handler;
    line.concurrency = concurrency;
    this.schedule(line);
  }

  async ping(): Promise<void> {}

  async depth(): Promise<number> {
    return [...this.lines.values()].reduce(
      (sum, { known, running }) => sum + known.size - running.size,
      0,
    );
  }

  close(): Promise<void> {
    this.closing ??= this.drain();
    return this.closing;
  }

  private line(name: JobName): Line {
    const line = this.lines.get(name) ?? {
      name,
      waiting: new PriorityList<Job>(),
      known: new Map<string, Job>(),
      running: new Set<Promise<void>>(),
      handler: null,
      concurrency: 0,
      isScheduled: false,
    };
    this.lines.set(name, line);
    return line;
  }

  private place(line: Line, job: Job, delayMs: number): void {
    if (delayMs > 0) {
      job.timer = setTimeout(() => this.place(line, job, 0), delayMs).unref();
      return;
    }
    line.waiting.push(job, job.options.priority);
    this.schedule(line);
  }

  /** Jobs begin in a turn of their own, never inside the caller's. */
  private schedule(line: Line): void {
    if (line.isScheduled) return;
    line.isScheduled = true;
    setImmediate(() =>
      this.outside.runInAsyncScope(() => {
        line.isScheduled = false;
        this.start(line);
      }),
    );
  }

  private start(line: Line): void {
    const { handler } = line;
    if (!handler) return;
    while (!this.closing && line.running.size < line.concurrency) {
      const job = line.waiting.shift();
      if (!job) return;
      const run = this.run(line, job, handler).finally(() => {
        line.running.delete(run);
        this.schedule(line);
      });
      line.running.add(run);
    }
  }

  private async run(line: Line, job: Job, handler: JobHandler): Promise<void> {
    try {
      await handler(job.id);
      line.known.delete(job.id);
    } catch (error) {
      this.handleFailure(line, job, error);
    }
  }

  private handleFailure(line: Line, job: Job, error: unknown): void {
    const { attemptsMax = 1, backoffMs = 0 } = job.options;
    const text = redact(error instanceof Error ? error.message : String(error));
    this.logger.warn(`${line.name} ${job.id}, attempt ${job.attempt} of ${attemptsMax}: ${text}`);
    if (job.attempt >= attemptsMax || this.closing) {
      line.known.delete(job.id);
      return;
    }
    job.attempt += 1;
    this.place(line, job, backoffMs);
  }

  private async drain(): Promise<void> {
    const lines = [...this.lines.values()];
    const running = lines.flatMap((line) => [...line.running]);
    for (const line of lines) {
      line.waiting.clear();
      for (const { timer } of line.known.values()) clearTimeout(timer);
    }
    await settleWithin(running, this.grace.leftMs());
  }
}
