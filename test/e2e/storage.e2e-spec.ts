// Proves that a scan finds what the store has and no row names, and what rows name and the store has not; that it
// changes nothing itself; that a repair deletes no byte that is in use, and no row; and that what collections hold is
// summed exactly; and that a space is told once that its storage runs full, and anew after it was below.
import { createHash, randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { ManagedDataSource } from '../../src/persistence/managed-data-source.js';
import { type Answer, startApplication, type TestApplication } from '../setup/application.js';
import { expectProblem } from '../setup/expect-error.js';
import { createPerson, createSpace, must, operatorOf, type Person } from '../setup/people.js';
import { RetentionKeeper } from '../../src/retention/retention.keeper.js';
import { repairStore, SCANS, scanStore } from '../setup/storage-scans.js';

const GENERATIONS = '/api/v1/image-generations';
const LONG_AGO = new Date(Date.now() - 3 * 24 * 60 * 60_000);
const SOON = { timeout: 30_000 };
const CONFLICT = { status: 409, code: 'request.conflict' };

let atelier: TestApplication;
let ann: Person;
let space: string;
let operator: Record<string, string>;

beforeAll(async () => {
  atelier = await startApplication();
  ann = await createPerson(atelier, 'ann');
  space = await createSpace(atelier, ann);
  operator = operatorOf(atelier);
});
afterAll(() => atelier.stop());

const sql = <R extends object>(text: string, values: unknown[] = []): Promise<R[]> =>
  atelier.app.get(ManagedDataSource).query<R[]>(text, values);

const toFile = (key: string) => join(atelier.config.media.dir, key);

async function make(): Promise<{ record: Answer['body']; key: string; name: string }> {
  const body = { search_space_id: space, prompt: randomBytes(8).toString('hex'), size: '32x32' };
  const record = await must(atelier, 201, 'POST', GENERATIONS, body, ann.session);
  const { sha256, format } = record.images[0];
  // As if it had been made long ago: what is young is no finding.
  await sql('UPDATE media_blobs SET created_at = $2 WHERE sha256 = $1', [sha256, LONG_AGO]);
  const key = `${space}/${sha256.slice(0, 2)}/${sha256}.${format}`;
  await utimes(toFile(key), LONG_AGO, LONG_AGO);
  return { record, key, name: `${record.attempts[0].id}-output-0` };
}

/** Bytes that no row names. */
async function stray(of = space, at = LONG_AGO): Promise<string> {
  const bytes = randomBytes(32);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return put(`${of}/${sha256.slice(0, 2)}/${sha256}.png`, bytes, at);
}

async function put(key: string, bytes: Buffer, at = LONG_AGO): Promise<string> {
  await mkdir(dirname(toFile(key)), { recursive: true });
  await writeFile(toFile(key), bytes);
  await utimes(toFile(key), at, at);
  return key;
}

const hold = (of: string) =>
  must(
    atelier,
    201,
    'POST',
    `/api/v1/search-spaces/${of}/legal-holds`,
    { reason: 'Case 1', scope: 'space' },
    operator,
  );

async function listActions(id: string): Promise<string[]> {
  const path = '/api/v1/audit-events?limit=100';
  const { data } = await must(atelier, 200, 'GET', path, undefined, operator);
  const own = data.filter((event: Answer['body']) => JSON.stringify(event).includes(id));
  return own.map(({ action }: { action: string }) => action);
}

describe('a scan of the store', () => {
  it('finds both directions, changes nothing, and is repaired without a loss', async () => {
    const whole = await make();
    const [lost, cut, late] = [await make(), await make(), await make()];
    await rm(toFile(lost.key));
    await truncate(toFile(cut.key), 5);
    // As a crash leaves it that came between its row and its bytes.
    await copyFile(toFile(late.key), toFile(`incoming/${late.name}`));
    await rm(toFile(late.key));
    const orphans = [await stray(), await stray(newId())];
    const young = await stray(space, new Date());
    const foreign = await put(`${space}/notes.txt`, Buffer.from('x'));
    const coming = await put(`incoming/${newId()}-output-0`, Buffer.from('coming'));

    const { scan, findings } = await scanStore(atelier);
    expect(scan).toMatchObject({
      state: 'scanned',
      objects: 6,
      blobs: 4,
      orphans: 2,
      orphan_bytes: 64,
      missing: 2,
      damaged: 1,
      foreign: 1,
      fault: null,
    });
    const found = { kind: 'orphan', outcome: null };
    expect(Object.fromEntries(findings)).toEqual({
      [orphans[0]!]: found,
      [orphans[1]!]: found,
      [lost.key]: { ...found, kind: 'missing' },
      [late.key]: { ...found, kind: 'missing' },
      [cut.key]: { ...found, kind: 'damaged' },
      [foreign]: { ...found, kind: 'foreign' },
    });
    for (const key of [...orphans, young, foreign, coming, whole.key]) {
      expect(existsSync(toFile(key)), key).toBe(true);
    }

    const repaired = await repairStore(atelier, scan.id);
    expect(repaired.scan).toMatchObject({ state: 'repaired', orphans: 2 });
    const outcomeOf = (key: string) => repaired.findings.get(key)?.outcome;
    expect(orphans.map(outcomeOf)).toEqual(['removed', 'removed']);
    expect([lost, late, cut].map(({ key }) => outcomeOf(key))).toEqual(['lost', 'healed', 'lost']);
    expect(outcomeOf(foreign)).toBeNull();
    expect(orphans.some((key) => existsSync(toFile(key)))).toBe(false);
    for (const key of [young, foreign, coming, whole.key, late.key]) {
      expect(existsSync(toFile(key)), key).toBe(true);
    }
    expect(await listActions(scan.id)).toEqual([
      'storage.repair_finished',
      'storage.orphans_removed',
      'storage.repair_started',
      'storage.scan_finished',
      'storage.scan_started',
    ]);
    const metrics = await (await fetch(`${atelier.baseUrl}/metrics`)).text();
    expect(metrics).toContain('atelier_storage_repairs_total{kind="orphan",outcome="removed"} 2');

    const { pathname, search } = new URL(lost.record.images[0].url);
    const gone = await atelier.call('GET', `${pathname}${search}`);
    expectProblem(gone, { status: 410, code: 'media.bytes_lost' });
    expect(gone.body).toMatchObject({ media_id: lost.record.images[0].id });
    const record = await atelier.call(
      'GET',
      `${GENERATIONS}/${lost.record.id}`,
      undefined,
      ann.session,
    );
    expect(record.body.images).toHaveLength(1);
    const edit = {
      search_space_id: space,
      operation: 'edit',
      prompt: 'more fog',
      reference_images: [{ media_id: lost.record.images[0].id }],
    };
    const refused = await atelier.call('POST', GENERATIONS, edit, ann.session);
    expectProblem(refused, { status: 410, code: 'media.bytes_lost' });
    expectProblem(await atelier.call('POST', `${SCANS}/${scan.id}/repair`, {}, operator), CONFLICT);
  });

  it('deletes nothing that came into use after it, or that a legal hold keeps', async () => {
    const [named, foreignSpace] = [await make(), await createSpace(atelier, ann)];
    const [kept, orphan] = [await stray(foreignSpace), await stray()];
    const bytes = await readFile(toFile(named.key));
    await sql('DELETE FROM media_blobs WHERE storage_key = $1', [named.key]);
    const { scan, findings } = await scanStore(atelier);
    expect([named.key, kept, orphan].map((key) => findings.get(key)?.kind)).toEqual(
      Array.from({ length: 3 }, () => 'orphan'),
    );
    await sql(
      `INSERT INTO media_blobs (search_space_id, sha256, format, storage_key, size_bytes, refs, created_at)
       SELECT search_space_id, sha256, format, $1, size_bytes, 1, now() FROM media_assets WHERE id = $2`,
      [named.key, named.record.images[0].id],
    );
    await hold(foreignSpace);
    await rm(toFile(orphan));
    const repaired = await repairStore(atelier, scan.id);
    const outcomes = [named.key, kept, orphan].map((key) => repaired.findings.get(key)?.outcome);
    expect(outcomes).toEqual(['resolved', 'kept', 'resolved']);
    expect(await readFile(toFile(named.key))).toEqual(bytes);
    expect(existsSync(toFile(kept))).toBe(true);
  });

  it('is one at a time, and repaired in time', async () => {
    const { scan } = await scanStore(atelier);
    // Nobody who asks for a trial gets the deed.
    const trial = { dry_run: true };
    const tried = await atelier.call('POST', `${SCANS}/${scan.id}/repair`, trial, operator);
    expectProblem(tried, { status: 400, code: 'request.invalid' });
    // As with a database that was brought back from another day.
    const most = 'UPDATE storage_scans SET objects = 201, found_orphans = $2 WHERE id = $1';
    await sql(most, [scan.id, 101]);
    const unsure = await atelier.call('POST', `${SCANS}/${scan.id}/repair`, {}, operator);
    expectProblem(unsure, CONFLICT);
    expect(unsure.body).toMatchObject({ orphans: 101, objects: 201 });
    expect(unsure.body.detail).toContain('confirm_mass_removal: true');
    await sql(`UPDATE storage_scans SET finished_at = now() - interval '2 days' WHERE id = $1`, [
      scan.id,
    ]);
    const sure = { confirm_mass_removal: true };
    const late = await atelier.call('POST', `${SCANS}/${scan.id}/repair`, sure, operator);
    expectProblem(late, CONFLICT);
    expect(late.body.detail).toContain('start a new one');
    await sql(most, [scan.id, 100]);
    expectProblem(await atelier.call('POST', `${SCANS}/${scan.id}/repair`, {}, operator), CONFLICT);
    const busy = newId();
    await sql(
      `INSERT INTO storage_scans (id, state, owner, held_until, grace_before, created_at)
       VALUES ($1, 'scanning', $1, 'infinity', now(), now())`,
      [busy],
    );
    const second = await atelier.call('POST', SCANS, {}, operator);
    expectProblem(second, CONFLICT);
    expect(second.body.scan_id).toBe(busy);
    await sql('DELETE FROM storage_scans WHERE id = $1', [busy]);
    for (const [path, body] of [
      [SCANS, { grace_h: 23 }],
      [SCANS, { dry_run: false }],
    ] as const) {
      const refused = await atelier.call('POST', path, body, operator);
      expectProblem(refused, { status: 400, code: 'request.invalid' });
    }
    const missing = await atelier.call('GET', `${SCANS}/${newId()}/findings`, undefined, operator);
    expectProblem(missing, { status: 404, code: 'request.not_found' });
    const listed = await must(atelier, 200, 'GET', `${SCANS}?limit=1`, undefined, operator);
    expect(listed.data).toHaveLength(1);
    expect(listed.next_cursor).not.toBeNull();
  });
});

describe('what a collection holds', () => {
  const COLLECTIONS = '/api/v1/collections';

  const list = async (of: string): Promise<Answer['body'][]> =>
    (
      await must(
        atelier,
        200,
        'GET',
        `/api/v1/storage/stats/collections?search_space_id=${of}`,
        undefined,
        ann.session,
      )
    ).data;

  /** Row by row. */
  async function recount(of: string): Promise<object[]> {
    const rows = await sql<{ id: string; pictures: number; bytes: number }>(
      `SELECT c.id, count(a.id)::int AS pictures, coalesce(sum(a.size_bytes), 0)::int AS bytes
         FROM collections c
         LEFT JOIN (SELECT m.id, m.size_bytes, coalesce(g.collection_id, m.collection_id) AS collection_id
                      FROM media_assets m LEFT JOIN generations g ON g.id = m.generation_id) a
           ON a.collection_id = c.id
        WHERE c.search_space_id = $1 GROUP BY c.id ORDER BY c.id DESC`,
      [of],
    );
    return rows.map(({ id, ...sums }) => ({ collection_id: id, ...sums }));
  }

  const fold = () => atelier.app.get(RetentionKeeper).keep();

  it('is summed exactly: generations, what was given to them, uploads, and what goes again', async () => {
    const of = await createSpace(atelier, ann);
    const ids: string[] = [];
    for (const name of ['Spring', 'Autumn', 'Empty']) {
      const body = { search_space_id: of, name };
      ids.push((await must(atelier, 201, 'POST', COLLECTIONS, body, ann.session)).id);
    }
    const ask = (more: object) => ({
      search_space_id: of,
      prompt: 'a fox',
      size: '32x32',
      ...more,
    });
    const create = (more: object) =>
      must(atelier, 201, 'POST', GENERATIONS, ask(more), ann.session);
    const first = await create({ collection_id: ids[0], n: 2 });
    const reference_images = [{ media_id: first.images[0].id }];
    await create({ collection_id: ids[1], operation: 'edit', reference_images });
    await create({});
    const form = new FormData();
    const file = await (await fetch(first.images[1].url)).arrayBuffer();
    form.append('collection_id', ids[1]!);
    form.append('search_space_id', of);
    form.append('file', new Blob([file]), 'fox.png');
    const upload = await fetch(`${atelier.baseUrl}/api/v1/media`, {
      method: 'POST',
      headers: { ...ann.session, 'x-search-space-id': of },
      body: form,
    });
    expect(upload.status, await upload.clone().text()).toBe(201);

    const counts = async () => (await list(of)).map(({ name, pictures }) => [name, pictures]);
    expect(await counts()).toEqual([
      ['Empty', 0],
      ['Autumn', 3],
      ['Spring', 2],
    ]);
    expect(await list(of)).toMatchObject(await recount(of));
    await fold();
    expect(await list(of)).toMatchObject(await recount(of));
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${first.id}`, undefined, ann.session);
    expect(await counts()).toEqual([
      ['Empty', 0],
      ['Autumn', 3],
      ['Spring', 0],
    ]);
    await must(atelier, 204, 'DELETE', `${COLLECTIONS}/${ids[1]}`, undefined, ann.session);
    await fold();
    expect(await list(of)).toMatchObject(await recount(of));
    const left = await sql(`SELECT role FROM storage_sums WHERE role = $1`, [ids[1]]);
    expect(left).toEqual([]);
    const paged = `/api/v1/storage/stats/collections?search_space_id=${of}&limit=1`;
    const page = await must(atelier, 200, 'GET', paged, undefined, ann.session);
    expect(page).toMatchObject({ data: [{ name: 'Empty' }], next_cursor: expect.any(String) });
  });
});

describe('a quota that is nearly used', () => {
  it('is told of once, and again after it was below', async () => {
    const of = await createSpace(atelier, ann);
    const target = { url: 'https://hooks.invalid/', events: ['storage.quota_warning'] };
    const hook = { search_space_id: of, ...target };
    await must(atelier, 201, 'POST', '/api/v1/webhooks', hook, ann.session);
    const listTold = async () => {
      await atelier.app.get(RetentionKeeper).keep();
      const unheard = `SELECT count(*)::int AS count FROM outbox_events WHERE kind = 'storage.quota_reached'`;
      await expect.poll(() => sql(unheard), SOON).toEqual([{ count: 0 }]);
      return sql<{ event: string; data: object }>(
        'SELECT event, data FROM webhook_deliveries WHERE search_space_id = $1 ORDER BY id',
        [of],
      );
    };
    // Pictures of one seed are of one length, and differ in what they say of where they come from.
    const body = { search_space_id: of, prompt: 'a fox', size: '32x32', seed: 5 };
    const create = () => must(atelier, 201, 'POST', GENERATIONS, body, ann.session);
    const path = `/api/v1/search-spaces/${of}/storage-quota`;
    const bound = (max_bytes: number) => must(atelier, 200, 'PUT', path, { max_bytes }, operator);
    const first = await create();
    const one = first.images[0].bytes;
    const quota = Math.ceil(one * 2.05);
    await bound(quota);
    expect(await listTold()).toEqual([]);
    const second = await create();
    const used = one + second.images[0].bytes;
    expect(used / quota).toBeGreaterThan(0.9);
    const told = {
      event: 'storage.quota_warning',
      data: { percent: 90, used_bytes: used, max_bytes: quota },
    };
    expect(await listTold()).toEqual([told]);
    await bound(quota);
    expect(await listTold()).toHaveLength(1);
    await must(atelier, 200, 'DELETE', `${GENERATIONS}/${second.id}`, undefined, ann.session);
    expect(await listTold()).toHaveLength(1);
    const third = await create();
    expect(await listTold()).toHaveLength(2);
    await bound(used * 10);
    await bound(Math.ceil(one + third.images[0].bytes));
    expect(await listTold()).toHaveLength(3);
  });
});
