import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { AppConfig } from './config/app-config.js';
import { HealthChecks } from './health/health-checks.js';

const MILLISECONDS_PER_SECOND = 1_000;
/** Beyond the grace given to requests and runs, for closing what they used. */
const CLOSE_MARGIN_MS = 10_000;
const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * SIGTERM and SIGINT: no new requests, running ones finish within the grace, then everything closes. A signal that
 * comes before the application stands ends it as soon as it does, and it never listens.
 */
export class Shutdown {
  private app: NestFastifyApplication | null = null;
  private isAsked = false;
  private readonly graceMs: number;

  constructor(
    config: AppConfig,
    private readonly logger: Logger,
  ) {
    this.graceMs = config.http.shutdownGraceS * MILLISECONDS_PER_SECOND;
  }

  /** To be called before anything is opened. */
  watch(): void {
    for (const signal of SIGNALS) process.on(signal, () => this.ask(signal));
  }

  /** Whether the process is ending: what is not begun yet need not begin. */
  get isUnderWay(): boolean {
    return this.isAsked;
  }

  /** From now on there is something to close. */
  attach(app: NestFastifyApplication): void {
    this.app = app;
    if (this.isAsked) this.close(app);
  }

  /** Takes a fault of the start that a stop has caused; throws any other. */
  excuse(error: unknown): void {
    if (!this.isAsked) throw error;
    this.logger.info(`the start was given up: ${String(error)}`);
    if (!this.app) this.logger.flush(() => process.exit(0));
  }

  private ask(signal: NodeJS.Signals): void {
    if (this.isAsked) return;
    this.isAsked = true;
    this.logger.info({ signal }, 'stopping');
    // A start has no requests and no runs yet that could want the grace.
    setTimeout(() => this.giveUp(), CLOSE_MARGIN_MS + (this.app ? this.graceMs : 0));
    if (this.app) this.close(this.app);
  }

  private close(app: NestFastifyApplication): void {
    app.get(HealthChecks).stop();
    // Requests that outlast the grace are cut off; their runs are recovered by another process or the next start.
    setTimeout(() => app.getHttpServer().closeAllConnections(), this.graceMs).unref();
    app.close().then(
      () => this.logger.flush(() => process.exit(0)),
      (error: unknown) => {
        this.logger.error({ error }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  }

  private giveUp(): void {
    this.logger.error('did not stop in time; what still ran is recovered at the next start');
    process.exit(1);
  }
}
