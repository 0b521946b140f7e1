// Proves that the worker signs PNG and JPEG with a self-made chain, finds a changed byte, and fails in bounds.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppConfig } from '../../config/app-config.js';
import { MADE_WITH_MODEL } from '../rewrite/xmp-packet.js';
import { C2paWorker, type SigningIdentity, TASKS_MAX } from './c2pa-worker.js';

const CONFIG = { provenance: { identity: null, bytesMax: 1e7, timeoutMs: 60_000 } };
const CLAIM = {
  digitalSourceType: MADE_WITH_MODEL,
  isComposite: true,
  version: '1',
  ingredients: [{ name: 'input-0.png', format: 'png' as const, sha256: 'a'.repeat(64) }],
};
const worker = new C2paWorker(CONFIG as unknown as AppConfig);
let identity: SigningIdentity;

beforeAll(async () => {
  identity = await worker.createIdentity();
}, 120_000);
afterAll(() => worker.onApplicationShutdown());

describe.each(['png', 'jpeg'] as const)('a signed %s', (format) => {
  it('is verified, shows the same pixels, and is found out when a byte changes', async () => {
    const create = { width: 40, height: 30, channels: 3, background: 'teal' } as const;
    const bytes = await sharp({ create }).toFormat(format).toBuffer();
    const signed = Buffer.from(await worker.sign({ bytes, format, identity, claim: CLAIM }));
    expect(await sharp(signed).raw().toBuffer()).toEqual(await sharp(bytes).raw().toBuffer());
    expect(await worker.verify({ bytes: signed, format })).toEqual({
      isPresent: true,
      isValid: true,
      error: null,
      signer: expect.stringContaining('CN=Atelier'),
      generator: 'Atelier',
      digitalSourceType: MADE_WITH_MODEL,
    });
    signed.writeUInt8(signed.readUInt8(signed.length - 20) ^ 1, signed.length - 20);
    expect(await worker.verify({ bytes: signed, format })).toMatchObject({ isValid: false });
    expect(await worker.verify({ bytes, format })).toEqual({ isPresent: false });
  }, 120_000);
});

describe('the worker', () => {
  it('signs what a model made whatever there is to verify', async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'blue' } })
      .png()
      .toBuffer();
    const verified = Array.from({ length: TASKS_MAX }, () =>
      worker.verify({ bytes, format: 'png' }),
    );
    const signed = worker.sign({ bytes, format: 'png', identity, claim: CLAIM });
    await expect(worker.verify({ bytes, format: 'png' })).rejects.toMatchObject({
      code: 'request.busy',
    });
    expect((await signed).byteLength).toBeGreaterThan(bytes.length);
    expect(await Promise.all(verified)).toHaveLength(TASKS_MAX);
  }, 120_000);

  it('fails on a key that is none, and goes on', async () => {
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const broken = { ...identity, keyPem: 'no key' };
    const task = { bytes, format: 'png' as const, claim: CLAIM };
    await expect(worker.sign({ ...task, identity: broken })).rejects.toThrow();
    expect((await worker.sign({ ...task, identity })).byteLength).toBeGreaterThan(bytes.length);
  }, 120_000);

  it('gives a picture up that takes longer than it may', async () => {
    const provenance = { ...CONFIG.provenance, timeoutMs: 1 };
    const hurried = new C2paWorker({ provenance } as unknown as AppConfig);
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const task = { bytes, format: 'png' as const, claim: CLAIM, identity };
    await expect(hurried.sign(task)).rejects.toThrow(/abort/i);
    await hurried.onApplicationShutdown();
    await expect(hurried.sign(task)).rejects.toMatchObject({ code: 'request.busy' });
  }, 120_000);
});
