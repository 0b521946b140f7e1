import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import { divideUp } from '../../common/micros.js';
import { TokenCounter } from './token-counter.port.js';

export interface TokenCounterBounds {
  /** Of one call; what is beyond is reckoned by what was counted. */
  charactersCountedMax: number;
  /** Of all calls that wait or are counted at the moment. */
  charactersWaitingMax: number;
  tasksMax: number;
  /** How long the thread counts for one call. */
  budgetMs: number;
  /** How long a call waits for its count, the queue and the start of the thread included. */
  timeoutMs: number;
  /** A thread without work ends after this time, and gives its memory back. */
  idleMs: number;
}

const MEBIBYTE = 1_048_576;
const BOUNDS: TokenCounterBounds = {
  charactersCountedMax: MEBIBYTE,
  charactersWaitingMax: 16 * MEBIBYTE,
  tasksMax: 256,
  budgetMs: 3_000,
  timeoutMs: 5_000,
  idleMs: 60_000,
};
/** The thread's own heap: the vocabulary, the texts, and room to spare. */
const THREAD_HEAP_MIB = 256;
/** No tokenizer makes more tokens of a text than one for three bytes of it, but for rare scripts. */
const BYTES_PER_TOKEN = 3;
const WORKER_FILE = new URL('./count-tokens.worker.mjs', import.meta.url).href;

interface CountTask {
  texts: readonly string[];
  budgetMs: number;
}

interface CountResult {
  tokens: number;
  /** How many characters these are the tokens of. */
  characters: number;
}

/**
 * Counts as recent models of OpenAI do, in one thread that starts with the first call. What is too long is counted in
 * part and the rest by ratio; when the thread is overloaded, late or gone, a third of the bytes is taken.
 */
@Injectable()
export class WorkerTokenCounter extends TokenCounter implements OnApplicationShutdown {
  private readonly logger = new Logger('TokenCounter');
  private pool: Piscina<CountTask, CountResult> | null = null;
  private charactersWaiting = 0;
  private tasks = 0;
  private isShut = false;

  protected readonly bounds: TokenCounterBounds = BOUNDS;

  async count(texts: readonly string[]): Promise<number> {
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    if (characters === 0) return 0;
    const counted = await this.run(cut(texts, this.bounds.charactersCountedMax));
    if (!counted || counted.characters === 0) return estimate(texts);
    return Math.ceil((counted.tokens * characters) / counted.characters);
  }

  async onApplicationShutdown(): Promise<void> {
    this.isShut = true;
    await this.pool?.destroy();
    this.pool = null;
  }

  /** Null = it was not counted. */
  private async run(texts: readonly string[]): Promise<CountResult | null> {
    const { budgetMs, timeoutMs } = this.bounds;
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    if (this.isShut || this.isFull(characters)) return null;
    this.charactersWaiting += characters;
    this.tasks += 1;
    try {
      this.pool ??= this.open();
      const signal = AbortSignal.timeout(timeoutMs);
      return await this.pool.run({ texts, budgetMs }, { signal });
    } catch (error) {
      this.logger.warn(`tokens were estimated: ${String(error)}`);
      this.wake();
      return null;
    } finally {
      this.charactersWaiting -= characters;
      this.tasks -= 1;
    }
  }

  private isFull(characters: number): boolean {
    const { charactersWaitingMax, tasksMax } = this.bounds;
    return this.tasks >= tasksMax || this.charactersWaiting + characters > charactersWaitingMax;
  }

  private open(): Piscina<CountTask, CountResult> {
    return new Piscina<CountTask, CountResult>({
      filename: WORKER_FILE,
      name: 'count',
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: this.bounds.idleMs,
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MIB },
      // Neither the secrets of the process nor its loaders are for this thread.
      env: {},
      execArgv: [],
    });
  }

  /** The pool starts no thread in the place of one that was ended for being late until something new comes. */
  private wake(): void {
    const { pool } = this;
    if (!pool || this.isShut || pool.queueSize === 0 || pool.threads.length > 0) return;
    pool.run({ texts: [], budgetMs: 0 }).catch(() => {});
  }
}

/** The first so many characters of the texts. */
function cut(texts: readonly string[], charactersMax: number): string[] {
  const kept: string[] = [];
  let room = charactersMax;
  for (const text of texts) {
    if (room === 0) break;
    const part = text.length <= room ? text : text.slice(0, room);
    kept.push(part);
    room -= part.length;
  }
  return kept;
}

function estimate(texts: readonly string[]): number {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return divideUp(bytes, BYTES_PER_TOKEN);
}
