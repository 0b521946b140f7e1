/** Proves what is promised of news of running jobs, in one process and between two that share a Redis. */
import { afterEach, describe, expect, it } from 'vitest';
import { InProcessJobNews } from '../../src/generations/adapters/in-process-job-news.js';
import { RedisJobNews } from '../../src/generations/adapters/redis-job-news.js';
import type { JobNews, JobNewsItem } from '../../src/generations/domain/job-news.port.js';
import { createTestRedis } from '../setup/redis.js';
import { queueKinds } from '../setup/services.js';
import { createTcpGate, type TcpGate } from '../setup/tcp-gate.js';

const MOVED: JobNewsItem = { kind: 'moved' };
const TIMEOUT_MS = 30_000;

function hear(news: JobNews, id: string): { heard: JobNewsItem[]; forget: () => void } {
  const heard: JobNewsItem[] = [];
  return { heard, forget: news.listen(id, (item) => void heard.push(item)) };
}

describe('news in one process', () => {
  it('reach those who listen to the generation, until they do no more', async () => {
    const news = new InProcessJobNews();
    const [one, other] = [hear(news, 'one'), hear(news, 'other')];
    expect(await news.tell('one', MOVED)).toBe(true);
    one.forget();
    expect(await news.tell('one', MOVED)).toBe(false);
    expect([one.heard, other.heard]).toEqual([[MOVED], []]);
  });

  it('go on to the others when one listener fails', async () => {
    const news = new InProcessJobNews();
    news.listen('one', () => {
      throw new Error('of a test');
    });
    const { heard } = hear(news, 'one');
    await news.tell('one', MOVED);
    expect(heard).toEqual([MOVED]);
  });
});

describe.each(queueKinds().filter((kind) => kind === 'bull'))('news over %s', () => {
  const open: RedisJobNews[] = [];
  let gate: TcpGate | null = null;

  afterEach(async () => {
    for (const news of open.splice(0)) news.onApplicationShutdown();
    await gate?.shut();
    gate = null;
  });

  async function start(url: string, prefix: string): Promise<RedisJobNews> {
    const news = new RedisJobNews(url, prefix);
    open.push(news);
    await news.onModuleInit();
    return news;
  }

  /** Told again and again: what is told before somebody listens is lost by design. */
  async function untilHeard(news: JobNews, id: string, item: JobNewsItem, heard: JobNewsItem[]) {
    const tell = async () => {
      await news.tell(id, item);
      return heard.length;
    };
    await expect.poll(tell, { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
  }

  it('reach another process once, and their own not twice', async () => {
    const { url, prefix } = createTestRedis();
    const [api, worker] = [await start(url, prefix), await start(url, prefix)];
    const there = hear(api, 'one');
    await untilHeard(worker, 'one', MOVED, there.heard);
    const own = hear(worker, 'one');
    expect(await worker.tell('one', MOVED)).toBe(true);
    expect(own.heard).toEqual([MOVED]);
  });

  it('carry cancels to all, and large previews to nobody', async () => {
    const { url, prefix } = createTestRedis();
    const [api, worker] = [await start(url, prefix), await start(url, prefix)];
    const canceled: string[] = [];
    worker.onCancel((id) => void canceled.push(id));
    const cancel = () => {
      api.tellCancel('one');
      return canceled.length;
    };
    await expect.poll(cancel, { timeout: TIMEOUT_MS }).toBeGreaterThan(0);
    expect(new Set(canceled)).toEqual(new Set(['one']));
    const { heard } = hear(api, 'one');
    const preview = { kind: 'preview' as const, mediaType: 'image/png' };
    await worker.tell('one', { ...preview, base64: 'a'.repeat(300_000) });
    await untilHeard(worker, 'one', { ...preview, base64: 'small' }, heard);
    expect(heard[0]).toMatchObject({ base64: 'small' });
  });

  it('stay in their process while Redis is away, and travel again when it is back', async () => {
    const { url, prefix } = createTestRedis();
    const target = new URL(url);
    gate = await createTcpGate({ host: target.hostname, port: Number(target.port || 6379) });
    target.host = `127.0.0.1:${gate.port}`;
    const [api, worker] = [await start(target.href, prefix), await start(target.href, prefix)];
    await gate.shut();
    const [there, own] = [hear(api, 'one'), hear(worker, 'one')];
    await worker.tell('one', MOVED);
    expect(own.heard).toEqual([MOVED]);
    await gate.open();
    await untilHeard(worker, 'one', MOVED, there.heard);
  });
});
