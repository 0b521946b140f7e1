// Proves the headers under which a picture leaves: its real type, private, cached no longer than its link lives.
import { describe, expect, it } from 'vitest';
import { isNotModified, toPictureHeaders } from './to-image-headers.js';

const ETAG = `"${'ab'.repeat(32)}"`;
const FACTS = { etag: ETAG, mediaType: 'image/webp', fileName: 'generated-1-2.webp' };
const NOW = new Date('2026-03-01T12:00:00Z');

describe('toPictureHeaders', () => {
  it('says what the picture is and lets it do nothing', () => {
    const expiresAt = new Date('2026-03-01T13:00:00Z');
    expect(toPictureHeaders({ ...FACTS, expiresAt }, NOW)).toEqual({
      'content-type': 'image/webp',
      'content-disposition': 'inline; filename="generated-1-2.webp"',
      'cache-control': 'private, max-age=3600, immutable',
      'accept-ranges': 'bytes',
      etag: ETAG,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    });
  });

  it('rounds the life of the link down and never below nothing', () => {
    const at = (expiresAt: string) =>
      toPictureHeaders({ ...FACTS, expiresAt: new Date(expiresAt) }, NOW)['cache-control'];
    expect(at('2026-03-01T12:00:01.999Z')).toContain('max-age=1,');
    expect(at('2026-03-01T11:00:00Z')).toContain('max-age=0,');
  });

  it('lets nobody keep without asking what is seen by right and not by link', () => {
    const headers = toPictureHeaders({ ...FACTS, expiresAt: null }, NOW);
    expect(headers['cache-control']).toBe('private, no-cache');
  });
});

describe('isNotModified', () => {
  it.each([
    [ETAG, true],
    [`W/${ETAG}`, true],
    [`"other", ${ETAG}`, true],
    ['*', true],
    ['"other"', false],
    ['ab'.repeat(32), false],
    ['', false],
    [undefined, false],
  ])('answers %s with %s', (header, expected) => {
    expect(isNotModified(header, ETAG)).toBe(expected);
  });
});
