// Proves that people's pictures are kept whole or not at all, cleaned, listed with all others of their space, read and
// deleted by those who may, and that a generation takes and outlives them.
import { createHash } from 'node:crypto';
import { readdirSync, renameSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';

const MEDIA = '/api/v1/media';
const GENERATIONS = '/api/v1/image-generations';

let atelier: TestApplication;
let anna: Person;
let bert: Person;
let space: string;
let shade = 0;

beforeAll(async () => {
  atelier = await startApplication();
  [anna, bert] = [await createPerson(atelier, 'anna'), await createPerson(atelier, 'bert')];
  space = await createSpace(atelier, anna);
});
afterAll(async () => {
  await atelier.stop();
});

/** Another picture each time. */
async function paint(format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  shade += 1;
  const background = { r: shade, g: 255 - shade, b: 7 };
  return sharp({ create: { width: 12, height: 8, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

const toBody = async (answer: Response): Promise<Answer['body']> => answer.json();

type Part = [name: string, value: string | Buffer, fileName?: string];

async function upload(parts: Part[], headers: object = anna.session) {
  const form = new FormData();
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(value)]), fileName ?? 'picture');
  }
  const answer = await fetch(`${atelier.baseUrl}${MEDIA}`, {
    method: 'POST',
    headers: { ...headers },
    body: form,
  });
  return { status: answer.status, headers: answer.headers, body: await toBody(answer) };
}

const toForm = (...files: Buffer[]): Part[] => [
  ['search_space_id', space],
  ...files.map((bytes): Part => ['file', bytes, 'fox.png']),
];

async function keep(...files: Buffer[]) {
  const { status, body } = await upload(toForm(...files));
  expect(status, JSON.stringify(body)).toBe(201);
  return body.data;
}

const list = (query: object, who: Person = anna) =>
  atelier.call(
    'GET',
    `${MEDIA}?${new URLSearchParams({ search_space_id: space, ...query }).toString()}`,
    undefined,
    who.session,
  );

const listIncoming = () => readdirSync(`${atelier.config.media.dir}/incoming`);

async function count(text: string, values: unknown[] = []): Promise<number> {
  const [row] = await atelier.app.get(ManagedDataSource).query(text, values);
  return Number(row.count);
}

describe('an upload', () => {
  it('keeps the pictures of a form in their order, under random names', async () => {
    const files = [await paint('png'), await paint('jpeg'), await paint('webp')];
    const { status, body } = await upload([
      ['search_space_id', space],
      ['file', files[0]!, '../../etc/fox.png'],
      ['file[]', files[1]!, 'fox\u202Egpj.exe'],
      ['file[]', files[2]!, 'x'.repeat(300)],
    ]);
    expect(status).toBe(201);
    expect(body.data).toMatchObject([
      { role: 'upload', generation_id: null, format: 'png', width: 12, height: 8 },
      { format: 'jpeg', file_name: 'foxgpj.exe' },
      { format: 'webp', file_name: 'x'.repeat(200) },
    ]);
    expect(body.data[0]).toMatchObject({
      file_name: 'fox.png',
      search_space_id: space,
      created_by: anna.id,
    });
    for (const asset of body.data) {
      const answer = await fetch(asset.url, { headers: anna.session });
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(answer.headers.get('content-type')).toBe(`image/${asset.format}`);
      expect(bytes.length).toBe(asset.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(asset.sha256);
      const again = await fetch(asset.url, {
        headers: { ...anna.session, 'if-none-match': answer.headers.get('etag')! },
      });
      expect(again.status).toBe(304);
    }
    expect(listIncoming()).toEqual([]);
  });

  it('is refused whole for one bad file, which the answer names', async () => {
    const before = await count('SELECT count(*) FROM media_assets');
    const bad = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
    const { status, body } = await upload(toForm(await paint(), bad, await paint()));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'media.type_refused', errors: [{ field: 'file[1]' }] });
    expect(body.detail).toContain('fox.png');
    expect(await count('SELECT count(*) FROM media_assets')).toBe(before);
    expect(listIncoming()).toEqual([]);
  });

  it('needs its space before its files, and nothing it does not know', async () => {
    const file: Part = ['file', await paint()];
    const named: Part = ['search_space_id', space];
    for (const [parts, field] of [
      [[file, named], 'search_space_id'],
      [[named], 'file'],
      [[named, ['role', 'output'], file], 'role'],
      [[named, file, ['tags', 'x']], 'tags'],
      [[named, ['image', await paint()]], 'image'],
      [[named, ['file', 'a text']], 'file'],
      [[named, ['collection_id', newId()], file], 'collection_id'],
      [toForm(...(await Promise.all(Array.from({ length: 11 }, () => paint())))), 'file'],
    ] as [Part[], string][]) {
      const { status, body } = await upload(parts);
      expect([status, body.errors?.[0]?.field], JSON.stringify(body)).toEqual([400, field]);
    }
    const bound = await upload([file], atelier.key);
    expect(bound.body.data).toMatchObject([{ search_space_id: atelier.spaceId }]);
    expect(listIncoming()).toEqual([]);
  });

  it('is for those who may make pictures in the space', async () => {
    const form = toForm(await paint());
    expect((await upload(form, bert.session)).status).toBe(404);
    expect((await upload(form, {})).status).toBe(401);
    const viewer = await createPerson(atelier, 'vera');
    const members = `/api/v1/search-spaces/${space}/members`;
    const role = { email: viewer.email, role: 'Viewer' };
    await must(atelier, 201, 'POST', members, role, anna.session);
    expect((await upload(form, viewer.session)).status).toBe(403);
    expect(listIncoming()).toEqual([]);
  });

  it('is not done twice for one key', async () => {
    const headers = { ...anna.session, 'idempotency-key': newId() };
    const bytes = await paint();
    const first = await upload(toForm(bytes), headers);
    const second = await upload(toForm(bytes), headers);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
    const other = await upload(toForm(await paint()), headers);
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.key_reused']);
    await must(
      atelier,
      204,
      'DELETE',
      `${MEDIA}/${first.body.data[0].id}`,
      undefined,
      anna.session,
    );
    const late = await upload(toForm(bytes), headers);
    expect(late.body.code).toBe('idempotency.answer_gone');
    expect(listIncoming()).toEqual([]);
  });

  it('is in its collection, until that is deleted', async () => {
    const body = { search_space_id: space, name: newId() };
    const made = await must(atelier, 201, 'POST', '/api/v1/collections', body, anna.session);
    const [form, ...files] = toForm(await paint());
    const { body: kept } = await upload([form!, ['collection_id', made.id], ...files]);
    expect(kept.data[0].collection_id).toBe(made.id);
    expect((await list({ collection_id: made.id })).body.data).toEqual(kept.data);
    await must(atelier, 204, 'DELETE', `/api/v1/collections/${made.id}`, undefined, anna.session);
    const left = await must(
      atelier,
      200,
      'GET',
      `${MEDIA}/${kept.data[0].id}`,
      undefined,
      anna.session,
    );
    expect(left.collection_id).toBeNull();
  });
});

