// Proves the headers under which a picture leaves: its real type, private, cached no longer than its link lives.
import { describe, expect, it } from 'vitest';
import type { MediaAsset } from './domain/media-asset.js';
import { isNotModified, toImageHeaders } from './to-image-headers.js';

const ASSET: MediaAsset = {
  id: '0197f5a0-0000-7000-8000-000000000009',
  searchSpaceId: '0197f5a0-0000-7000-8000-000000000002',
  generationId: '0197f5a0-0000-7000-8000-000000000001',
  attemptId: '0197f5a0-0000-7000-8000-000000000004',
  role: 'output',
  index: 2,
  sha256: 'ab'.repeat(32),
  format: 'webp',
  widthPx: 64,
  heightPx: 64,
  sizeBytes: 1_234,
  seed: null,
  createdAt: new Date(0),
};
const NOW = new Date('2026-03-01T12:00:00Z');

describe('toImageHeaders', () => {
  it('says what the picture is and lets it do nothing', () => {
    const headers = toImageHeaders(ASSET, {
      now: NOW,
      expiresAt: new Date('2026-03-01T13:00:00Z'),
    });
    expect(headers).toEqual({
      'content-type': 'image/webp',
      'content-length': '1234',
      'content-disposition': `inline; filename="generated-${ASSET.generationId}-2.webp"`,
      'cache-control': 'private, max-age=3600, immutable',
      etag: `"${ASSET.sha256}"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    });
  });

  it('rounds the life of the link down and never below nothing', () => {
    const at = (expiresAt: string) =>
      toImageHeaders(ASSET, { now: NOW, expiresAt: new Date(expiresAt) })['cache-control'];
    expect(at('2026-03-01T12:00:01.999Z')).toContain('max-age=1,');
    expect(at('2026-03-01T11:00:00Z')).toContain('max-age=0,');
  });
});

describe('isNotModified', () => {
  it.each([
    [`"${'ab'.repeat(32)}"`, true],
    [`W/"${'ab'.repeat(32)}"`, true],
    [`"other", "${'ab'.repeat(32)}"`, true],
    ['*', true],
    ['"other"', false],
    ['ab'.repeat(32), false],
    ['', false],
    [undefined, false],
  ])('answers %s with %s', (header, expected) => {
    expect(isNotModified(header, ASSET)).toBe(expected);
  });
});
