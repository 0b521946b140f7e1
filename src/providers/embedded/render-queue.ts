import { availableParallelism } from 'node:os';

/** Node has four threads for pictures, files and name look-ups together: drawing must leave some to the others. */
const RENDERS_MAX = Math.min(3, availableParallelism());

/** Lets only so many pictures be drawn at once; the others wait in order. Its length is bounded by the slots of callers. */
export class RenderQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly rendersMax: number = RENDERS_MAX) {}

  /** Work whose turn comes after its signal was aborted is not begun. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (this.running < this.rendersMax) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