describe('the list', () => {
  it('has all pictures of the space, newest first, page by page, and what a filter leaves', async () => {
    const [sent] = await keep(await paint('webp'));
    const record = await must(
      atelier,
      201,
      'POST',
      GENERATIONS,
      {
        search_space_id: space,
        prompt: 'a fox',
        size: '64x64',
        operation: 'edit',
        reference_images: [{ media_id: sent.id }],
      },
      anna.session,
    );
    const all: { id: string; role: string }[] = [];
    for (let cursor = ''; cursor !== 'end';) {
      const page = await list({ limit: '2', ...(cursor && { cursor }) });
      all.push(...page.body.data);
      cursor = page.body.next_cursor ?? 'end';
    }
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].toSorted().toReversed());
    expect(ids).toHaveLength(
      await count('SELECT count(*) FROM media_assets WHERE search_space_id = $1', [space]),
    );
    const of = async (query: object) =>
      (await list(query)).body.data.map(({ id }: { id: string }) => id);
    expect(await of({ generation_id: record.id, role: 'output' })).toEqual([record.images[0].id]);
    expect(await of({ generation_id: record.id })).toHaveLength(2);
    expect(await of({ role: 'upload', format: 'webp' })).toContain(sent.id);
    expect(await of({ created_by: anna.id })).toContain(record.images[0].id);
    expect(await of({ created_by: bert.id })).toEqual([]);
    expect(await of({ from: record.created_at, role: 'upload' })).toEqual([]);
    expect(await of({ to: record.created_at, role: 'upload' })).toContain(sent.id);
    expect((await list({ role: 'any' })).status).toBe(400);
    expect((await list({}, bert)).status).toBe(404);
  });
});

describe('a space with a quota', () => {
  const FULL = { status: 403, code: 'storage.quota_exceeded' };

  it('takes what it has room for, and nothing of a form that is more', async () => {
    const full = await createSpace(atelier, anna);
    const quota = async (bytes: number) => {
      const path = `/api/v1/search-spaces/${full}/storage-quota`;
      await must(atelier, 200, 'PUT', path, { max_bytes: bytes }, operatorOf(atelier));
    };
    const toParts = (...files: Buffer[]): Part[] => [
      ['search_space_id', full],
      ...files.map((bytes): Part => ['file', bytes]),
    ];
    const [first, second] = [await paint(), await paint()];
    const header = { ...anna.session, 'idempotency-key': newId() };
    await quota(first.length);
    expectProblem(await upload(toParts(first, second)), FULL);
    expect((await upload(toParts(first), header)).status).toBe(201);
    // Said before the pictures are read, whatever they are; a form that was kept needs no room.
    expectProblem(await upload(toParts(Buffer.from('no picture'))), FULL);
    expect((await upload(toParts(first), header)).headers.get('idempotency-replayed')).toBe('true');
    await quota(70_000);
    const large = Buffer.alloc(140_000, 'no picture');
    expectProblem(await upload(toParts(large)), FULL);
    expect((await upload(toParts(second))).status).toBe(201);
    const kept = 'SELECT count(*) FROM media_assets WHERE search_space_id = $1';
    expect(await count(kept, [full])).toBe(2);
    expect(listIncoming()).toEqual([]);
  });
});

