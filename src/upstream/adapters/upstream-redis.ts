import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { toRedisOptions } from '../../config/redis-options.js';
import {
  ASK_SLOTS_SCRIPT,
  CLEAR_MARKS_SCRIPT,
  DROP_PROBE_SCRIPT,
  KEEP_SLOTS_SCRIPT,
  PUT_MARK_SCRIPT,
  SYNC_SCRIPT,
  TAKE_PROBE_SCRIPT,
} from './upstream.scripts.js';

/** No call waits longer for the store: what it keeps is worth less. */
const COMMAND_TIMEOUT_MS = 200;
/** After a failure Redis is left alone for this long, so that not every call waits for it. */
const PAUSE_MS = 1_000;
const LOG_EVERY_MS = 60_000;

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

/** The connection to Redis that this room's stores share. Never waits long, and complains once a minute. */
export class UpstreamRedis implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Upstream');
  private readonly redis: UpstreamCommands;
  private readonly farewells: (() => void)[] = [];
  private connecting: Promise<void> | null = null;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    redisUrl: string,
    readonly prefix: string,
  ) {
    this.redis = new Redis({
      ...toRedisOptions(redisUrl),
      enableOfflineQueue: false,
      lazyConnect: true,
      // What is asked in one turn of the loop travels together.
      enableAutoPipelining: true,
    }) as UpstreamCommands;
    this.redis.defineCommand('atelierAskSlots', { lua: ASK_SLOTS_SCRIPT });
    this.redis.defineCommand('atelierKeepSlots', { lua: KEEP_SLOTS_SCRIPT });
    this.redis.defineCommand('atelierPutMark', { numberOfKeys: 3, lua: PUT_MARK_SCRIPT });
    this.redis.defineCommand('atelierClearMarks', { numberOfKeys: 3, lua: CLEAR_MARKS_SCRIPT });
    this.redis.defineCommand('atelierSync', { numberOfKeys: 5, lua: SYNC_SCRIPT });
    this.redis.defineCommand('atelierTakeProbe', { numberOfKeys: 2, lua: TAKE_PROBE_SCRIPT });
    this.redis.defineCommand('atelierDropProbe', { numberOfKeys: 1, lua: DROP_PROBE_SCRIPT });
    this.redis.on('error', (error: Error) => this.note(error));
  }

  /** Connects, so that the first calls are counted as well; a Redis that is away is not waited for. */
  onModuleInit(): Promise<void> {
    this.connecting ??= this.redis.connect().catch((error: Error) => this.note(error));
    return this.connecting;
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
    this.pausedUntilMs = Number.POSITIVE_INFINITY;
    this.redis.disconnect();
  }

  /** @returns the answer, or `otherwise` while Redis is away or slow */
  async ask<A, O>(question: (redis: UpstreamCommands) => Promise<A>, otherwise: O): Promise<A | O> {
    if (performance.now() < this.pausedUntilMs) return otherwise;
    try {
      return await withinTime(question(this.redis));
    } catch (error) {
      this.pausedUntilMs = performance.now() + PAUSE_MS;
      this.note(error as Error);
      return otherwise;
    }
  }

  private note(error: Error): void {
    const nowMs = performance.now();
    if (nowMs - this.loggedAtMs < LOG_EVERY_MS) return;
    this.loggedAtMs = nowMs;
    this.logger.warn(
      `slots are not enforced, and what other processes know of connections is not heard: ${error.message}`,
    );
  }
}

/** One more turn of the loop, so that our own slowness is not taken for Redis being away (as in src/throttle). */
function withinTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`Redis did not answer within ${COMMAND_TIMEOUT_MS} ms`));
    const timer = setTimeout(() => setImmediate(giveUp), COMMAND_TIMEOUT_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
