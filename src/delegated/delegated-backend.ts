import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import type { DelegatedConfig } from '../config/app-config.js';
import type { BackendExchange, BackendRequest } from './backend-exchange.js';
import {
  assertTaken,
  type BackendAnswer,
  type Credits,
  readCredits,
  readVerdict,
} from './domain/backend-answer.js';
import { BackendFault } from './domain/backend-fault.js';
import { BreakerOpenError, CircuitBreaker } from './domain/circuit-breaker.js';

/** What was used, in the backend's words. */
export interface UsageReport {
  userId: string;
  usedCredits: number;
  catalogId: string | null;
  imageUrl: string;
  latencyMs: number;
}

/** Of a question, the first one included. */
const ATTEMPTS_MAX = 3;
const RETRY_AFTER_S = 5;
const MS_PER_S = 1_000;

/**
 * The remote backend of delegated accounts. Questions are repeated, for they change nothing, and share one breaker;
 * reports have their own, so that a lost webhook keeps nobody out, and are repeated by the outbox.
 */
export class DelegatedBackend {
  private readonly logger = new Logger(DelegatedBackend.name);
  private readonly questions: CircuitBreaker;
  private readonly reports: CircuitBreaker;
  private underWay = 0;

  constructor(
    private readonly config: DelegatedConfig,
    private readonly exchange: BackendExchange,
    clock: Clock,
  ) {
    const options = {
      faultsMax: config.breakerFaultsMax,
      openMs: config.breakerOpenMs,
      nowMs: () => clock.now().getTime(),
      isFault: (error: unknown) => error instanceof BackendFault,
    };
    this.questions = new CircuitBreaker(options);
    this.reports = new CircuitBreaker(options);
  }

  /** @throws DomainError `service.unavailable` when it is neither yes nor no. */
  verify(userId: string, apiKey: string): Promise<boolean> {
    const json = { user_id: userId, api_key: apiKey };
    return this.ask({ method: 'POST', path: '/api/v1/auth/verify/', json }, (answer) =>
      readVerdict(answer, userId),
    );
  }

  /**
   * Null when the backend does not know the user (any more).
   * @throws DomainError `service.unavailable`
   */
  findCredits(userId: string): Promise<Credits | null> {
    const path = `/api/v1/credits/check/?user_id=${encodeURIComponent(userId)}`;
    return this.ask({ method: 'GET', path }, (answer) => readCredits(answer, userId));
  }

  /**
   * Sent once; whoever calls repeats it with the same event id, by which the backend knows a repeat.
   * @throws BackendFault, BackendRefusal, BreakerOpenError
   */
  async report(usage: UsageReport, eventId: string, signal: AbortSignal): Promise<void> {
    await this.reports.run(async () => {
      const answer = await this.exchange.send({
        method: 'POST',
        path: '/api/v1/inference/webhook/',
        json: {
          user_id: usage.userId,
          used_credits: usage.usedCredits,
          catalog_id: usage.catalogId,
          image_url: usage.imageUrl,
          latency_ms: usage.latencyMs,
        },
        headers: { 'x-atelier-event-id': eventId, 'idempotency-key': eventId },
        signal,
      });
      assertTaken(answer);
    });
  }

  private async ask<T>(request: BackendRequest, read: (answer: BackendAnswer) => T): Promise<T> {
    if (this.underWay >= this.config.callsMax) throw unavailable(RETRY_AFTER_S);
    this.underWay += 1;
    try {
      return await this.askAgain(request, read);
    } finally {
      this.underWay -= 1;
    }
  }

  private async askAgain<T>(
    request: BackendRequest,
    read: (answer: BackendAnswer) => T,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.questions.run(async () => read(await this.exchange.send(request)));
      } catch (error) {
        if (error instanceof BreakerOpenError) {
          throw unavailable(Math.ceil(error.retryInMs / MS_PER_S), error);
        }
        this.logger.warn((error as Error).message);
        const isLast = !(error instanceof BackendFault) || attempt >= ATTEMPTS_MAX;
        if (isLast) throw unavailable(RETRY_AFTER_S, error);
      }
      await sleep(toDelayMs(this.config.retryDelayMs, attempt));
    }
  }
}

/** Doubled each time; jitter, so that what failed together does not come back together. */
function toDelayMs(firstMs: number, attempt: number): number {
  return firstMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
}

/** Whom nobody vouches for is not let in, also when it is not their fault. */
function unavailable(retryAfterS: number, cause?: unknown): DomainError {
  return new DomainError(
    'service.unavailable',
    'The backend of this account cannot be asked right now. Send the request again later.',
    { retryAfterS, cause },
  );
}
