/** Proves which queued generation a worker gets, and that no claim goes away empty while one waits. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { AdmitGenerationService } from '../../src/generations/admit-generation.service.js';
import { GenerationsRepository } from '../../src/generations/domain/generations.repository.port.js';
import { Sql } from '../../src/persistence/sql.port.js';
import { startApplication, type TestApplication } from '../setup/application.js';

const LEASE_S = 30;
const SHARE = 100;
const ROUTE = 'POST /test';

describe('queued generations', () => {
  let atelier: TestApplication;

  beforeAll(async () => {
    // Nothing wakes the worker: what is claimed, the test claims.
    atelier = await startApplication({ RECONCILE_EVERY_S: '3600' });
  });
  afterEach(() => query("UPDATE generations SET status = 'failed', lease_until = NULL"));
  afterAll(() => atelier.stop());

  const query = (text: string, values: unknown[] = []) =>
    atelier.app
      .get(Sql, { strict: false })
      .query<object>(`test_${newId().slice(-12)}`, text, values);

  const claim = async (owner = newId(), share = SHARE) => {
    const repository = atelier.app.get(GenerationsRepository, { strict: false });
    return (await repository.claimNext(owner, LEASE_S, share))?.generation.id ?? null;
  };

  async function queue(count: number): Promise<string[]> {
    const admissions = atelier.app.get(AdmitGenerationService, { strict: false });
    const ids: string[] = [];
    for (let made = 0; made < count; made += 1) {
      const asking = toAsking();
      const draft = await admissions.draft(toRequest(atelier.spaceId), asking);
      expect(await admissions.admit(draft, asking, { kind: 'queue' })).toBeNull();
      ids.push(draft.generation.id);
    }
    return ids;
  }

  it('are all given out to claims that come at the same time, each once', async () => {
    const ids = await queue(30);
    const claimed = await Promise.all(ids.map(() => claim()));
    expect(new Set(claimed)).toEqual(new Set(ids));
    expect(claimed).toHaveLength(ids.length);
    expect(await claim()).toBeNull();
  });

  it('are given out oldest first', async () => {
    const ids = await queue(3);
    expect([await claim(), await claim(), await claim()]).toEqual(ids);
  });

  it('of a space that runs little come before the backlog of another', async () => {
    const ids = await queue(5);
    const [first, second, third, fourth] = ids;
    await query('UPDATE generations SET search_space_id = $1 WHERE id = ANY($2::uuid[])', [
      newId(),
      ids.slice(3),
    ]);
    expect([await claim(), await claim(), await claim(), await claim()]).toEqual([
      first,
      fourth,
      second,
      ids[4],
    ]);
    expect(await claim()).toBe(third);
  });

  it('go by priority within their space, and by nothing but runs between spaces', async () => {
    const ids = await queue(4);
    const [low, normal, high, other] = ids;
    const rank = (id: string | undefined, priority: number) =>
      query('UPDATE generations SET priority = $2 WHERE id = $1', [id, priority]);
    await rank(low, 2);
    await rank(high, 0);
    await query('UPDATE generations SET search_space_id = $2, priority = 2 WHERE id = $1', [
      other,
      newId(),
    ]);
    expect([await claim(), await claim(), await claim(), await claim()]).toEqual([
      high,
      other,
      normal,
      low,
    ]);
  });

  it('of a space that has its share of this process wait for those of others, and for nobody else', async () => {
    const ids = await queue(5);
    const owner = newId();
    const space = newId();
    // Elsewhere the other space runs more: here the share decides.
    await query('UPDATE generations SET search_space_id = $2 WHERE id = ANY($1::uuid[])', [
      ids.slice(2),
      space,
    ]);
    const [first, second, ...others] = ids;
    await query(
      "UPDATE generations SET status = 'running', lease_owner = $2 WHERE id = ANY($1::uuid[])",
      [others.slice(0, 2), newId()],
    );
    expect(await claim(owner, 1)).toBe(first);
    expect(await claim(owner, 1)).toBe(others[2]);
    expect(await claim(owner, 1)).toBe(second);
  });

  it('are passed over when their deadline is past, which ends them', async () => {
    const [late, next] = await queue(2);
    await query("UPDATE generations SET deadline_at = now() - interval '1 s' WHERE id = $1", [
      late,
    ]);
    expect(await claim()).toBe(next);
    const status = async () => {
      const repository = atelier.app.get(GenerationsRepository, { strict: false });
      return (await repository.find(late!))?.error?.code;
    };
    await expect.poll(status, { timeout: 30_000 }).toBe('generations.deadline_passed');
  });
});

function toAsking() {
  const id = newId();
  return {
    caller: {
      kind: 'user' as const,
      id,
      userId: id,
      isOperator: false,
      sessionId: null,
      boundSpaceId: null,
      scopes: null,
    },
    route: ROUTE,
    fingerprint: id,
    repetition: { key: null, isRetry: false },
    isRepeatable: false,
  };
}

function toRequest(searchSpaceId: string) {
  return {
    searchSpaceId,
    prompt: 'one of many',
    model: null,
    operation: 'generate' as const,
    n: 1,
    size: '32x32',
    widthPx: 32,
    heightPx: 32,
    quality: null,
    referenceImages: [],
    mask: null,
    providerOptions: {},
    metadata: null,
  };
}