describe('a deleted picture', () => {
  it('is gone for everybody, while what was made of it stays', async () => {
    const [sent] = await keep(await paint());
    const asked = { search_space_id: space, prompt: 'more fog', size: '64x64', operation: 'edit' };
    const reference_images = [{ media_id: sent.id }];
    const body = { ...asked, reference_images };
    const record = await must(atelier, 201, 'POST', GENERATIONS, body, anna.session);
    const path = `${MEDIA}/${sent.id}`;
    expect((await atelier.call('DELETE', path, undefined, bert.session)).status).toBe(404);
    await must(atelier, 204, 'DELETE', path, undefined, anna.session);
    for (const one of [path, `${path}/content`]) {
      expect((await atelier.call('GET', one, undefined, anna.session)).status).toBe(404);
    }
    expect((await atelier.call('DELETE', path, undefined, anna.session)).status).toBe(404);
    const inputs = (await list({ generation_id: record.id, role: 'input' })).body.data;
    expect((await fetch(inputs[0].url, { headers: anna.session })).status).toBe(200);
    const audit = await count(
      `SELECT count(*) FROM audit_events WHERE action = 'media.deleted' AND target_id = $1`,
      [sent.id],
    );
    expect(audit).toBe(1);
  });

  it('of a generation takes its link with it and leaves the record', async () => {
    const asked = { search_space_id: space, prompt: 'two foxes', size: '64x64', n: 2 };
    const record = await must(atelier, 201, 'POST', GENERATIONS, asked, anna.session);
    const [first, second] = record.images;
    await must(atelier, 204, 'DELETE', `${MEDIA}/${first.id}`, undefined, anna.session);
    expect((await fetch(first.url)).status).toBe(404);
    expect((await fetch(second.url)).status).toBe(200);
    const path = `${GENERATIONS}/${record.id}`;
    const left = await must(atelier, 200, 'GET', path, undefined, anna.session);
    expect(left).toMatchObject({ status: 'succeeded', images: [{ id: second.id, index: 1 }] });
  });

  it('stays while a legal hold keeps it, which the refusal names', async () => {
    const held = await createSpace(atelier, anna);
    const asked = { search_space_id: held, prompt: 'a fox in court', size: '64x64' };
    const record = await must(atelier, 201, 'POST', GENERATIONS, asked, anna.session);
    const { body: sent } = await upload([
      ['search_space_id', held],
      ['file', await paint()],
    ]);
    const holds = `/api/v1/search-spaces/${held}/legal-holds`;
    const hold = { reason: 'Case 7', scope: 'space' };
    const { id } = await must(atelier, 201, 'POST', holds, hold, operatorOf(atelier));
    for (const picture of [record.images[0], sent.data[0]]) {
      const path = `${MEDIA}/${picture.id}`;
      const refused = await atelier.call('DELETE', path, undefined, anna.session);
      expectProblem(refused, { status: 409, code: 'retention.held' });
      expect(refused.body).toMatchObject({
        detail: expect.stringMatching(`${id}.*Ask an operator`),
        legal_hold_id: id,
      });
      await must(atelier, 200, 'GET', `${path}/content`, undefined, anna.session);
    }
    const lift = { reason: 'Over' };
    await must(atelier, 200, 'POST', `${holds}/${id}/lift`, lift, operatorOf(atelier));
    const path = `${MEDIA}/${sent.data[0].id}`;
    await must(atelier, 204, 'DELETE', path, undefined, anna.session);
  });

  it('stays while a generation works with it', async () => {
    const asked = { search_space_id: space, prompt: 'a fox at work', size: '64x64' };
    const record = await must(atelier, 201, 'POST', GENERATIONS, asked, anna.session);
    const { id } = record.images[0];
    const database = atelier.app.get(ManagedDataSource);
    const set = (status: string) =>
      database.query('UPDATE generations SET status = $2 WHERE id = $1', [record.id, status]);
    await set('running');
    const refused = await atelier.call('DELETE', `${MEDIA}/${id}`, undefined, anna.session);
    await set('succeeded');
    expect([refused.status, refused.body.code]).toEqual([409, 'request.conflict']);
    await must(atelier, 204, 'DELETE', `${MEDIA}/${id}`, undefined, anna.session);
  });
});

it('a crash between rows and bytes is made good', async () => {
  const [sent] = await keep(await paint());
  const { dir } = atelier.config.media;
  const key = `${dir}/${space}/${sent.sha256.slice(0, 2)}/${sent.sha256}.png`;
  renameSync(key, `${dir}/incoming/${sent.id}-upload-0`);
  expect((await fetch(sent.url, { headers: anna.session })).status).toBe(200);
  expect(listIncoming()).toEqual([]);
});
