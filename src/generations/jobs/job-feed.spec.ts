/** Proves what a reader is told, in which order, and that a slow one holds little. */
import { describe, expect, it } from 'vitest';
import { JobFeed } from './job-feed.js';

const NO_WAIT_MS = 1;

function make(most = 10, known: 'queued' | 'running' | null = null) {
  let held = 0;
  const budget = {
    take: (chars: number) => {
      if (held + chars > most) return false;
      held += chars;
      return true;
    },
    giveBack: (chars: number) => void (held -= chars),
  };
  return { feed: new JobFeed(budget, known), held: () => held };
}

async function drain(feed: JobFeed): Promise<string[]> {
  const kinds: string[] = [];
  for (;;) {
    const event = await feed.next(NO_WAIT_MS);
    if (!event) return kinds;
    kinds.push(event.kind);
    if (event.kind === 'ended' || event.kind === 'closed') return kinds;
  }
}

describe('JobFeed', () => {
  it('keeps the newest of each kind for a slow reader, the preview last', async () => {
    const { feed } = make();
    feed.pushPreview({ mediaType: 'image/png', base64: 'old' });
    feed.pushProgress({ step: 'rendering', fraction: 0.1 });
    feed.pushStatus('running');
    feed.pushPreview({ mediaType: 'image/png', base64: 'new' });
    feed.pushProgress({ step: 'rendering', fraction: 0.2 });
    expect(await feed.next(NO_WAIT_MS)).toEqual({ kind: 'status', status: 'running' });
    expect(await feed.next(NO_WAIT_MS)).toMatchObject({ progress: { fraction: 0.2 } });
    expect(await feed.next(NO_WAIT_MS)).toMatchObject({ preview: { base64: 'new' } });
    expect(await feed.next(NO_WAIT_MS)).toBeNull();
  });

  it('tells the end after the last status, and nothing that is out of date by it', async () => {
    const { feed, held } = make();
    feed.pushStatus('queued');
    feed.pushQueue({ position: 2, aheadInSpace: 1, estimatedStartS: null });
    feed.pushPreview({ mediaType: 'image/png', base64: 'some' });
    feed.finish('succeeded');
    feed.pushPreview({ mediaType: 'image/png', base64: 'late' });
    expect(await drain(feed)).toEqual(['status', 'ended']);
    expect(held()).toBe(0);
  });

  it('drops previews beyond what all readers may hold, and gives back what was read', async () => {
    const { feed, held } = make(4);
    feed.pushPreview({ mediaType: 'image/png', base64: 'large' });
    expect([await drain(feed), held()]).toEqual([[], 0]);
    feed.pushPreview({ mediaType: 'image/png', base64: 'fits' });
    expect(held()).toBe(4);
    expect([await drain(feed), held()]).toEqual([['preview'], 0]);
  });

  it('does not tell again what was told, here or in the stream before', async () => {
    const { feed } = make(10, 'running');
    const queue = { position: 1, aheadInSpace: 0, estimatedStartS: 2 };
    feed.pushStatus('running');
    feed.pushQueue(queue);
    feed.pushQueue({ ...queue });
    expect(await drain(feed)).toEqual(['queue']);
    feed.pushQueue({ ...queue });
    expect(await drain(feed)).toEqual([]);
  });

  it('wakes who waits for it', async () => {
    const { feed } = make();
    const next = feed.next(60_000);
    feed.close();
    expect(await next).toEqual({ kind: 'closed' });
  });
});
