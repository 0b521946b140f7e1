// Proves that secrets are taken out of a text whatever stands around them, and that no text takes long to look at.
import { describe, expect, it } from 'vitest';
import { redact, REDACTED } from './redact.js';

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

describe('redact', () => {
  it.each([
    [`token ${TOKEN}, thanks`, `token ${REDACTED}, thanks`],
    [`session-${TOKEN}`, `session-${REDACTED}`],
    [`Bearer ${TOKEN}`, `Bearer ${REDACTED}`],
    ['Bearer 0123456789abcdef', REDACTED],
    [`"${TOKEN}"`, `"${REDACTED}"`],
    ['sk-0123456789', REDACTED],
    ['whsec_0123456789', REDACTED],
    [`atl_abcdefgh_${'x'.repeat(43)}`, REDACTED],
    ['https://me:word@host/', `https://me:${REDACTED}@host/`],
    ['eyJhbGciOiJIUzI1NiJ9 and eyJ.x', 'eyJhbGciOiJIUzI1NiJ9 and eyJ.x'],
    ['nothing of the kind', 'nothing of the kind'],
  ])('makes of %j no more than it must', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it.each(['-eyJ', '-eyJa.', '-sk-', 'Bearer ', '://a:', '-atl_', '-whsec_'])(
    'looks at a megabyte of %j in no time',
    (piece) => {
      const startedAt = performance.now();
      redact(piece.repeat(1_048_576 / piece.length));
      // What looks at it once for each piece takes minutes.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    },
  );
});
