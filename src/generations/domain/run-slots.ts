import { DomainError } from '../../common/domain-error.js';

/** A place in the queue for a run. `end` must be called exactly once, whatever happened. */
export interface RunTicket {
  /** Resolves when the run may begin. @throws DomainError `request.busy` after the time-out. */
  begin(timeoutMs: number): Promise<void>;
  end(): void;
}

/** Bounds how many generations one process runs at once, and how many requests may wait for that. */
export class RunSlots {
  private running = 0;
  private reserved = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly runsMax: number,
    private readonly waitingMax: number,
  ) {}

  get runningCount(): number {
    return this.running;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Whether a queued generation may be taken now. */
  get hasFree(): boolean {
    return this.running < this.runsMax;
  }

  /**
   * Before any money is held.
   * @throws DomainError `request.busy` when running and waiting are full.
   */
  reserve(): RunTicket {
    if (this.reserved >= this.runsMax + this.waitingMax) throw busy();
    this.reserved += 1;
    let state: 'reserved' | 'running' | 'ended' = 'reserved';
    return {
      begin: async (timeoutMs) => {
        await this.enter(timeoutMs);
        state = 'running';
      },
      end: () => {
        if (state === 'ended') return;
        this.reserved -= 1;
        if (state === 'running') this.leave();
        state = 'ended';
      },
    };
  }

  private enter(timeoutMs: number): Promise<void> {
    if (this.hasFree) {
      this.running += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(admit), 1);
        reject(busy());
      }, timeoutMs);
      this.waiting.push(admit);
    });
  }

  /** The slot passes on to the next waiter, first come first served. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running -= 1;
  }
}

function busy(): DomainError {
  return new DomainError(
    'request.busy',
    'Too many generations are running. Wait and try again, or send Prefer: respond-async.',
    { retryAfterS: 2 },
  );
}
