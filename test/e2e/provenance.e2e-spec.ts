// Proves that pictures say what made them and nothing of who sent them, can be signed and verified, know their kin, and
// that none is lost when it cannot be signed.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/common/ids.js';
import type { AppConfig } from '../../src/config/app-config.js';
import type { Environment } from '../../src/config/read-settings.js';
import { MediaService } from '../../src/media/media.service.js';
import { C2paIdentity } from '../../src/media/provenance/c2pa-identity.js';
import { C2paWorker } from '../../src/media/provenance/c2pa-worker.js';
import { MarkPicturesService } from '../../src/media/provenance/mark-pictures.service.js';
import { SpaceProvenanceService } from '../../src/media/provenance/space-provenance.service.js';
import { makeTestFolder } from '../setup/test-folder.js';
import { databaseKinds } from '../setup/services.js';
import type { Answer } from '../setup/application.js';
import { must, operatorOf } from '../setup/people.js';
import {
  GENERATIONS,
  startWithVendor,
  type VendorApplication,
} from '../setup/vendor-application.js';

const SECRET = 'SECRET-52.5200N';
const MADE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
const COMPOSITE =
  'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';
const VERIFY = '/api/v1/media/verify';

let atelier: VendorApplication;
let switches: string;

let folder: string;

beforeAll(async () => {
  folder = makeTestFolder('atelier-c2pa-');
  atelier = await startWithVendor(await toSigningSettings());
  const [space] = (
    await atelier.call('GET', '/api/v1/search-spaces', undefined, operatorOf(atelier))
  ).body.data;
  switches = `/api/v1/search-spaces/${space.id}/provenance`;
});
afterAll(async () => {
  await atelier.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The embedded set makes its own certificate; elsewhere it is the operator's, in files. */
async function toSigningSettings(): Promise<Environment> {
  if (databaseKinds()[0] === 'embedded') return {};
  const provenance = { identity: null, bytesMax: 1, timeoutMs: 60_000 };
  const worker = new C2paWorker({ provenance } as unknown as AppConfig);
  const { certificatePem, keyPem } = await worker.createIdentity();
  await worker.onApplicationShutdown();
  const settings = {
    C2PA_CERT_FILE: join(folder, 'certificate.pem'),
    C2PA_KEY_FILE: join(folder, 'key.pem'),
  };
  writeFileSync(settings.C2PA_CERT_FILE, certificatePem);
  writeFileSync(settings.C2PA_KEY_FILE, keyPem);
  return { ...settings, C2PA_TIMEOUT_MS: '60000' };
}

async function make(body: object) {
  const asked = { prompt: 'a fox', size: '64x64', seed: 5, ...body };
  return must(atelier, 201, 'POST', GENERATIONS, asked, atelier.key);
}

async function download({ images }: { images: { url: string }[] }): Promise<Buffer> {
  return Buffer.from(await (await fetch(images[0]!.url)).arrayBuffer());
}

async function verify(bytes: Buffer) {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), 'picture');
  const answer = await fetch(`${atelier.baseUrl}${VERIFY}`, {
    method: 'POST',
    headers: atelier.key,
    body: form,
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
}

const choose = (choice: object, status = 200) =>
  must(atelier, status, 'PUT', switches, choice, operatorOf(atelier));

const FORMATS = ['png', 'jpeg', 'webp'] as const;

describe('a stored picture', () => {
  it.each(FORMATS)('says as %s that a model made it, and is known again', async (format) => {
    const record = await make({ output_format: format });
    const bytes = await download(record);
    expect(bytes.length).toBe(record.images[0].bytes);
    const { xmp } = await sharp(bytes).metadata();
    expect(xmp?.toString()).toContain(`DigitalSourceType="${MADE}"`);
    const verdict = await verify(bytes);
    expect(verdict).toMatchObject({
      status: 200,
      body: {
        format,
        sha256: record.images[0].sha256,
        known_in_space: true,
        digital_source_type: MADE,
        generator: 'Atelier',
        generation_id: record.id,
        pixels_equal: true,
        c2pa: { present: false, valid: null },
      },
    });
    const named = { media_id: record.images[0].id };
    const again = await must(atelier, 200, 'POST', VERIFY, named, atelier.key);
    expect(again).toEqual(verdict.body);
  });

  it('of a vendor on the net says so too', async () => {
    const model = 'gpt-image-2';
    const record = await make({ model, size: '1024x1024', seed: undefined });
    const { body } = await verify(await download(record));
    expect(body).toMatchObject({ digital_source_type: MADE, generation_id: record.id });
  });

  it('is told from one that only says to be it', async () => {
    const record = await make({});
    const { xmp } = await sharp(await download(record)).metadata();
    const forged = await sharp({
      create: { width: 64, height: 64, channels: 3, background: 'red' },
    })
      .withXmp(xmp!.toString())
      .jpeg()
      .toBuffer();
    expect((await verify(forged)).body).toMatchObject({
      known_in_space: false,
      generation_id: record.id,
      pixels_equal: false,
    });
  });
});

describe('a picture that is sent in', () => {
  it('loses what it tells of its sender, and is linked to the picture it was', async () => {
    const parent = await make({});
    const tagged = await sharp(await download(parent))
      .withExif({ IFD0: { Artist: SECRET } })
      .jpeg()
      .toBuffer();
    const data = (bytes: Buffer) => ({ data: bytes.toString('base64') });
    const edited = await make({
      operation: 'edit',
      reference_images: [data(await download(parent)), data(tagged)],
    });
    const stored = await atelier.call('GET', `${GENERATIONS}/${edited.id}/lineage`);
    expect(stored.body.edges).toEqual([
      { from: parent.id, from_index: 0, to: edited.id, as: 'reference', as_index: 0 },
    ]);
    const verdict = await verify(await download(edited));
    expect(verdict.body.digital_source_type).toBe(COMPOSITE);
  });
});

describe('the lineage', () => {
  it('goes from parents to children, and remembers those that are gone', async () => {
    const first = await make({});
    const second = await make({
      operation: 'edit',
      reference_images: [{ media_id: first.images[0].id }],
    });
    const third = await make({
      operation: 'edit',
      reference_images: [{ media_id: second.images[0].id }],
    });
    const read = async (id: string) =>
      must(atelier, 200, 'GET', `${GENERATIONS}/${id}/lineage`, undefined, atelier.key);
    const whole = await read(second.id);
    expect(new Set(whole.nodes.map(({ id }: { id: string }) => id))).toEqual(
      new Set([first.id, second.id, third.id]),
    );
    expect(whole).toMatchObject({ is_truncated: false });
    expect(whole.edges).toHaveLength(2);
    await must(
      atelier,
      200,
      'DELETE',
      `${GENERATIONS}/${first.id}`,
      undefined,
      operatorOf(atelier),
    );
    const left = await read(third.id);
    expect(left.nodes).toContainEqual({
      id: first.images[0].id,
      is_deleted: true,
      status: null,
      operation: null,
      model: null,
      created_at: null,
    });
    expect((await atelier.call('GET', `${GENERATIONS}/${newId()}/lineage`)).status).toBe(404);
  });
});

describe('a hostile request', () => {
  it('is refused by its field', async () => {
    const cases = [
      [{}, 'media_id'],
      [{ media_id: 'x', url: 'https://a.example' }, 'media_id'],
      [{ url: 'https://a.example', save: true }, 'save'],
    ] as const;
    for (const [body, field] of cases) {
      const refused = await must(atelier, 400, 'POST', VERIFY, body, atelier.key);
      expect(refused.errors[0].field).toBe(field);
    }
    await must(atelier, 404, 'POST', VERIFY, { media_id: newId() }, atelier.key);
    expect((await verify(Buffer.from('not a picture at all'))).status).toBe(400);
    const png = await sharp({
      create: { width: 8, height: 8, channels: 3, background: 'red' },
    })
      .png()
      .toBuffer();
    expect((await verify(png.subarray(0, -4))).body.code).toBe('media.unreadable');
  });
});

describe('a space', () => {
  it('has its stored pictures signed, if there is something to sign them with', async () => {
    expect(await must(atelier, 200, 'GET', switches, undefined, atelier.key)).toEqual({
      mark_relayed: false,
      c2pa: false,
    });
    await choose({ mark_relayed: true, c2pa: true });
    for (const format of FORMATS) {
      const record = await make({ output_format: format });
      expect(record.warnings).toEqual([]);
      const bytes = await download(record);
      const { body } = await verify(bytes);
      const isSigned = format !== 'webp';
      expect(body).toMatchObject({
        digital_source_type: MADE,
        known_in_space: true,
        c2pa: { present: isSigned, valid: isSigned ? true : null, error: null },
      });
      if (!isSigned) continue;
      const tampered = Buffer.from(bytes);
      const at = format === 'png' ? tampered.indexOf('CreatorTool') : tampered.length - 10;
      tampered.writeUInt8(tampered.readUInt8(at) ^ 1, at);
      expect((await verify(tampered)).body.c2pa).toMatchObject({ present: true, valid: false });
    }
    await choose({ mark_relayed: false, c2pa: false });
  });

  it('is refused it where there is nothing to sign with', async () => {
    const without = vi
      .spyOn(atelier.app.get(C2paIdentity), 'isAvailable', 'get')
      .mockReturnValue(false);
    const refused = await choose({ mark_relayed: true, c2pa: true }, 400);
    without.mockRestore();
    expect(refused.errors[0].field).toBe('c2pa');
    expect((await must(atelier, 200, 'GET', switches, undefined, atelier.key)).c2pa).toBe(false);
  });
});

describe('a picture that cannot be signed', () => {
  const UNSIGNED = expect.objectContaining({ code: 'picture_unsigned' });

  /** Kept whole, with its mark, and without a manifest. */
  async function assertKept(record: Answer['body']): Promise<void> {
    expect(record).toMatchObject({ status: 'succeeded', warnings: [UNSIGNED] });
    const bytes = await download(record);
    expect(bytes.length).toBe(record.images[0].bytes);
    expect((await sharp(bytes).metadata()).width).toBe(64);
    expect((await verify(bytes)).body).toMatchObject({
      digital_source_type: MADE,
      generation_id: record.id,
      sha256: record.images[0].sha256,
      pixels_equal: true,
      c2pa: { present: false },
    });
  }

  const FAULTS: readonly (readonly [what: string, sign: () => Promise<Uint8Array>])[] = [
    ['the signer fails', () => Promise.reject(new Error('no signature today'))],
    ['the signer takes too long', () => Promise.reject(AbortSignal.abort('TimeoutError').reason)],
    ['what was signed is no picture', async () => Buffer.from('not a picture at all')],
    ['what was signed is larger than a picture may be', async () => Buffer.alloc(30 * 2 ** 20)],
  ];

  it.each(FAULTS)('is kept with its mark and a warning when %s', async (_what, sign) => {
    await choose({ mark_relayed: false, c2pa: true });
    const signing = vi.spyOn(atelier.app.get(C2paWorker), 'sign').mockImplementation(sign);
    try {
      for (const format of ['png', 'jpeg']) await assertKept(await make({ output_format: format }));
      expect(signing).toHaveBeenCalledTimes(2);
    } finally {
      signing.mockRestore();
      await choose({ mark_relayed: false, c2pa: false });
    }
  });

  it('is kept so when it cannot be read back, and when nobody can tell what the space wants', async () => {
    await choose({ mark_relayed: false, c2pa: true });
    const { app } = atelier;
    const away = new Error('away for a moment');
    const spies = [
      () => vi.spyOn(app.get(MediaService), 'openStaged').mockRejectedValueOnce(away),
      () => vi.spyOn(app.get(SpaceProvenanceService), 'getOrLast').mockResolvedValue(null),
      () => vi.spyOn(app.get(C2paIdentity), 'get').mockRejectedValueOnce(away),
    ];
    for (const spy of spies) {
      const spied = spy();
      await assertKept(await make({}));
      expect(spied).toHaveBeenCalled();
      spied.mockRestore();
    }
    await choose({ mark_relayed: false, c2pa: false });
  });
});

describe('drafts on their way from vendor to client', () => {
  const asked = { model: 'gpt-image-2', size: '1024x1024', quality: 'low', stream: true };

  async function stream(prompt: string) {
    const answer = await fetch(`${atelier.baseUrl}/v1/images/generations`, {
      method: 'POST',
      headers: { ...atelier.key, 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, prompt, partial_images: 2 }),
    });
    expect(answer.status).toBe(200);
    const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('data: {'));
    const events = lines.map((line) => JSON.parse(line.slice(6)));
    return events.map(({ type, b64_json }) => ({
      type: String(type).split('.')[1],
      bytes: Buffer.from(b64_json ?? '', 'base64'),
    }));
  }

  const readXmp = async (bytes: Buffer) => (await sharp(bytes).metadata()).xmp?.toString() ?? '';

  it.each([
    ['bear no mark', false],
    ['bear one where the space wants it', true],
  ])('%s, and the picture does either way', async (_what, marks) => {
    await choose({ mark_relayed: marks, c2pa: false });
    const events = await stream(`a fox that ${marks ? 'runs' : 'sleeps'}`);
    expect(events.map(({ type }) => type)).toEqual(['partial_image', 'partial_image', 'completed']);
    for (const { type, bytes } of events) {
      const isMarked = marks || type === 'completed';
      expect((await readXmp(bytes)).includes(MADE), type).toBe(isMarked);
      const { body } = await verify(bytes);
      expect(body).toMatchObject({
        digital_source_type: isMarked ? MADE : null,
        known_in_space: type === 'completed',
      });
      if (isMarked) expect(body.generation_id).toMatch(/^[0-9a-f-]{36}$/);
    }
    await choose({ mark_relayed: false, c2pa: false });
  });

  it('are not shown when they are to be marked and cannot be; the picture comes all the same', async () => {
    await choose({ mark_relayed: true, c2pa: false });
    const marking = vi.spyOn(atelier.app.get(MarkPicturesService), 'markRelayed');
    marking.mockResolvedValueOnce(null);
    const events = await stream('a fox that hides');
    marking.mockRestore();
    expect(events.map(({ type }) => type)).toEqual(['partial_image', 'completed']);
    await choose({ mark_relayed: false, c2pa: false });
  });

  it('come marked in b64_json of an answer without a stream, too', async () => {
    const body = { ...asked, prompt: 'a fox', stream: false, response_format: 'b64_json' };
    const answer = await must(atelier, 200, 'POST', '/v1/images/generations', body, atelier.key);
    expect(await readXmp(Buffer.from(answer.data[0].b64_json, 'base64'))).toContain(MADE);
  });
});
