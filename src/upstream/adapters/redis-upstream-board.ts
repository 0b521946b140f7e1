import type { Clock } from '../../common/clock.js';
import { newId } from '../../common/ids.js';
import {
  type MarkName,
  parseMarkKey,
  toMarkKey,
  type UpstreamMark,
} from '../domain/upstream-mark.js';
import {
  type BoardNews,
  type ConnectionLoad,
  HALF_OPEN_MEMORY_MS,
  MARKS_MAX,
  type NewMark,
  PROBE_TTL_MS,
  UpstreamBoard,
} from '../upstream-board.port.js';
import type { UpstreamRedis } from './upstream-redis.js';

/** A process that says nothing for so long is gone. */
const SILENT_MS = 5_000;
/** Connections whose load one process tells. */
const LOADS_TOLD_MAX = 1_000;

type TellableLoad = [connection: string, running: number, waiting: number];

/** The board on Redis. Times travel as what is left of them, so that clocks need not agree. */
export class RedisUpstreamBoard extends UpstreamBoard {
  override readonly isShared = true;
  private readonly processId = newId();
  private version = '';

  constructor(
    private readonly redis: UpstreamRedis,
    private readonly clock: Clock,
  ) {
    super();
    redis.beforeEnd(() => this.leave());
  }

  async put(mark: NewMark): Promise<boolean> {
    const keepMs = mark.kind === 'breaker' ? HALF_OPEN_MEMORY_MS : 0;
    const given = [toMarkKey(mark), mark.reason, mark.lastsMs, keepMs, MARKS_MAX];
    const answer = await this.redis.ask(
      (redis) => redis.atelierPutMark(...this.markKeys(), ...given),
      null,
    );
    return answer !== null;
  }

  async clear(names: readonly MarkName[]): Promise<void> {
    if (names.length === 0) return;
    const given = names.map(toMarkKey);
    await this.redis.ask((redis) => redis.atelierClearMarks(...this.markKeys(), ...given), null);
  }

  async sync(loads: ReadonlyMap<string, ConnectionLoad>): Promise<BoardNews | null> {
    const keys = [...this.markKeys(), this.toKey('loads'), this.toKey('processes')];
    const given = [this.version, this.processId, toText(loads), SILENT_MS];
    const answer = await this.redis.ask((redis) => redis.atelierSync(...keys, ...given), null);
    if (!answer) return null;
    const [nowMs, version, marks, processLoads] = answer;
    const isMoved = version !== this.version;
    this.version = version;
    const behindMs = this.clock.now().getTime() - nowMs;
    return {
      marks: isMoved ? toMarks(marks, behindMs) : null,
      loads: sumLoads(processLoads, this.processId),
    };
  }

  async takeProbe(connectionId: string): Promise<boolean> {
    const mark = toMarkKey({ kind: 'breaker', connection: connectionId, model: null });
    const keys = [this.toKey(`probe:${connectionId}`), this.toKey('marks')];
    const given = [this.processId, PROBE_TTL_MS, mark];
    const answer = await this.redis.ask((redis) => redis.atelierTakeProbe(...keys, ...given), null);
    return answer !== 0;
  }

  async giveBackProbe(connectionId: string): Promise<void> {
    const key = this.toKey(`probe:${connectionId}`);
    await this.redis.ask((redis) => redis.atelierDropProbe(key, this.processId), null);
  }

  private leave(): void {
    void this.redis.ask((redis) => redis.hdel(this.toKey('loads'), this.processId), 0);
    void this.redis.ask((redis) => redis.zrem(this.toKey('processes'), this.processId), 0);
  }

  private markKeys(): [string, string, string] {
    return [this.toKey('marks'), this.toKey('mark-ends'), this.toKey('marks-version')];
  }

  private toKey(name: string): string {
    return `${this.redis.prefix}:upstream:${name}`;
  }
}

function toText(loads: ReadonlyMap<string, ConnectionLoad>): string {
  const told = [...loads].slice(0, LOADS_TOLD_MAX);
  return JSON.stringify(
    told.map(([id, { running, waiting }]): TellableLoad => [id, running, waiting]),
  );
}

/** @param pairs process and load in turn, as HGETALL answers in a script */
function sumLoads(pairs: readonly string[], except: string): Map<string, ConnectionLoad> {
  const sums = new Map<string, ConnectionLoad>();
  for (let index = 0; index < pairs.length; index += 2) {
    if (pairs[index] === except) continue;
    for (const [id, running, waiting] of JSON.parse(pairs[index + 1] ?? '[]') as TellableLoad[]) {
      const sum = sums.get(id) ?? { running: 0, waiting: 0 };
      sums.set(id, { running: sum.running + running, waiting: sum.waiting + waiting });
    }
  }
  return sums;
}

function toMarks(pairs: readonly string[], behindMs: number): UpstreamMark[] {
  const marks: UpstreamMark[] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    const name = parseMarkKey(pairs[index] ?? '');
    const [until = '', reason = ''] = (pairs[index + 1] ?? '').split('|', 2);
    if (name) marks.push({ ...name, reason, untilMs: Number(until) + behindMs });
  }
  return marks;
}
