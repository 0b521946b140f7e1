// Proves that no text but the names this program makes can ever become a place in a store.
import { describe, expect, it } from 'vitest';
import { newId } from '../../common/ids.js';
import {
  assertIncomingName,
  assertStorageKey,
  isStorageKey,
  parseIncomingName,
  parseStorageKey,
  toIncomingName,
  toStorageKey,
} from './storage-key.js';

const SPACE = '0197f5a0-0000-7000-8000-000000000002';
const SHA256 = `cd${'ab'.repeat(31)}`;

describe('storage keys', () => {
  it('are space, first digits, hash and format', () => {
    const key = toStorageKey({ searchSpaceId: SPACE, sha256: SHA256, format: 'png' });
    expect(key).toBe(`${SPACE}/cd/${SHA256}.png`);
    expect(() => assertStorageKey(key)).not.toThrow();
    expect(isStorageKey(key)).toBe(true);
    expect(parseStorageKey(key)).toEqual({ searchSpaceId: SPACE, sha256: SHA256, format: 'png' });
  });

  it.each([
    '',
    '..',
    '../x',
    `/${SPACE}/cd/${SHA256}.png`,
    `${SPACE}/../${SHA256}.png`,
    `${SPACE}/ab/${SHA256}.png`,
    `${SPACE}/cd/${SHA256}.svg`,
    `${SPACE}/cd/${SHA256}.png/..`,
    `${SPACE}/cd/${SHA256}.png\n`,
    `${SPACE}\\cd\\${SHA256}.png`,
    `${SPACE.toUpperCase()}/cd/${SHA256}.PNG`,
    `incoming/${newId()}-output-0`,
  ])('are not "%s"', (key) => {
    expect(() => assertStorageKey(key)).toThrow('not a storage key');
    expect(isStorageKey(key)).toBe(false);
  });

  it('are not made of anything but ids and hashes', () => {
    const blob = { searchSpaceId: SPACE, sha256: SHA256, format: 'png' } as const;
    expect(() => toStorageKey({ ...blob, searchSpaceId: '../..' })).toThrow();
    expect(() => toStorageKey({ ...blob, sha256: '../../etc/passwd' })).toThrow();
  });
});

describe('incoming names', () => {
  it('name the attempt, or else the generation, and read back', () => {
    const [generationId, attemptId] = [newId(), newId()];
    const output = { generationId, attemptId, role: 'output', index: 3 } as const;
    const input = { generationId, attemptId: null, role: 'input', index: 0 } as const;
    expect(parseIncomingName(toIncomingName(output))).toEqual({
      ownerId: attemptId,
      role: 'output',
      index: 3,
    });
    expect(parseIncomingName(toIncomingName(input))?.ownerId).toBe(generationId);
    const upload = { id: newId(), generationId: null, attemptId: null } as const;
    const name = toIncomingName({ ...upload, role: 'upload', index: 0 });
    expect(parseIncomingName(name)).toEqual({ ownerId: upload.id, role: 'upload', index: 0 });
  });

  it.each(['', '..', '../x-output-0', 'x-output-0', `${SPACE}-other-0`, `${SPACE}-output--1`])(
    'are not "%s"',
    (name) => {
      expect(parseIncomingName(name)).toBeNull();
      expect(() => assertIncomingName(name)).toThrow('not the name of an incoming picture');
    },
  );
});
