import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Global,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import { BullModule, getQueueToken } from '@nestjs/bull';
import type { Queue } from 'bull';
import type { AppConfig } from '../config/app-config.js';
import { StopGrace } from '../config/stop-grace.js';
import { BullJobQueue, toBullOptions } from './bull-job-queue.js';
import { InProcessJobQueue } from './in-process-job-queue.js';
import { JobQueue } from './job-queue.port.js';
import { JOB_NAMES } from './jobs.js';

/** Background jobs. `REDIS_URL` selects Bull; without it nothing of Bull is registered. */
@Global()
@Module({})
export class QueueModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(private readonly queue: JobQueue) {}

  static register({ queue }: AppConfig): DynamicModule {
    const base = { module: QueueModule, exports: [JobQueue] };
    if (queue.kind === 'in_process') {
      return {
        ...base,
        providers: [
          {
            provide: JobQueue,
            useFactory: (grace: StopGrace) => new InProcessJobQueue(grace),
            inject: [StopGrace],
          },
        ],
      };
    }
    return {
      ...base,
      imports: [
        BullModule.forRoot(toBullOptions(String(queue.redisUrl), queue.redisPrefix)),
        BullModule.registerQueue(...JOB_NAMES.map((name) => ({ name }))),
      ],
      providers: [
        {
          provide: JobQueue,
          useFactory: (grace: StopGrace, ...queues: Queue[]) => toBullJobQueue(queues, grace),
          inject: [StopGrace, ...JOB_NAMES.map((name) => getQueueToken(name))],
        },
      ],
    };
  }

  /** A process whose queue is not there must not start: it would take work that nobody does. */
  async onModuleInit(): Promise<void> {
    try {
      await this.queue.ping();
    } catch (error) {
      throw new Error(`The queue does not answer; check REDIS_URL: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }
}

/** The adapter closes the queues, within the grace; the hook that @nestjs/bull adds would wait without end. */
function toBullJobQueue(queues: Queue[], grace: StopGrace): BullJobQueue {
  for (const queue of queues) Reflect.deleteProperty(queue, 'onApplicationShutdown');
  return new BullJobQueue(new Map(JOB_NAMES.map((name, index) => [name, queues[index]!])), grace);
}
