import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { newId } from '../common/ids.js';
import type { SlotLease } from './caller-slots.port.js';
import { type SlotAnswer, SlotStore } from './slot-store.port.js';

export interface SlotRule {
  slotsMax: number;
  /** Most that wait, over all processes. */
  waitersMax: number;
  waitMs: number;
}

interface Waiter {
  member: string;
  rule: SlotRule;
  give(lease: SlotLease): void;
}

/** Those of this process who wait for one key, in the order in which they came. */
interface Line {
  waiters: Set<Waiter>;
  isAsking: boolean;
  pauseMs: number;
  poll: NodeJS.Timeout | null;
  /** Over all processes, when last heard. */
  waiting: number;
}

/** Only the first of a line asks, so these bound what a key costs the store. */
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 500;
const PAUSE_GROWTH = 1.5;
/** ± 20 %, so that processes do not ask in step. */
const JITTER = 0.4;

/**
 * Waiting for slots, first come first served within a process. A slot that comes free here is asked for at once by the
 * first who waits here; one that comes free elsewhere is found by asking again.
 */
@Injectable()
export class SlotLines implements OnApplicationShutdown {
  private readonly lines = new Map<string, Line>();
  private readonly held = new Map<string, number>();

  constructor(private readonly store: SlotStore) {}

  /**
   * @returns the slot, or why there is none: `full` = as many wait already, `late` = none came free in time
   * @throws the signal's reason once it fires; the place is given back
   */
  async acquire(
    key: string,
    rule: SlotRule,
    signal: AbortSignal,
  ): Promise<SlotLease | 'full' | 'late'> {
    signal.throwIfAborted();
    const member = newId();
    // Nobody overtakes those who wait already.
    const slotsMax = this.lines.has(key) ? 0 : rule.slotsMax;
    const answer = await this.store.ask({ key, member, slotsMax, waitersMax: rule.waitersMax });
    if (signal.aborted) this.giveBack(key, member);
    signal.throwIfAborted();
    if (answer.state === 'taken') return this.toLease(key, member);
    if (answer.state === 'full') return 'full';
    return this.wait(key, { member, rule }, answer, signal);
  }

  /** The slot that is free now; null = there is none, or others wait for it. Never throws. */
  async take(key: string, slotsMax: number): Promise<SlotLease | null> {
    if (this.lines.has(key)) return null;
    const member = newId();
    const { state } = await this.store.ask({ key, member, slotsMax, waitersMax: 0 });
    return state === 'taken' ? this.toLease(key, member) : null;
  }

  /** Of this process: slots held, and calls that wait, by key. */
  *listCounts(): Iterable<{ key: string; running: number; waiting: number }> {
    for (const key of new Set([...this.held.keys(), ...this.lines.keys()])) {
      yield { key, ...this.count(key) };
    }
  }

  count(key: string): { running: number; waiting: number } {
    return {
      running: this.held.get(key) ?? 0,
      waiting: this.lines.get(key)?.waiters.size ?? 0,
    };
  }

  onApplicationShutdown(): void {
    for (const line of this.lines.values()) if (line.poll) clearTimeout(line.poll);
  }

  private wait(
    key: string,
    { member, rule }: Pick<Waiter, 'member' | 'rule'>,
    { waiting }: SlotAnswer,
    signal: AbortSignal,
  ): Promise<SlotLease | 'late'> {
    const line = this.openLine(key);
    line.waiting = waiting;
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        line.waiters.delete(waiter);
        if (line.waiters.size === 0) this.closeLine(key, line);
      };
      const give = (lease: SlotLease) => {
        leave();
        resolve(lease);
      };
      const onAbort = () => {
        leave();
        this.store.release(key, member);
        reject(signal.reason as Error);
      };
      const onLate = () => {
        leave();
        this.store.release(key, member);
        resolve('late');
      };
      const waiter: Waiter = { member, rule, give };
      const timer = setTimeout(onLate, rule.waitMs);
      signal.addEventListener('abort', onAbort, { once: true });
      line.waiters.add(waiter);
      this.poke(key, line);
    });
  }

  private openLine(key: string): Line {
    const known = this.lines.get(key);
    if (known) return known;
    const line: Line = {
      waiters: new Set(),
      isAsking: false,
      pauseMs: PAUSE_MS_MIN,
      poll: null,
      waiting: 0,
    };
    this.lines.set(key, line);
    return line;
  }

  private closeLine(key: string, line: Line): void {
    if (line.poll) clearTimeout(line.poll);
    if (this.lines.get(key) === line) this.lines.delete(key);
  }

  /** The first of the line asks, and the next as long as slots are given. */
  private poke(key: string, line: Line): void {
    if (line.isAsking) return;
    if (line.poll) clearTimeout(line.poll);
    line.poll = null;
    void this.askForFirst(key, line);
  }

  private async askForFirst(key: string, line: Line): Promise<void> {
    line.isAsking = true;
    for (;;) {
      const [first] = line.waiters;
      if (!first) break;
      const { member, rule } = first;
      const { slotsMax, waitersMax } = rule;
      const answer = await this.store.ask({ key, member, slotsMax, waitersMax });
      line.waiting = answer.waiting;
      // Whoever left meanwhile gave back too early: the answer came after it.
      if (!line.waiters.has(first)) this.store.release(key, member);
      else if (answer.state === 'taken') first.give(this.toLease(key, member));
      else break;
    }
    line.isAsking = false;
    if (line.waiters.size > 0) this.pause(key, line);
  }

  private pause(key: string, line: Line): void {
    const jitter = 1 + JITTER * (Math.random() - 0.5);
    line.poll = setTimeout(() => this.poke(key, line), line.pauseMs * jitter);
    line.pauseMs = Math.min(line.pauseMs * PAUSE_GROWTH, PAUSE_MS_MAX);
  }

  private toLease(key: string, member: string): SlotLease {
    this.held.set(key, (this.held.get(key) ?? 0) + 1);
    let isHeld = true;
    return {
      release: async () => {
        if (!isHeld) return;
        isHeld = false;
        const left = (this.held.get(key) ?? 1) - 1;
        if (left === 0) this.held.delete(key);
        else this.held.set(key, left);
        this.giveBack(key, member);
      },
    };
  }

  /** In a line of its own share, so that a process with many who wait does not keep the slots to itself. */
  private giveBack(key: string, member: string): void {
    this.store.release(key, member);
    const line = this.lines.get(key);
    if (!line || line.waiters.size === 0) return;
    if (Math.random() * line.waiting > line.waiters.size) return;
    line.pauseMs = PAUSE_MS_MIN;
    this.poke(key, line);
  }
}
