// Proves that a link opens exactly one picture, for as long as it may, and comes out the same within an hour.
import { describe, expect, it } from 'vitest';
import { Clock } from '../common/clock.js';
import type { AppConfig } from '../config/app-config.js';
import { type MediaLink, MediaLinks } from './media-links.js';

const DAY_S = 86_400;
const LINK: MediaLink = {
  generationId: '0197f5a0-0000-7000-8000-000000000001',
  searchSpaceId: '0197f5a0-0000-7000-8000-000000000002',
  index: 0,
  version: 1,
};

class HeldClock extends Clock {
  constructor(public moment: Date) {
    super();
  }

  now(): Date {
    return this.moment;
  }

  pass(seconds: number): void {
    this.moment = new Date(this.moment.getTime() + seconds * 1_000);
  }
}

const SECRET = 'a secret of more than thirty-two letters';
const OTHER_SECRET = 'another secret of more than thirty-two letters';

function create(ttlS = DAY_S, linkSecret = SECRET, linkSecretPrevious: string | null = null) {
  const clock = new HeldClock(new Date('2026-03-01T12:34:56.789Z'));
  const media = { linkSecret, linkSecretPrevious, linkTtlS: ttlS };
  const config = { media } as unknown as AppConfig;
  return { clock, links: new MediaLinks(config, clock) };
}

const INVALID = expect.objectContaining({ code: 'media.link_invalid' });

describe('MediaLinks', () => {
  it('opens what it was signed for and tells until when', () => {
    const { links } = create();
    expect(links.verify(links.sign(LINK), LINK)).toEqual(new Date('2026-03-02T12:00:00Z'));
  });

  it.each<[field: string, other: Partial<MediaLink>]>([
    ['picture', { index: 1 }],
    ['generation', { generationId: '0197f5a0-0000-7000-8000-000000000003' }],
    ['space', { searchSpaceId: '0197f5a0-0000-7000-8000-000000000003' }],
    ['version of the links', { version: 2 }],
  ])('opens no other %s', (_field, other) => {
    const { links } = create();
    expect(() => links.verify(links.sign(LINK), { ...LINK, ...other })).toThrow(INVALID);
  });

  it('is of no use with another secret', () => {
    const token = create().links.sign(LINK);
    const other = create(DAY_S, OTHER_SECRET).links;
    expect(() => other.verify(token, LINK)).toThrow(INVALID);
  });

  it('outlives its secret while that is the one before, and is signed anew under the new one', () => {
    const token = create().links.sign(LINK);
    const { clock, links } = create(DAY_S, OTHER_SECRET, SECRET);
    expect(links.verify(token, LINK)).toBeInstanceOf(Date);
    expect(() => links.verify(token, { ...LINK, index: 1 })).toThrow(INVALID);
    expect(() => create().links.verify(links.sign(LINK), LINK)).toThrow(INVALID);
    clock.pass(DAY_S);
    expect(() => links.verify(token, LINK)).toThrow(INVALID);
  });

  it('ends with its life and not a second later', () => {
    const { clock, links } = create();
    const token = links.sign(LINK);
    const leftS = (links.verify(token, LINK).getTime() - clock.now().getTime()) / 1_000;
    clock.pass(leftS - 1);
    expect(links.verify(token, LINK)).toBeInstanceOf(Date);
    clock.pass(1);
    expect(() => links.verify(token, LINK)).toThrow(INVALID);
  });

  it('cannot be given a longer life', () => {
    const { clock, links } = create();
    const [expiry, mac] = links.sign(LINK).split('.') as [string, string];
    const later = (Number.parseInt(expiry, 36) + DAY_S).toString(36);
    expect(() => links.verify(`${later}.${mac}`, LINK)).toThrow(INVALID);
    clock.pass(2 * DAY_S);
    expect(() => links.verify(`${later}.${mac}`, LINK)).toThrow(INVALID);
  });

  it('stays the same through the hour and never outlives the setting', () => {
    const { clock, links } = create();
    clock.moment = new Date('2026-03-01T12:00:00Z');
    const first = links.sign(LINK);
    clock.pass(3_599);
    expect(links.sign(LINK)).toBe(first);
    clock.pass(1);
    expect(links.sign(LINK)).not.toBe(first);
  });

  it.each([60, 61, 599, 3_600, DAY_S])(
    'lives at most %d s and at least three quarters of it',
    (ttlS) => {
      const { clock, links } = create(ttlS);
      for (let step = 0; step < 100; step += 1) {
        clock.pass(37);
        const leftMs = links.verify(links.sign(LINK), LINK).getTime() - clock.now().getTime();
        expect(leftMs).toBeLessThanOrEqual(ttlS * 1_000);
        expect(leftMs).toBeGreaterThanOrEqual((ttlS * 1_000 * 3) / 4 - 1_000);
      }
    },
  );

  it.each([
    '',
    '.',
    'abc',
    `0abc.${'A'.repeat(43)}`,
    `zzzzzzzzzz.${'A'.repeat(43)}`,
    `abc.${'A'.repeat(42)}`,
    `abc.${'A'.repeat(44)}`,
    `abc.${'é'.repeat(43)}`,
    `ABC.${'A'.repeat(43)}`,
    `-1.${'A'.repeat(43)}`,
  ])('refuses "%s" as no token', (token) => {
    expect(() => create().links.verify(token, LINK)).toThrow(INVALID);
  });

  it('refuses a token with any character changed', () => {
    const { links } = create();
    const token = links.sign(LINK);
    for (let at = 0; at < token.length; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'b' ? 'c' : 'b') + token.slice(at + 1);
      expect(() => links.verify(changed, LINK)).toThrow(INVALID);
    }
  });
});
