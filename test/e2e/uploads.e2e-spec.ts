// Proves that pictures which clients bring by themselves, to this service or to a bucket, are kept as uploads by form
// are or not at all, once, by whoever began them alone; and that nothing stays of what was given up.
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LibrarySweeper } from '../../src/media/library/library-sweeper.js';
import { OPEN_UPLOADS_MAX } from '../../src/media/library/open-uploads.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';
import { type S3Server, startS3Server } from '../setup/s3-server.js';

const UPLOADS = '/api/v1/media/uploads';
const GONE = { status: 404, code: 'request.not_found' };
const CONFLICT = { status: 409, code: 'request.conflict' };
const SECRET = 'SECRET-52.5200N';
const TWO_HOURS_MS = 2 * 60 * 60_000;

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let shade = 0;

/** Another picture each time, with the place and the name of its maker in it. */
async function paint(edge = 24): Promise<Buffer> {
  shade += 1;
  const background = { r: shade, g: 255 - shade, b: 70 };
  return sharp({ create: { width: edge, height: 16, channels: 3, background } })
    .withExif({ IFD0: { Artist: SECRET }, IFD3: { GPSLatitudeRef: 'N' } })
    .jpeg()
    .toBuffer();
}

describe.each(['filesystem', 's3'] as const)('an upload that a client brings to %s', (kind) => {
  let atelier: TestApplication;
  let server: S3Server | null = null;
  let ann: Person;
  let bob: Person;
  let space: string;

  beforeAll(async () => {
    if (kind === 's3') server = await startS3Server();
    atelier = await startApplication({ ...server?.settings });
    [ann, bob] = [await createPerson(atelier, 'ann'), await createPerson(atelier, 'bob')];
    space = await createSpace(atelier, ann);
    const member = { email: bob.email, role: 'Editor' };
    const members = `/api/v1/search-spaces/${space}/members`;
    await must(atelier, 201, 'POST', members, member, ann.session);
  });
  afterAll(async () => {
    await atelier.stop();
    await server?.stop();
  });

  const toIncoming = () =>
    server ? join(server.folder, 'pictures/incoming') : join(atelier.config.media.dir, 'incoming');

  function listIncoming(): string[] {
    // A bucket has no folders that are empty.
    const names = readdirSync(join(toIncoming(), '..'));
    return names.includes('incoming') ? readdirSync(toIncoming()) : [];
  }

  async function begin(bytes: Buffer, more: object = {}): Promise<Answer['body']> {
    const told = { search_space_id: space, content_type: 'image/jpeg', bytes: bytes.length };
    return must(atelier, 201, 'POST', UPLOADS, { ...told, ...more }, ann.session);
  }

  async function bring({ url, method, headers }: Answer['body'], bytes: Buffer) {
    // Fetch sets the length by itself, and nobody's credentials are sent.
    const { 'content-length': _length, ...others } = headers;
    return (await fetch(url, { method, headers: others, body: new Uint8Array(bytes) })).status;
  }

  const complete = ({ upload_id: id }: Answer['body'], who: Person = ann): Promise<Answer> =>
    atelier.call('POST', `${UPLOADS}/${id}/complete`, undefined, who.session);

  async function count(): Promise<number> {
    const text = 'SELECT count(*) FROM media_assets WHERE search_space_id = $1';
    const [row] = await atelier.app.get(ManagedDataSource).query(text, [space]);
    return Number(row.count);
  }

  it('is kept as one by form is, once, however often it is completed', async () => {
    const bytes = await paint();
    const before = await count();
    const told = { file_name: '../../etc/fox 🦊.jpg', sha256: digest(bytes) };
    const upload = await begin(bytes, told);
    expect(upload).toMatchObject({
      method: 'PUT',
      headers: { 'content-length': String(bytes.length), 'content-type': 'image/jpeg' },
    });
    const host = server ? `127.0.0.1:${server.port}` : new URL(atelier.baseUrl).host;
    expect(new URL(upload.url).host).toBe(host);
    expect(Date.parse(upload.expires_at)).toBeGreaterThan(Date.now());
    expectProblem(await complete(upload), CONFLICT);
    expect(await bring(upload, bytes)).toBe(server ? 200 : 204);
    expect(listIncoming().join()).toContain('-brought');
    const answers = await Promise.all([complete(upload), complete(upload), complete(upload)]);
    answers.push(await complete(upload));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const [first] = answers;
    for (const { body } of answers) expect(body.data[0].id).toBe(first.body.data[0].id);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed'));
    expect(replayed).toHaveLength(3);
    expect(await count()).toBe(before + 1);
    // Of those that came at once, some are answered before anybody has looked at it.
    const [asset] = answers.at(-1)!.body.data;
    expect(asset).toMatchObject({
      role: 'upload',
      search_space_id: space,
      created_by: ann.id,
      format: 'jpeg',
      width: 24,
      file_name: 'fox 🦊.jpg',
      thumbhash: expect.any(String),
    });
    const kept = Buffer.from(
      await (await fetch(asset.url, { headers: ann.session })).arrayBuffer(),
    );
    expect(bytes.includes(SECRET)).toBe(true);
    expect(kept.includes(SECRET)).toBe(false);
    expect(digest(kept)).toBe(asset.sha256);
    expect(listIncoming()).toEqual([]);
    await must(atelier, 204, 'DELETE', `/api/v1/media/${asset.id}`, undefined, ann.session);
    expectProblem(await complete(upload), { status: 409, code: 'idempotency.answer_gone' });
  });

  it('is of whoever began it, and of nobody else', async () => {
    const bytes = await paint();
    const upload = await begin(bytes);
    await bring(upload, bytes);
    expectProblem(await complete(upload, bob), GONE);
    const cut = upload.upload_id.slice(0, -2);
    for (const id of [`${cut}zz`, cut, 'none', `A${upload.upload_id}`]) {
      expectProblem(await complete({ upload_id: id }), GONE);
      const url = `${atelier.baseUrl}${UPLOADS}/${id}`;
      expect(await bring({ ...upload, url }, bytes)).toBe(403);
    }
    const told = { search_space_id: space, content_type: 'image/png', bytes: 10 };
    const stranger = await createPerson(atelier, 'carl');
    const foreign = await atelier.call('POST', UPLOADS, told, stranger.session);
    expectProblem(foreign, GONE);
    // A member no more: what was begun before is no way in.
    const late = await must(atelier, 201, 'POST', UPLOADS, told, bob.session);
    const path = `/api/v1/search-spaces/${space}/members/${bob.id}`;
    expect((await atelier.call('DELETE', path, undefined, ann.session)).status).toBeLessThan(300);
    await expect.poll(async () => (await complete(late, bob)).status).toBe(404);
    expect((await complete(upload)).status).toBe(201);
  });

  it.each<[string, () => Promise<Buffer> | Buffer, number, string]>([
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 400, 'type_refused'],
    ['a picture cut off', async () => (await paint()).subarray(0, -40), 400, 'unreadable'],
    ['a PNG with a page behind it', () => toPolyglot(), 400, 'type_refused'],
    ['400 million pixels', () => toBomb(), 413, 'too_large'],
  ])('is refused as %s, and over', async (_what, make, status, code) => {
    const bytes = await make();
    const before = await count();
    const upload = await begin(bytes, { content_type: 'image/png' });
    await bring(upload, bytes);
    expectProblem(await complete(upload), { status, code: `media.${code}` });
    expect(listIncoming()).toEqual([]);
    expectProblem(await complete(upload), CONFLICT);
    // A bucket cannot know; nothing is made of it.
    expect(await bring(upload, bytes)).toBe(kind === 's3' ? 200 : 409);
    expectProblem(await complete(upload), CONFLICT);
    expect(listIncoming()).toEqual([]);
    expect(await count()).toBe(before);
  });

  it('is refused where it is not what it was said to be', async () => {
    const bytes = await paint();
    const other = await begin(bytes, { sha256: digest(Buffer.from('other')) });
    await bring(other, bytes);
    const refused = await complete(other);
    expectProblem(refused, { status: 400, code: 'request.invalid' });
    expect(refused.body.errors[0].field).toBe('sha256');
    const short = await begin(bytes);
    const status = await bring(short, bytes.subarray(1));
    // The simulated bucket looks at no signature.
    if (kind === 's3') expect((await complete(short)).body.errors[0].field).toBe('bytes');
    else expect(status).toBe(400);
    const told = { search_space_id: space, content_type: 'image/png', bytes: 10 };
    for (const [wrong, field] of [
      [{ content_type: 'image/svg+xml' }, 'content_type'],
      [{ bytes: 0 }, 'bytes'],
      [{ sha256: 'ab' }, 'sha256'],
      [{ collection_id: ann.id }, 'collection_id'],
      [{ url: 'https://example.com' }, 'url'],
    ] as const) {
      const answer = await atelier.call('POST', UPLOADS, { ...told, ...wrong }, ann.session);
      expect([answer.status, answer.body.errors?.[0]?.field]).toEqual([400, field]);
    }
    const huge = { ...told, bytes: atelier.config.http.fileLimitBytes + 1 };
    const tooLarge = await atelier.call('POST', UPLOADS, huge, ann.session);
    expectProblem(tooLarge, { status: 413, code: 'media.too_large' });
  });

  it('needs room in its space, when it is begun and when it is completed', async () => {
    const full = await createSpace(atelier, ann);
    const bytes = await paint();
    const quota = (max: number | null) =>
      must(
        atelier,
        200,
        'PUT',
        `/api/v1/search-spaces/${full}/storage-quota`,
        { max_bytes: max },
        operatorOf(atelier),
      );
    const upload = await begin(bytes, { search_space_id: full });
    await bring(upload, bytes);
    await quota(bytes.length - 1);
    const refusal = { status: 403, code: 'storage.quota_exceeded' };
    const told = { search_space_id: full, content_type: 'image/png', bytes: bytes.length };
    expectProblem(await atelier.call('POST', UPLOADS, told, ann.session), refusal);
    expectProblem(await complete(upload), refusal);
    await quota(bytes.length);
    expect((await complete(upload)).status).toBe(201);
    await quota(1);
    // It is there already.
    expect((await complete(upload)).status).toBe(201);
    await quota(null);
  });

  it('goes over no quota together with others that come at once', async () => {
    const full = await createSpace(atelier, ann);
    const files = await Promise.all(Array.from({ length: 8 }, () => paint()));
    const begun = await Promise.all(files.map((file) => begin(file, { search_space_id: full })));
    await Promise.all(begun.map((upload, at) => bring(upload, files[at]!)));
    const most = Math.max(...files.map(({ length }) => length)) * 3;
    const path = `/api/v1/search-spaces/${full}/storage-quota`;
    await must(atelier, 200, 'PUT', path, { max_bytes: most }, operatorOf(atelier));
    const answers = await Promise.all(begun.map((upload) => complete(upload)));
    const refused = answers.filter(({ status }) => status !== 201);
    for (const answer of refused) {
      expectProblem(answer, { status: 403, code: 'storage.quota_exceeded' });
    }
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(3);
    const stats = `/api/v1/storage/stats?search_space_id=${full}`;
    const { bytes } = await must(atelier, 200, 'GET', stats, undefined, ann.session);
    expect(bytes).toBeLessThanOrEqual(most);
    expect(listIncoming().filter((name) => !name.includes('-brought'))).toEqual([]);
    for (const name of listIncoming()) rmSync(join(toIncoming(), name), { recursive: true });
  });

  it('leaves nothing when it is given up', async () => {
    const bytes = await paint();
    const [young, old] = [await begin(bytes), await begin(bytes)];
    await bring(old, bytes);
    const sweeper = atelier.app.get(LibrarySweeper);
    expect(await sweeper.dropAbandoned()).toBe(0);
    const then = new Date(Date.now() - TWO_HOURS_MS);
    for (const name of listIncoming()) utimesSync(join(toIncoming(), name), then, then);
    await bring(young, bytes);
    const dropped = await Promise.all([sweeper.dropAbandoned(), sweeper.dropAbandoned()]);
    expect(Math.max(...dropped)).toBe(1);
    expectProblem(await complete(old), CONFLICT);
    expect((await complete(young)).status).toBe(201);
    expect(listIncoming()).toEqual([]);
  });

  if (kind === 's3') return;

  it('is one of so many that a user may have begun', async () => {
    const [dora, asked] = [await createPerson(atelier, 'dora'), { content_type: 'image/png' }];
    const told = { search_space_id: await createSpace(atelier, dora), bytes: 100, ...asked };
    const ask = () => atelier.call('POST', UPLOADS, told, dora.session);
    const answers = await Promise.all(Array.from({ length: OPEN_UPLOADS_MAX + 1 }, ask));
    const refused = answers.filter(({ status }) => status !== 201);
    expect(refused).toHaveLength(1);
    expectProblem(refused[0]!, { status: 429, code: 'request.throttled' });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    // What is over counts no more, wherever it ended: kept by another process, or refused for its bytes.
    const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'.padEnd(100));
    const upload = answers.find((answer) => answer.status === 201)!.body;
    await bring(upload, bytes);
    expectProblem(await complete(upload, dora), { status: 400, code: 'media.type_refused' });
    expect((await ask()).status).toBe(201);
    expect((await ask()).status).toBe(429);
    // Only this user waits.
    await begin(await paint());
  });

  it('takes its bytes once, whole, and of the type that was agreed on', async () => {
    const bytes = await paint();
    const upload = await begin(bytes);
    for (const type of ['image/png', 'application/json', 'text/plain', 'multipart/form-data']) {
      const headers = { 'content-type': type };
      expect([400, 413, 415]).toContain(await bring({ ...upload, headers }, bytes));
    }
    await cutOff(upload, bytes);
    await expect.poll(listIncoming, { timeout: 30_000 }).toEqual([]);
    const both = await Promise.all([bring(upload, bytes), bring(upload, bytes)]);
    expect(both.toSorted()).toEqual([204, 409]);
    expect(await bring(upload, bytes)).toBe(409);
    expect((await complete(upload)).status).toBe(201);
    expect(await bring(upload, bytes)).toBe(409);
    expect(listIncoming()).toEqual([]);
  });
});

/** A client that goes away in the middle. */
async function cutOff({ url, headers }: Answer['body'], bytes: Buffer): Promise<void> {
  const controller = new AbortController();
  const body = new ReadableStream({
    async start(stream) {
      stream.enqueue(new Uint8Array(bytes.subarray(0, 10)));
      setTimeout(() => controller.abort(), 100);
    },
  });
  const init = { method: 'PUT', headers, body, duplex: 'half', signal: controller.signal };
  await expect(fetch(url, init as RequestInit)).rejects.toThrow();
}

async function toPolyglot(): Promise<Buffer> {
  const png = await sharp(await paint())
    .png()
    .toBuffer();
  return Buffer.concat([png, Buffer.from('<script>alert(1)</script>')]);
}

/** A PNG that says to be 20,000 × 20,000. */
async function toBomb(): Promise<Buffer> {
  const png = await sharp(await paint())
    .png()
    .toBuffer();
  png.writeUInt32BE(20_000, 16);
  png.writeUInt32BE(20_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}
