// Proves that the settings of delegated accounts are whole or absent, and that what is missing is named.
import { describe, expect, it } from 'vitest';
import { checkDelegated, toDelegated } from './to-delegated.js';
import { readSettings } from './read-settings.js';

const GROUP = {
  DELEGATED_URL: 'https://shop.example.com/base/',
  DELEGATED_SECRET: 'a secret of at least thirty-two characters',
  DELEGATED_SPACE_ID: '01A1FE5A-30E0-7695-9C64-7D01EE4F8F7C',
};

function read(environment: Record<string, string>) {
  const faults: string[] = [];
  const values = readSettings(environment, faults);
  checkDelegated(values, faults);
  return { faults, values };
}

describe('the settings of delegated accounts', () => {
  it('are off when none is set', () => {
    const { faults, values } = read({ DELEGATED_TIMEOUT_MS: '700' });
    expect([faults, toDelegated(values)]).toEqual([[], null]);
  });

  it('give the whole group with its defaults', () => {
    const { faults, values } = read(GROUP);
    expect(faults).toEqual([]);
    expect(toDelegated(values)).toEqual({
      url: 'https://shop.example.com/base',
      secret: GROUP.DELEGATED_SECRET,
      spaceId: GROUP.DELEGATED_SPACE_ID.toLowerCase(),
      needsSignedReplies: false,
      timeoutMs: 5_000,
      retryDelayMs: 250,
      callsMax: 128,
      cacheMs: 60_000,
      breakerFaultsMax: 5,
      breakerOpenMs: 60_000,
    });
  });

  it.each(Object.keys(GROUP))('name %s when it is the one that is missing', (name) => {
    const { faults } = read({ ...GROUP, [name]: '' });
    expect(faults).toEqual([expect.stringMatching(new RegExp(`needs ${name}$`))]);
  });

  it.each([
    ['DELEGATED_SECRET', 'short', 'at least 32'],
    ['DELEGATED_SPACE_ID', 'first space', 'UUID'],
    ['DELEGATED_URL', 'https://shop.example.com/?key=1', 'no query'],
    ['DELEGATED_URL', 'ftp://shop.example.com', 'http or https'],
    ['DELEGATED_CACHE_S', '61', 'from 0 to 60'],
    ['DELEGATED_REPLY_SIGNATURE', 'never', 'optional, required'],
  ])('refuse %s=%s', (name, value, message) => {
    const { faults } = read({ ...GROUP, [name]: value });
    expect(faults).toEqual([expect.stringContaining(message)]);
  });
});
