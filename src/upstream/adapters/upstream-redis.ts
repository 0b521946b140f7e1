import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { ImpatientRedis } from '../../redis/impatient-redis.js';
import {
  ASK_SLOTS_SCRIPT,
  CLEAR_MARKS_SCRIPT,
  DROP_PROBE_SCRIPT,
  KEEP_SLOTS_SCRIPT,
  PUT_MARK_SCRIPT,
  SYNC_SCRIPT,
  TAKE_PROBE_SCRIPT,
} from './upstream.scripts.js';

const TIMEOUT_MS = 200;

export type SyncAnswer = [nowMs: number, version: string, marks: string[], processLoads: string[]];

interface UpstreamCommands extends Redis {
  atelierAskSlots(keys: number, ...keysThenGiven: (string | number)[]): Promise<number[]>;
  atelierKeepSlots(count: number, ...keysThenGiven: (string | number)[]): Promise<number>;
  atelierPutMark(...keysThenGiven: (string | number)[]): Promise<number>;
  atelierClearMarks(...keysThenGiven: (string | number)[]): Promise<number>;
  atelierSync(...keysThenGiven: (string | number)[]): Promise<SyncAnswer>;
  atelierTakeProbe(...keysThenGiven: (string | number)[]): Promise<number>;
  atelierDropProbe(key: string, owner: string): Promise<number>;
}

/** The connection to Redis that this room's stores share. */
export class UpstreamRedis implements OnModuleInit, OnApplicationShutdown {
  private readonly redis: ImpatientRedis<UpstreamCommands>;
  private readonly farewells: (() => void)[] = [];

  constructor(
    redisUrl: string,
    readonly prefix: string,
  ) {
    this.redis = new ImpatientRedis({
      url: redisUrl,
      name: 'Upstream',
      loss: 'slots are not enforced, and what other processes know of connections is not heard',
      timeoutMs: TIMEOUT_MS,
      pipelines: true,
    });
    const { client } = this.redis;
    client.defineCommand('atelierAskSlots', { lua: ASK_SLOTS_SCRIPT });
    client.defineCommand('atelierKeepSlots', { lua: KEEP_SLOTS_SCRIPT });
    client.defineCommand('atelierPutMark', { numberOfKeys: 3, lua: PUT_MARK_SCRIPT });
    client.defineCommand('atelierClearMarks', { numberOfKeys: 3, lua: CLEAR_MARKS_SCRIPT });
    client.defineCommand('atelierSync', { numberOfKeys: 5, lua: SYNC_SCRIPT });
    client.defineCommand('atelierTakeProbe', { numberOfKeys: 2, lua: TAKE_PROBE_SCRIPT });
    client.defineCommand('atelierDropProbe', { numberOfKeys: 1, lua: DROP_PROBE_SCRIPT });
  }

  onModuleInit(): Promise<void> {
    return this.redis.connect();
  }

  /** What is still to be said before the connection ends. */
  beforeEnd(farewell: () => void): void {
    this.farewells.push(farewell);
  }

  /** Every farewell is on its way before the connection closes; nobody waits for an answer. */
  async onApplicationShutdown(): Promise<void> {
    for (const farewell of this.farewells) farewell();
    await this.ask((redis) => redis.ping(), null);
    // Calls that end later have nobody to tell.
    this.redis.end();
  }

  /** @returns the answer, or `otherwise` while Redis is away or slow */
  ask<A, O>(question: (redis: UpstreamCommands) => Promise<A>, otherwise: O): Promise<A | O> {
    return this.redis.ask(question, otherwise);
  }
}
