import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Sql } from '../persistence/sql.port.js';
import { JobQueue } from '../queue/job-queue.port.js';
import { HealthChecks } from './health-checks.js';

/** The checks of the parts below every room: the database and the queue. */
@Injectable()
export class PlatformChecks implements OnModuleInit {
  constructor(
    private readonly checks: HealthChecks,
    private readonly sql: Sql,
    private readonly queue: JobQueue,
  ) {}

  onModuleInit(): void {
    this.checks.add('database', async () => {
      await this.sql.query('health_ping', 'SELECT 1 AS alive', []);
    });
    this.checks.add('queue', () => this.queue.ping());
  }
}
