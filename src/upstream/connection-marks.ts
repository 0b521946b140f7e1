import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { ConnectionSlots } from './connection-slots.js';
import { type MarkName, toMarkKey, type UpstreamMark } from './domain/upstream-mark.js';
import {
  type ConnectionLoad,
  HALF_OPEN_MEMORY_MS,
  MARKS_MAX,
  type NewMark,
  UpstreamBoard,
} from './upstream-board.port.js';

/** Others see a mark no later than this and the way to Redis. */
const SYNC_EVERY_MS = 400;
/** Older news than this is no news: loads of others then count as none. */
const NEWS_MS_MAX = 5_000;

interface KnownMark extends UpstreamMark {
  /** False = nobody else knows it, so that hearing nothing of it means nothing. */
  isPosted: boolean;
}

/** What is known of connections now, here and on the board: read from memory, told at once. */
@Injectable()
export class ConnectionMarks implements OnModuleInit, OnApplicationShutdown {
  private readonly marks = new Map<string, Map<string, KnownMark>>();
  private marksCount = 0;
  private otherLoads: ReadonlyMap<string, ConnectionLoad> = new Map();
  private heardAtMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | null = null;
  private syncing: Promise<void> | null = null;

  constructor(
    private readonly board: UpstreamBoard,
    private readonly clock: Clock,
    private readonly slots: ConnectionSlots,
  ) {}

  async onModuleInit(): Promise<void> {
    this.timer ??= setInterval(() => void this.sync(), SYNC_EVERY_MS).unref();
    await this.sync();
  }

  onApplicationShutdown(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** What keeps the model of the connection from being called; of two the later end. Null = nothing. */
  findCooldown(connection: string, model: string): UpstreamMark | null {
    const known = this.marks.get(connection);
    if (!known) return null;
    const whole = this.findLive(known, { kind: 'cooldown', connection, model: null });
    const ofModel = this.findLive(known, { kind: 'cooldown', connection, model });
    if (!whole || !ofModel) return whole ?? ofModel;
    return whole.untilMs >= ofModel.untilMs ? whole : ofModel;
  }

  /** Until it ends it is open, then half open; null = closed. */
  findBreaker(connection: string): UpstreamMark | null {
    const known = this.marks.get(connection);
    return known?.get(toMarkKey({ kind: 'breaker', connection, model: null })) ?? null;
  }

  /** Of all connections, for figures. */
  listMarks(): UpstreamMark[] {
    this.forgetEnded();
    return [...this.marks.values()].flatMap((known) => [...known.values()]);
  }

  /** Calls of the other processes on the connection. */
  findOtherLoad(connection: string): ConnectionLoad | null {
    if (performance.now() - this.heardAtMs > NEWS_MS_MAX) return null;
    return this.otherLoads.get(connection) ?? null;
  }

  /** Known here at once, and to others within a second. */
  put(mark: NewMark): void {
    const untilMs = this.clock.now().getTime() + mark.lastsMs;
    const { kind, connection, model, reason } = mark;
    const known = { kind, connection, model, reason, untilMs, isPosted: false };
    if (!this.keep(known)) return;
    void this.board.put(mark).then((isPosted) => (known.isPosted = isPosted));
  }

  clear(names: readonly MarkName[]): Promise<void> {
    for (const name of names) {
      const known = this.marks.get(name.connection);
      if (known?.delete(toMarkKey(name))) this.marksCount -= 1;
      if (known?.size === 0) this.marks.delete(name.connection);
    }
    return this.board.clear(names);
  }

  /** Every mark of the connection. */
  async clearConnection(connection: string): Promise<number> {
    const names = [...(this.marks.get(connection)?.values() ?? [])];
    await this.clear(names);
    return names.length;
  }

  /** True for one process alone, until it is given back. */
  takeProbe(connection: string): Promise<boolean> {
    return this.board.takeProbe(connection);
  }

  giveBackProbe(connection: string): Promise<void> {
    return this.board.giveBackProbe(connection);
  }

  /** Hears the news now. */
  sync(): Promise<void> {
    if (!this.board.isShared) {
      this.forgetEnded();
      return Promise.resolve();
    }
    this.syncing ??= this.hear().finally(() => (this.syncing = null));
    return this.syncing;
  }

  private async hear(): Promise<void> {
    const news = await this.board.sync(this.slots.listLoads());
    this.forgetEnded();
    if (!news) return;
    this.heardAtMs = performance.now();
    this.otherLoads = news.loads;
    if (news.marks === null) return;
    const own = [...this.marks.values()].flatMap((known) => [...known.values()]);
    this.marks.clear();
    this.marksCount = 0;
    for (const mark of news.marks) this.keep({ ...mark, isPosted: true });
    for (const mark of own) if (!mark.isPosted) this.keep(mark);
  }

  private findLive(known: Map<string, KnownMark>, name: MarkName): KnownMark | null {
    const mark = known.get(toMarkKey(name));
    return mark && mark.untilMs > this.clock.now().getTime() ? mark : null;
  }

  /** False: one that lasts longer is there. */
  private keep(mark: KnownMark): boolean {
    if (this.marksCount >= MARKS_MAX) this.forgetEnded();
    const known = this.marks.get(mark.connection) ?? new Map<string, KnownMark>();
    const key = toMarkKey(mark);
    const former = known.get(key);
    if (former && former.untilMs >= mark.untilMs) return false;
    if (!former && this.marksCount >= MARKS_MAX) return false;
    if (!former) this.marksCount += 1;
    known.set(key, mark);
    this.marks.set(mark.connection, known);
    return true;
  }

  private forgetEnded(): void {
    const nowMs = this.clock.now().getTime();
    for (const [connection, known] of this.marks) {
      for (const [key, mark] of known) {
        const keptMs = mark.kind === 'breaker' ? HALF_OPEN_MEMORY_MS : 0;
        if (mark.untilMs + keptMs > nowMs) continue;
        known.delete(key);
        this.marksCount -= 1;
      }
      if (known.size === 0) this.marks.delete(connection);
    }
  }
}
