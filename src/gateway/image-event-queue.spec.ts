// Proves that whoever shows a picture by events is told in order, and that drafts wait for nobody.
import { describe, expect, it } from 'vitest';
import type { Generation } from '../generations/domain/generation.js';
import type { PartialImage } from '../providers/spec/image-call.js';
import { ImageEventQueue } from './image-event-queue.js';

const GENERATION = { id: 'one' } as Generation;
const FAILED = { kind: 'failed', error: new Error('it failed') } as const;

const draft = (index: number) => ({ index, bytes: [] }) as unknown as PartialImage;

describe('ImageEventQueue', () => {
  it('says when nothing came within the time', async () => {
    expect(await new ImageEventQueue().next(5)).toBeNull();
  });

  it('wakes whoever waits', async () => {
    const queue = new ImageEventQueue();
    const waiting = queue.next(30_000);
    queue.pushPartial(draft(0), GENERATION);
    expect(await waiting).toMatchObject({ kind: 'partial', partial: { index: 0 } });
    const last = queue.next(30_000);
    queue.finish(FAILED);
    expect(await last).toBe(FAILED);
  });

  it('keeps the newest draft alone, and the end behind it', async () => {
    const queue = new ImageEventQueue();
    queue.pushPartial(draft(0), GENERATION);
    queue.pushPartial(draft(1), GENERATION);
    queue.finish(FAILED);
    expect(await queue.next(5)).toMatchObject({ partial: { index: 1 }, generation: GENERATION });
    expect(await queue.next(5)).toBe(FAILED);
    expect(await queue.next(5)).toBe(FAILED);
  });
});
