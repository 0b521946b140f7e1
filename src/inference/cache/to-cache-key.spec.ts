/** Proves which requests are one to the cache and which are not. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../common/json-value.js';
import { type KeyParts, toCacheKey } from './to-cache-key.js';

const REQUEST = {
  model: 'auto',
  messages: [{ role: 'user', content: 'Grüße 👋' }],
  temperature: 0.5,
  seed: 7,
};
const PARTS: KeyParts = {
  searchSpaceId: 'space-1',
  edition: 1,
  route: 'chat',
  provider: 'openai',
  model: 'gpt-4o-mini',
  credentials: ['house'],
  request: REQUEST,
};
const keyOf = (request: unknown, parts: Partial<KeyParts> = {}) =>
  toCacheKey({ ...PARTS, ...parts, request: request as KeyParts['request'] });

describe('the key of an answer', () => {
  it('is a hash, and the same for the same request', () => {
    expect(keyOf(REQUEST)).toMatch(/^[0-9a-f]{64}$/);
    expect(keyOf(structuredClone(REQUEST))).toBe(keyOf(REQUEST));
  });

  it('knows neither the order of fields nor how a number or character was written', () => {
    const written = String.raw`{"seed":7.0,"temperature":5e-1,"messages":[{"content":"Gr\u00fc\u00dfe \ud83d\udc4b","role":"user"}],"model":"auto"}`;
    expect(keyOf(JSON.parse(written))).toBe(keyOf(REQUEST));
  });

  it('does not take one spelling of a character for another', () => {
    const [one, two] = ['é', 'e\u0301'];
    expect(keyOf({ ...REQUEST, user_text: one })).not.toBe(keyOf({ ...REQUEST, user_text: two }));
  });

  it('leaves out what does not change the answer', () => {
    const others = {
      model: 'gpt-4o-mini',
      encoding_format: 'base64',
      stream: true,
      stream_options: { include_usage: true },
      user: 'anna',
      metadata: { run: '1' },
      store: true,
      safety_identifier: 'x',
      prompt_cache_key: 'y',
    };
    for (const [name, value] of Object.entries(others)) {
      expect(keyOf({ ...REQUEST, [name]: value }), name).toBe(keyOf(REQUEST));
    }
    const inner = { messages: [{ role: 'user', content: 'Grüße 👋', user: 'anna' }] };
    expect(keyOf({ ...REQUEST, ...inner })).not.toBe(keyOf(REQUEST));
  });

  it('tells apart spaces, editions, routes, providers, models, credentials and every other field', () => {
    const keys = [
      keyOf(REQUEST),
      keyOf(REQUEST, { searchSpaceId: 'space-2' }),
      keyOf(REQUEST, { edition: 2 }),
      keyOf(REQUEST, { credentials: ['house', 'of-the-space'] }),
      keyOf(REQUEST, { credentials: ['of-the-space'] }),
      keyOf(REQUEST, { route: 'embedding' }),
      keyOf(REQUEST, { provider: 'gemini' }),
      keyOf(REQUEST, { model: 'gpt-4o' }),
      keyOf({ ...REQUEST, temperature: 0.6 }),
      keyOf({ ...REQUEST, seed: '7' }),
      keyOf({ ...REQUEST, top_p: null }),
      keyOf({ ...REQUEST, messages: [...REQUEST.messages, ...REQUEST.messages] }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is none for what cannot be told apart from others', () => {
    expect(keyOf({ ...REQUEST, seed: Number('9007199254740993') })).toBeNull();
    expect(keyOf({ ...REQUEST, seed: Number('1e400') })).toBeNull();
    expect(keyOf({ ...REQUEST, stop: ['\ud83d'] })).toBeNull();
    expect(keyOf({ ...REQUEST, ['\udc4b']: 1 })).toBeNull();
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as JsonValue;
    expect(keyOf({ ...REQUEST, deep })).toBeNull();
  });

  it('is one to one with the request, in whatever order it is written', () => {
    const value = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(value, value, (left, right) => {
        const turned = Object.fromEntries(Object.entries(left).toReversed());
        expect(keyOf({ tools: turned })).toBe(keyOf({ tools: left }));
        const isSame = fc.stringify(sorted(left)) === fc.stringify(sorted(right));
        fc.pre(keyOf({ tools: left }) !== null && keyOf({ tools: right }) !== null);
        expect(keyOf({ tools: left }) === keyOf({ tools: right })).toBe(isSame);
      }),
    );
  });
});

/** As JSON has it: fields in one order, and no zero below zero. */
function sorted(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_name, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ),
  );
}
