import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RateLimit } from '../common/caller.js';
import { TurnBatch } from '../common/turn-batch.js';
import { ImpatientRedis } from '../redis/impatient-redis.js';
import { HIT_ALL_SCRIPT, NUMBERS_A_WINDOW } from './hit-all.script.js';
import { RateStorage } from './rate-storage.port.js';
import type { WindowVerdict } from './sliding-window.js';

/** Longer than others wait: what is not heard in time admits everybody. */
const TIMEOUT_MS = 1_000;
/** Callers that are counted in one command. */
const BATCH_MAX = 200;

/**
 * The same sum as `judge`, in one step and by one clock: Redis's. A window's count is kept as a key of its own
 * for the length of two windows. Answers refused (0 or 1), hits, ms to retry, ms to the window's end.
 */
const SCRIPT = `
local windowMs, limit, isCounted = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == '1'
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local window, elapsedMs = math.floor(nowMs / windowMs), nowMs % windowMs
local resetInMs = windowMs - elapsedMs
local counts = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local known, current, previous = tonumber(counts[1]), tonumber(counts[2]), tonumber(counts[3])
if known ~= window then
  previous = known == window - 1 and current or 0
  current = 0
end
local weighted = previous * (resetInMs / windowMs) + current
local hits = math.floor(weighted) + 1
if weighted + 1 <= limit then
  if isCounted then
    redis.call('HSET', KEYS[1], 'window', window, 'current', current + 1, 'previous', previous)
    redis.call('PEXPIRE', KEYS[1], 2 * windowMs)
  end
  return { 0, hits, 0, resetInMs }
end
local function toWaitMs(count, room)
  return count <= room and 0 or math.ceil(windowMs * (1 - room / count))
end
local retryInMs = resetInMs + toWaitMs(current, limit - 1)
if current + 1 <= limit then
  retryInMs = toWaitMs(previous, limit - current - 1) - elapsedMs
end
return { 1, hits, math.max(retryInMs, 1), resetInMs }
`;

/** The hit may have been counted in the window before: what is left of it there is taken back. */
const REFUND_SCRIPT = `
local windowMs = tonumber(ARGV[1])
local time = redis.call('TIME')
local window = math.floor((time[1] * 1000 + math.floor(time[2] / 1000)) / windowMs)
local counts = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local known, current, previous = tonumber(counts[1]), tonumber(counts[2]), tonumber(counts[3])
if not known then return 0 end
if known ~= window then
  previous = known == window - 1 and current or 0
  current = 0
end
if current > 0 then
  current = current - 1
elseif previous > 0 then
  previous = previous - 1
end
redis.call('HSET', KEYS[1], 'window', window, 'current', current, 'previous', previous)
redis.call('PEXPIRE', KEYS[1], 2 * windowMs)
return 1
`;

type ScriptAnswer = [isRefused: number, hits: number, retryInMs: number, resetInMs: number];

interface RateRedis extends Redis {
  atelierRate(
    key: string,
    windowMs: number,
    limit: number,
    isCounted: 0 | 1,
  ): Promise<ScriptAnswer>;
  atelierRates(keys: number, ...keysThenGiven: (string | number)[]): Promise<number[]>;
  atelierRefund(key: string, windowMs: number): Promise<number>;
}

interface Question {
  key: string;
  limits: readonly RateLimit[];
  isCounted: 0 | 1;
}

/** Counts on Redis, so for all processes together. While Redis is away everybody is admitted. */
export class RedisThrottlerStorage
  extends RateStorage
  implements OnModuleInit, OnApplicationShutdown
{
  private readonly redis: ImpatientRedis<RateRedis>;
  private readonly batch = new TurnBatch<Question, WindowVerdict[]>(BATCH_MAX, (questions) =>
    this.askAll(questions),
  );

  constructor(
    redisUrl: string,
    private readonly prefix: string,
  ) {
    super();
    this.redis = new ImpatientRedis({
      url: redisUrl,
      name: 'Throttle',
      loss: 'rate limits are not enforced',
      timeoutMs: TIMEOUT_MS,
    });
    const { client } = this.redis;
    client.defineCommand('atelierRate', { numberOfKeys: 1, lua: SCRIPT });
    client.defineCommand('atelierRates', { lua: HIT_ALL_SCRIPT });
    client.defineCommand('atelierRefund', { numberOfKeys: 1, lua: REFUND_SCRIPT });
  }

  /** Nest asks once for each module that provides the storage. */
  onModuleInit(): Promise<void> {
    return this.redis.connect();
  }

  hit(key: string, windowMs: number, limit: number): Promise<WindowVerdict> {
    return this.run(key, windowMs, limit, 1);
  }

  peek(key: string, windowMs: number, limit: number): Promise<WindowVerdict> {
    return this.run(key, windowMs, limit, 0);
  }

  hitAll(key: string, limits: readonly RateLimit[]): Promise<WindowVerdict[]> {
    return this.batch.add({ key, limits, isCounted: 1 });
  }

  peekAll(key: string, limits: readonly RateLimit[]): Promise<WindowVerdict[]> {
    return this.batch.add({ key, limits, isCounted: 0 });
  }

  async refund(key: string, windowMs: number): Promise<void> {
    await this.redis.ask((redis) => redis.atelierRefund(this.toKey(key), windowMs), null);
  }

  onApplicationShutdown(): void {
    this.redis.end();
  }

  private async run(
    key: string,
    windowMs: number,
    limit: number,
    isCounted: 0 | 1,
  ): Promise<WindowVerdict> {
    const answer = await this.redis.ask(
      (redis) => redis.atelierRate(this.toKey(key), windowMs, limit, isCounted),
      null,
    );
    if (!answer) return toAdmission(windowMs);
    const [isRefused, hits, retryInMs, resetInMs] = answer;
    return { isRefused: isRefused === 1, hits, retryInMs, resetInMs };
  }

  private async askAll(questions: readonly Question[]): Promise<WindowVerdict[][]> {
    const keys = questions.map(({ key }) => this.toKey(key));
    const given = questions.flatMap(toGiven);
    const numbers = await this.redis.ask(
      (redis) => redis.atelierRates(keys.length, ...keys, ...given),
      null,
    );
    if (!numbers) return questions.map(toAdmissions);
    let at = 0;
    return questions.map(({ limits }) =>
      limits.map(() => toVerdict(numbers, NUMBERS_A_WINDOW * at++)),
    );
  }

  private toKey(key: string): string {
    return `${this.prefix}:rate:${key}`;
  }
}

function toAdmission(windowMs: number): WindowVerdict {
  return { isRefused: false, hits: 1, retryInMs: 0, resetInMs: windowMs };
}

function toAdmissions({ limits }: Question): WindowVerdict[] {
  return limits.map(({ windowMs }) => toAdmission(windowMs));
}

function toGiven({ limits, isCounted }: Question): number[] {
  const given: number[] = [isCounted, limits.length];
  for (const { windowMs, limit } of limits) given.push(windowMs, limit);
  return given;
}

function toVerdict(numbers: readonly number[], start: number): WindowVerdict {
  const [hits = 0, retryInMs = 0, resetInMs = 0] = numbers.slice(
    start + 1,
    start + NUMBERS_A_WINDOW,
  );
  return { isRefused: numbers[start] === 1, hits, retryInMs, resetInMs };
}
