import { DomainError } from '../../common/domain-error.js';

/** A place in the queue for a run. `end` must be called exactly once, whatever happened. */
export interface RunTicket {
  /** Resolves when the run may begin. @throws DomainError `request.busy` after the time-out. */
  begin(timeoutMs: number): Promise<void>;
  end(): void;
}

/** Of all places, the part that one space cannot take: others find room however much it sends. */
const KEPT_FROM_ONE = 8;

const RUNS_TAKEN =
  'Too many generations are running. Wait and try again, or send Prefer: respond-async.';

interface Waiter {
  space: string;
  rank: number;
  admit: () => void;
}

/**
 * Bounds how many generations one process runs at once, and how many requests may wait for that. No space has all of
 * either; what comes free goes to the space that runs the fewest.
 */
export class RunSlots {
  private readonly running = new Counts();
  private readonly reserved = new Counts();
  private readonly waiting: Waiter[] = [];

  /** @param refusal what is said when all is taken */
  constructor(
    private readonly runsMax: number,
    private readonly waitingMax: number,
    private readonly refusal = RUNS_TAKEN,
  ) {}

  get runningCount(): number {
    return this.running.total;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /**
   * Before any money is held.
   * @param space whose share it comes out of
   * @param rank its place within the space: the lowest goes first
   * @throws DomainError `request.busy` when running and waiting are full, or full of this space.
   */
  reserve(space: string, rank = 0): RunTicket {
    const most = this.runsMax + this.waitingMax;
    if (!this.reserved.hasRoom(space, most)) throw busy(this.refusal);
    this.reserved.add(space);
    let state: 'reserved' | 'running' | 'ended' = 'reserved';
    return {
      begin: async (timeoutMs) => {
        await this.enter(space, rank, timeoutMs);
        state = 'running';
      },
      end: () => {
        if (state === 'ended') return;
        this.reserved.remove(space);
        if (state === 'running') this.leave(space);
        state = 'ended';
      },
    };
  }

  private enter(space: string, rank: number, timeoutMs: number): Promise<void> {
    if (this.running.hasRoom(space, this.runsMax)) {
      this.running.add(space);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        space,
        rank,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(busy(this.refusal));
      }, timeoutMs);
      this.waiting.push(waiter);
    });
  }

  /** The slot passes on: to the space with the fewest runs, and within it by rank, then first come first served. */
  private leave(space: string): void {
    this.running.remove(space);
    const able = this.waiting.filter((one) => this.running.hasRoom(one.space, this.runsMax));
    const [first, ...others] = able;
    if (!first) return;
    const isPoorer = (one: Waiter, other: Waiter): boolean =>
      this.running.of(one.space) < this.running.of(other.space);
    const turn = others.reduce((best, one) => (isPoorer(one, best) ? one : best), first);
    const next = able
      .filter(({ space }) => space === turn.space)
      .reduce((best, one) => (one.rank < best.rank ? one : best));
    this.waiting.splice(this.waiting.indexOf(next), 1);
    this.running.add(next.space);
    next.admit();
  }
}

/** How many there are, and of which space. */
class Counts {
  total = 0;
  private readonly bySpace = new Map<string, number>();

  of(space: string): number {
    return this.bySpace.get(space) ?? 0;
  }

  /** Whether one more of the space fits into so many, of which it may have most. */
  hasRoom(space: string, max: number): boolean {
    return this.total < max && this.of(space) < max - Math.floor(max / KEPT_FROM_ONE);
  }

  add(space: string): void {
    this.total += 1;
    this.bySpace.set(space, this.of(space) + 1);
  }

  remove(space: string): void {
    this.total -= 1;
    const left = this.of(space) - 1;
    if (left > 0) this.bySpace.set(space, left);
    else this.bySpace.delete(space);
  }
}

function busy(message: string): DomainError {
  return new DomainError('request.busy', message, { retryAfterS: 2 });
}
