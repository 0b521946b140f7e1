import type { OnApplicationShutdown } from '@nestjs/common';
import { newId } from '../../common/ids.js';
import { TurnBatch } from '../../common/turn-batch.js';
import { SLOT_TTL_MS, type SlotAnswer, type SlotClaim, SlotStore } from '../slot-store.port.js';
import type { UpstreamRedis } from './upstream-redis.js';

/** A member shows a sign of life so often within its time to live. */
const SIGNS_PER_TTL = 3;
/** Signs of life that travel together. */
const SIGNS_MAX = 1_000;
/** Slots that are asked for or given back in one command. */
const BATCH_MAX = 200;
const STATES = ['waiting', 'taken', 'full'] as const;
/** In place of the number of slots: the member gives back what it has. */
const GIVEN_BACK = -1;
/** While Redis is away. */
const TAKEN: SlotAnswer = { state: 'taken', waiting: 0 };

/** Counts on Redis, so for all processes together. While Redis is away every slot is given. */
export class RedisSlotStore extends SlotStore implements OnApplicationShutdown {
  /** Goes before every member, so that it is seen whose it is. */
  private readonly processId = newId();
  /** Where each member of this process is. */
  private readonly own = new Map<string, { name: string; key: string }>();
  private readonly timer: NodeJS.Timeout;
  private readonly batch = new TurnBatch<SlotClaim, SlotAnswer>(BATCH_MAX, (claims) =>
    this.askAll(claims),
  );

  constructor(
    private readonly redis: UpstreamRedis,
    private readonly ttlMs = SLOT_TTL_MS,
  ) {
    super();
    this.timer = setInterval(() => this.showLife(), ttlMs / SIGNS_PER_TTL).unref();
    redis.beforeEnd(() => this.releaseAll());
  }

  async ask(claim: SlotClaim): Promise<SlotAnswer> {
    const { key, member } = claim;
    const answer = await this.batch.add(claim);
    const place = answer.state === 'taken' ? 'running' : 'waiting';
    if (answer.state === 'full') this.own.delete(member);
    else this.own.set(member, { name: this.toName(member), key: this.toKey(key, place) });
    return answer;
  }

  /** In its turn behind what was asked before, so that no answer that is on its way comes after it. */
  release(key: string, member: string): void {
    this.own.delete(member);
    void this.batch.add({ key, member, slotsMax: GIVEN_BACK, waitersMax: 0 });
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async askAll(claims: readonly SlotClaim[]): Promise<SlotAnswer[]> {
    const keys: string[] = [];
    const given: (string | number)[] = [this.ttlMs];
    for (const { key, member, slotsMax, waitersMax } of claims) {
      keys.push(this.toKey(key, 'running'), this.toKey(key, 'waiting'));
      given.push(slotsMax, waitersMax, this.toName(member));
    }
    const numbers = await this.redis.ask(
      (redis) => redis.atelierAskSlots(keys.length, ...keys, ...given),
      null,
    );
    if (numbers === null) return claims.map(() => TAKEN);
    return claims.map((_claim, index) => ({
      state: STATES[numbers[2 * index] ?? 2] ?? 'full',
      waiting: numbers[2 * index + 1] ?? 0,
    }));
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
    this.batch.flush();
    for (const { name, key } of this.own.values()) {
      void this.redis.ask((redis) => redis.zrem(key, name), 0);
    }
    this.own.clear();
  }

  private toKey(key: string, state: 'running' | 'waiting'): string {
    return `${this.redis.prefix}:slots:${state}:${key}`;
  }

  private toName(member: string): string {
    return `${this.processId}/${member}`;
  }
}
