import { DomainError } from '../../common/domain-error.js';

export interface LineBounds {
  runningMax: number;
  waitingMax: number;
  /** Longest wait for a turn. */
  waitMs: number;
}

interface Waiting {
  begin: () => void;
}

/** When to ask again, where the line is full. */
const RETRY_AFTER_S = 2;

/**
 * Work that is done a few at a time, in the order in which it came, and once for all who want the same at the same
 * time. The line is bounded; beyond it work is refused.
 */
export class WorkLine<T> {
  private readonly flights = new Map<string, Promise<T>>();
  private readonly line = new Set<Waiting>();
  private running = 0;

  constructor(private readonly bounds: LineBounds) {}

  /** @throws DomainError `request.busy` when the line is full, or the turn did not come; what the work throws */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const flying = this.flights.get(key);
    if (flying) return flying;
    const flight = this.take(work).finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
  }

  private async take(work: () => Promise<T>): Promise<T> {
    if (this.running < this.bounds.runningMax) this.running += 1;
    else await this.queue();
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  /** Resolves with a turn that was handed on. */
  private queue(): Promise<void> {
    if (this.line.size >= this.bounds.waitingMax) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.line.delete(waiting);
        reject(busy());
      }, this.bounds.waitMs).unref();
      this.line.add(waiting);
    });
  }

  private passOn(): void {
    const [next] = this.line;
    if (!next) {
      this.running -= 1;
      return;
    }
    this.line.delete(next);
    next.begin();
  }
}

function busy(): DomainError {
  return new DomainError('request.busy', 'Too many pictures are being made. Ask again shortly.', {
    retryAfterS: RETRY_AFTER_S,
  });
}
