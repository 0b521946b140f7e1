import type { OnApplicationShutdown } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { SLOT_TTL_MS, type SlotAnswer, type SlotClaim, SlotStore } from '../slot-store.port.js';
import type { UpstreamRedis } from './upstream-redis.js';

/** A member shows a sign of life so often within its time to live. */
const SIGNS_PER_TTL = 3;
/** Signs of life that travel together. */
const SIGNS_MAX = 1_000;
const STATES = ['waiting', 'taken', 'full'] as const;

/** Counts on Redis, so for all processes together. While Redis is away every slot is given. */
export class RedisSlotStore extends SlotStore implements OnApplicationShutdown {
  /** Goes before every member, so that it is seen whose it is. */
  private readonly processId = newId();
  /** Where each member of this process is. */
  private readonly own = new Map<string, { name: string; key: string }>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly redis: UpstreamRedis,
    private readonly ttlMs = SLOT_TTL_MS,
  ) {
    super();
    this.timer = setInterval(() => this.showLife(), ttlMs / SIGNS_PER_TTL).unref();
    redis.beforeEnd(() => this.releaseAll());
  }

  async ask({ key, member, slotsMax, waitersMax }: SlotClaim): Promise<SlotAnswer> {
    const name = this.toName(member);
    const [running, waiting] = [this.toKey(key, 'running'), this.toKey(key, 'waiting')];
    const given = [this.ttlMs, slotsMax, waitersMax, name];
    const [stateIndex, waitingCount] = await this.redis.ask(
      (redis) => redis.atelierAskSlot(running, waiting, ...given),
      [1, 0],
    );
    const state = STATES[stateIndex] ?? 'full';
    if (state === 'full') this.own.delete(member);
    else this.own.set(member, { name, key: state === 'taken' ? running : waiting });
    return { state, waiting: waitingCount };
  }

  release(key: string, member: string): void {
    const known = this.own.get(member);
    this.own.delete(member);
    // Whoever asks again while the answer is on its way may be in either.
    const places = known ? [known.key] : [this.toKey(key, 'running'), this.toKey(key, 'waiting')];
    for (const place of places) this.remove(place, this.toName(member));
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private remove(place: string, name: string): void {
    void this.redis.ask((redis) => redis.zrem(place, name), 0);
  }

  private showLife(): void {
    const members = [...this.own.values()];
    for (let start = 0; start < members.length; start += SIGNS_MAX) {
      const some = members.slice(start, start + SIGNS_MAX);
      const keys = some.map(({ key }) => key);
      const names = some.map(({ name }) => name);
      void this.redis.ask(
        (redis) => redis.atelierKeepSlots(some.length, ...keys, this.ttlMs, ...names),
        0,
      );
    }
  }

  /** A process that ends in order leaves nothing to wait for. */
  private releaseAll(): void {
    for (const { name, key } of this.own.values()) this.remove(key, name);
    this.own.clear();
  }

  private toKey(key: string, state: 'running' | 'waiting'): string {
    return `${this.redis.prefix}:slots:${state}:${key}`;
  }

  private toName(member: string): string {
    return `${this.processId}/${member}`;
  }
}
