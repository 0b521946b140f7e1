/** Proves that a usage row tells the tokens of a call, and whether the vendor counted them or we did. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BillingModule } from '../../src/billing/billing.module.js';
import type { UsageEntry } from '../../src/billing/domain/settlement.js';
import { SettlementWriter } from '../../src/billing/settlement-writer.js';
import { TestIdentity, type TestUser } from '../factories/identity.factory.js';
import { makeUsage } from '../factories/ledger.factory.js';
import { databaseKinds } from '../setup/services.js';

const USAGE = '/api/v1/billing/usage';

describe.each(databaseKinds())('usage by tokens on %s', (kind) => {
  let identity: TestIdentity;
  let owner: TestUser;
  let spaceId: string;

  beforeAll(async () => {
    identity = await TestIdentity.open(kind, {}, undefined, [BillingModule]);
    owner = await identity.user(await identity.operator());
    spaceId = await identity.space(owner);
  });
  afterAll(() => identity.close());

  async function record(more: Partial<UsageEntry>): Promise<string> {
    const usage = makeUsage(spaceId, {
      kind: 'chat',
      operation: 'chat',
      model: 'embedded-chat',
      images_requested: 0,
      images_delivered: 0,
      ...more,
    });
    await identity.app.get(SettlementWriter).conclude({ usage });
    return usage.id;
  }

  async function find(id: string): Promise<unknown> {
    const url = `${USAGE}?search_space_id=${spaceId}`;
    const { data } = await identity.expect(200, 'GET', url, { as: owner.access });
    return (data as { id: string }[]).find((row) => row.id === id);
  }

  it('shows what the vendor counted', async () => {
    const counted = { input_tokens: 1_000, cached_input_tokens: 400, output_tokens: 250 };
    const id = await record(counted);
    expect(await find(id)).toMatchObject({ ...counted, kind: 'chat', is_estimated: false });
  });

  it('marks what was counted here', async () => {
    const counted = { input_tokens: 12, output_tokens: 3 };
    const id = await record({ ...counted, is_estimated: true });
    expect(await find(id)).toMatchObject({
      ...counted,
      cached_input_tokens: 0,
      is_estimated: true,
    });
  });

  it('tells it in the table as well', async () => {
    const id = await record({ input_tokens: 77, output_tokens: 5, is_estimated: true });
    const response = await identity.app.inject({
      url: `${USAGE}/export?search_space_id=${spaceId}`,
      headers: { authorization: `Bearer ${owner.access}` },
    });
    expect(response.statusCode).toBe(200);
    const [head, ...rows] = response.body
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','));
    const row = rows.find((cells) => cells.includes(id));
    const told = Object.fromEntries(head!.map((name, at) => [name, row![at]]));
    expect(told).toMatchObject({ input_tokens: '77', output_tokens: '5', is_estimated: 'true' });
  });
});
