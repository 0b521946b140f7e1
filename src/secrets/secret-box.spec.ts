// Proves that a sealed secret opens in its own row alone, shows every change, and survives a change of the master key.
import { describe, expect, it } from 'vitest';
import type { AppConfig } from '../config/app-config.js';
import { MasterKeyMissingError } from './domain/key-ring.js';
import { SecretBox } from './secret-box.js';

const PLACE = { table: 'identity_providers', id: '0192' };
const OLD = 'the old master secret, 32 letters';
const NEW = 'the new master secret, 32 letters';

function toBox(
  encryptionSecret: string,
  encryptionSecretPrevious: string | null = null,
): SecretBox {
  return new SecretBox({ secrets: { encryptionSecret, encryptionSecretPrevious } } as AppConfig);
}

describe('SecretBox', () => {
  it('opens what it sealed, of any length and script', () => {
    const box = toBox(OLD);
    for (const secret of ['', 'x', 'a client secret', 'Schlüssel 🔑'.repeat(500)]) {
      expect(box.open(box.seal(secret, PLACE), PLACE)).toBe(secret);
    }
  });

  it('shows nothing of the secret, and never the same text twice', () => {
    const box = toBox(OLD);
    const sealed = box.seal('a client secret', PLACE);
    expect(sealed).not.toContain('client');
    expect(Buffer.from(sealed.split('.').at(-1) ?? '', 'base64url').toString()).not.toContain(
      'client',
    );
    expect(box.seal('a client secret', PLACE)).not.toBe(sealed);
  });

  it('opens nothing that was moved to another row or table', () => {
    const box = toBox(OLD);
    const sealed = box.seal('a client secret', PLACE);
    expect(() => box.open(sealed, { ...PLACE, id: '0193' })).toThrow();
    expect(() => box.open(sealed, { ...PLACE, table: 'connections' })).toThrow();
  });

  it('notices every changed byte', () => {
    const box = toBox(OLD);
    const parts = box.seal('a client secret', PLACE).split('.');
    for (const [index, part] of parts.entries()) {
      const bytes = Buffer.from(part, 'base64url');
      bytes[bytes.length >> 1]! ^= 1;
      const forged = parts.with(index, index === 0 ? 'v2' : bytes.toString('base64url')).join('.');
      expect(() => box.open(forged, PLACE)).toThrow();
    }
    expect(() => box.open('v1.a.b', PLACE)).toThrow('no sealed secret');
  });

  it('opens under the previous master key, wraps anew under the new one, and then needs the old no more', () => {
    const sealed = toBox(OLD).seal('a client secret', PLACE);
    expect(() => toBox(NEW).open(sealed, PLACE)).toThrow(MasterKeyMissingError);
    const both = toBox(NEW, OLD);
    expect(both.open(sealed, PLACE)).toBe('a client secret');
    const rewrapped = both.rewrap(sealed, PLACE) ?? '';
    expect(toBox(NEW).open(rewrapped, PLACE)).toBe('a client secret');
    expect(() => toBox(OLD).open(rewrapped, PLACE)).toThrow(MasterKeyMissingError);
    expect(both.rewrap(rewrapped, PLACE)).toBeNull();
  });

  it('does not wrap anew what belongs to another row', () => {
    const sealed = toBox(OLD).seal('a client secret', PLACE);
    expect(() => toBox(NEW, OLD).rewrap(sealed, { ...PLACE, id: '0193' })).toThrow();
  });
});
