import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Redis } from 'ioredis';
import { newId } from '../../common/ids.js';
import { toRedisOptions } from '../../config/redis-options.js';
import { JobNews, type JobNewsItem, type JobNewsListener } from '../domain/job-news.port.js';
import { InProcessJobNews } from './in-process-job-news.js';

const LOG_EVERY_MS = 60_000;
/** Larger previews are shown only by the process that runs the job. */
const CARRIED_CHARS_MAX = 262_144;

interface Letter {
  /** Which process sent it: its own it has heard. */
  from: string;
  news: JobNewsItem;
}

/**
 * By publish and subscribe: nothing is kept on Redis. While it is away, news stay in their process, and rows are asked.
 * A process hears of the generations that somebody watches in it, and of every cancel.
 */
export class RedisJobNews extends JobNews implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('JobNews');
  private readonly here = new InProcessJobNews();
  private readonly self = newId();
  private readonly publisher: Redis;
  private readonly subscriber: Redis;
  private readonly newsPrefix: string;
  private readonly cancelChannel: string;
  private cancelListener: (generationId: string) => void = () => undefined;
  private loggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(redisUrl: string, prefix: string) {
    super();
    this.newsPrefix = `${prefix}:jobs-news:`;
    this.cancelChannel = `${prefix}:jobs-cancel`;
    const options = { ...toRedisOptions(redisUrl), enableOfflineQueue: false, lazyConnect: true };
    this.publisher = new Redis(options);
    this.subscriber = new Redis({ ...options, autoResubscribe: false });
    for (const client of [this.publisher, this.subscriber]) {
      client.on('error', (error: Error) => this.note(error));
    }
    // What was asked for while it was away was not heard; after each connection all is asked for anew.
    this.subscriber.on('ready', () => this.subscribe(this.listChannels()));
    this.subscriber.on('message', (channel: string, text: string) => this.receive(channel, text));
  }

  /** A Redis that is away is not waited for. */
  async onModuleInit(): Promise<void> {
    const clients = [this.publisher, this.subscriber];
    await Promise.all(
      clients.map((client) => client.connect().catch((error: Error) => this.note(error))),
    );
  }

  async tell(generationId: string, news: JobNewsItem): Promise<boolean> {
    const isHeardHere = await this.here.tell(generationId, news);
    if (news.kind === 'preview' && news.base64.length > CARRIED_CHARS_MAX) return isHeardHere;
    const letter: Letter = { from: this.self, news };
    const heard = await this.publish(`${this.newsPrefix}${generationId}`, JSON.stringify(letter));
    return isHeardHere || heard > 0;
  }

  tellCancel(generationId: string): void {
    void this.publish(this.cancelChannel, generationId);
  }

  listen(generationId: string, listener: JobNewsListener): () => void {
    const channel = `${this.newsPrefix}${generationId}`;
    if (!this.here.has(generationId)) this.subscribe([channel]);
    const forget = this.here.listen(generationId, listener);
    return () => {
      forget();
      if (!this.here.has(generationId)) this.unsubscribe(channel);
    };
  }

  onCancel(listener: (generationId: string) => void): void {
    this.cancelListener = listener;
  }

  onApplicationShutdown(): void {
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  private listChannels(): string[] {
    return [this.cancelChannel, ...this.here.listIds().map((id) => `${this.newsPrefix}${id}`)];
  }

  private subscribe(channels: readonly string[]): void {
    if (this.subscriber.status !== 'ready') return;
    this.subscriber.subscribe(...channels).catch((error: Error) => this.note(error));
  }

  private unsubscribe(channel: string): void {
    if (this.subscriber.status !== 'ready') return;
    this.subscriber.unsubscribe(channel).catch((error: Error) => this.note(error));
  }

  /** How many processes heard it; 0 when Redis is away. */
  private async publish(channel: string, text: string): Promise<number> {
    if (this.publisher.status !== 'ready') return 0;
    try {
      return await this.publisher.publish(channel, text);
    } catch (error) {
      this.note(error as Error);
      return 0;
    }
  }

  private receive(channel: string, text: string): void {
    if (channel === this.cancelChannel) {
      this.cancelListener(text);
      return;
    }
    try {
      const { from, news } = JSON.parse(text) as Letter;
      if (from !== this.self) void this.here.tell(channel.slice(this.newsPrefix.length), news);
    } catch (error) {
      this.note(error as Error);
    }
  }

  /** Once a minute: an outage would otherwise fill the log. */
  private note(error: Error): void {
    const nowMs = performance.now();
    if (nowMs - this.loggedAtMs < LOG_EVERY_MS) return;
    this.loggedAtMs = nowMs;
    this.logger.warn(`news of running jobs stay in their process: ${error.message}`);
  }
}
