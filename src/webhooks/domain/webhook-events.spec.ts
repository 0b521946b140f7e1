// Proves that each kind of the outbox becomes events that are named and documented, and that no fact slips through unnamed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NEWS_KINDS, SUBSCRIBABLE, toNews, WEBHOOK_EVENT_TYPES } from './webhook-events.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/webhooks.md'), 'utf8');
const FACTS = { status: 'succeeded', images: 1, operation: 'try_on', password: 'secret' };

describe('events', () => {
  it.each(WEBHOOK_EVENT_TYPES.map(({ type }) => type))('the page has an example of %s', (type) => {
    expect(PAGE).toContain(`"type": "${type}"`);
  });

  it.each(NEWS_KINDS)(
    '%s becomes events that can be asked for, without what is not named',
    (kind) => {
      const drafts = toNews(kind, FACTS);
      expect(drafts.length).toBeGreaterThan(0);
      for (const { event, data } of drafts) {
        expect(SUBSCRIBABLE).toContain(event);
        expect(data).not.toHaveProperty('password');
      }
    },
  );

  it('a kind that nobody is told of becomes none', () => {
    expect(toNews('payment.dreamt', FACTS)).toEqual([]);
    expect(toNews('generation.concluded', { status: 'running' })).toEqual([]);
  });

  it('a try-on without a picture is told of as a generation alone', () => {
    const failed = toNews('generation.concluded', { ...FACTS, status: 'failed', images: 0 });
    expect(failed.map(({ event }) => event)).toEqual(['generation.failed']);
    const made = toNews('generation.concluded', FACTS);
    expect(made.map(({ event }) => event)).toEqual(['generation.succeeded', 'try_on.created']);
  });

  it('a try-on names the user as the shop does, or whoever asked', () => {
    const tell = (more: object) => toNews('generation.concluded', { ...FACTS, ...more })[1]?.data;
    const asked = { created_by: 'maker', catalog_id: 'coat-7' };
    expect(tell({ ...asked, end_user_id: 'shopper-7' })).toMatchObject({ user_id: 'shopper-7' });
    expect(tell({ ...asked, end_user_id: null })).toMatchObject({ user_id: 'maker' });
  });
});
