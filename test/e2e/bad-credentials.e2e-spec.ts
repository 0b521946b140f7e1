// Proves that nothing a stranger writes where credentials belong gets in or breaks the service: 401, and never a 5xx.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newApiKey } from '../../src/auth/domain/api-key.js';
import { API_KEY, startApplication, type TestApplication } from '../setup/application.js';
import { type RawAnswer, sendRaw } from '../setup/raw-request.js';

const VALUES = 500;
const AT_ONCE = 20;
/** What Node takes as head of a request; more is refused before there is a request (431). */
const HEAD_BYTES_MAX = 16_384;
const LONG = 12_000;
const ME = 'GET /api/v1/auth/me';

const jwt = (header: object, payload: object, signature = 'x'.repeat(43)) =>
  [
    ...[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')),
    signature,
  ].join('.');

/** One of each way to be wrong, spoilt a little differently each time round. */
function makeValue(index: number): string {
  const noise = randomBytes(24).toString('base64url');
  const right = newApiKey();
  const claims = { sub: noise, sid: noise, ver: 1, exp: 4e9 };
  const makers: (() => string)[] = [
    () => `Bearer ${right}`,
    () => `Bearer ${API_KEY.slice(0, 13)}${right.slice(13)}`,
    () => `Bearer ${API_KEY}${noise.slice(0, 1 + (index % 20))}`,
    () => `Bearer ${API_KEY.slice(0, index % API_KEY.length)}`,
    () => `Bearer ${API_KEY.toUpperCase()}`,
    () => `Bearer ${API_KEY} ${API_KEY}`,
    () => `Bearer\t${API_KEY}`,
    () => API_KEY,
    () => `Basic ${Buffer.from(`user:${API_KEY}`).toString('base64')}`,
    () => `Bearer ${'x'.repeat(LONG - index)}`,
    () => `Bearer ${' '.repeat(LONG - index)}`,
    () => `Bearer ${'a.'.repeat((LONG - index) / 2)}`,
    () => `Bearer ${jwt({ alg: 'none' }, claims, '')}`,
    () => `Bearer ${jwt({ alg: 'HS256', typ: 'JWT' }, claims)}`,
    () => `Bearer ${jwt({ alg: 'RS256', kid: '../../etc/passwd' }, claims)}`,
    () => `Bearer ${jwt({ alg: ['HS256'] }, { sub: { $ne: null } })}`,
    () => `Bearer ${jwt({ alg: 'HS256' }, { ...claims, pad: 'x'.repeat(LONG / 2) })}`,
    () => `Bearer ${noise}\u00e9\u00ff\u0080`,
    () => `Bearer atl_'; DROP TABLE api_keys; --_${noise}`,
    () => `Bearer atl_%00%0a%0d_${noise}`,
    () => `Digest username="${noise}", realm="x"`,
    () => `bearer,${noise}`,
    () => '.'.repeat(1 + index),
    () => `{"token":"${noise}"}`,
    () => 'undefined',
  ];
  return makers[index % makers.length]?.() ?? '';
}

describe('bad credentials', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    // The limit of wrong credentials per address would answer 429 first.
    atelier = await startApplication({ LOGIN_RPM: '100000' });
  });
  afterAll(async () => {
    await atelier.stop();
  });

  async function sendAll(requests: Record<string, string>[]): Promise<RawAnswer[]> {
    const answers: RawAnswer[] = [];
    for (let start = 0; start < requests.length; start += AT_ONCE) {
      const some = requests.slice(start, start + AT_ONCE);
      const sent = some.map((headers) => sendRaw(atelier.baseUrl, { line: ME, headers }));
      answers.push(...(await Promise.all(sent)));
    }
    return answers;
  }

  it('are answered 401 in whichever header, five hundred of them', async () => {
    const values = Array.from({ length: VALUES }, (_none, index) => makeValue(index));
    const answers = await sendAll(
      values.map((value, index): Record<string, string> => {
        const name = index % 3 === 0 ? 'x-api-key' : 'authorization';
        // As X-API-Key these two would be right.
        const isRight = name === 'x-api-key' && value === API_KEY;
        return { [name]: isRight ? `${value}x` : value };
      }),
    );
    const wrong = answers.flatMap(({ status, text }, index) =>
      status === 401 ? [] : [{ status, text, value: values[index]?.slice(0, 80) }],
    );
    expect(wrong).toEqual([]);
    for (const { text, headers } of answers) {
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(text).not.toMatch(/stack|node_modules|select /i);
    }
  });

  it('larger than a head may be are refused before there is a request', async () => {
    const answers = await sendAll(
      Array.from({ length: 10 }, (_none, index) => ({
        authorization: `Bearer ${'x'.repeat(HEAD_BYTES_MAX * (1 + index))}`,
      })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([431]));
  });

  it('leave the service as it was', async () => {
    expect((await atelier.call('GET', '/api/v1/auth/me')).status).toBe(200);
    expect((await atelier.call('GET', '/health')).status).toBe(200);
  });
});
