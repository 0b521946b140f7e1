// Proves whose connections serve a space, what each serves, and that memory follows every change and nothing else.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Logger } from '@nestjs/common';
import { newId } from '../../src/common/ids.js';
import type { Connection } from '../../src/connections/connection.js';
import { NO_PREFERENCE } from '../../src/connections/domain/model-preference.js';
import { HOUSE_KEY, TestConnections } from '../factories/connections.factory.js';
import { databaseKinds } from '../setup/services.js';

const toIds = (connections: readonly Connection[]) => connections.map(({ id }) => id);

describe.each(databaseKinds())('the directory of connections on %s', (kind) => {
  let kept: TestConnections;

  beforeAll(async () => {
    kept = await TestConnections.open(kind);
  });
  afterAll(() => kept.close());
  afterEach(async () => {
    await kept.dataSource.query('DELETE FROM connections');
    kept.epoch.hasten();
  });

  it('holds those of the settings without a row, with their key', async () => {
    const house = await kept.start().directory.listGlobal();
    expect(toIds(house)).toEqual(['env:embedded', 'env:openai']);
    const [, openai] = house;
    expect(openai).toMatchObject({
      scope: 'global',
      isEnabled: true,
      priority: 50,
      slotsMax: null,
    });
    expect(openai?.credential).toMatchObject({ apiKey: HOUSE_KEY });
    expect([...openai!.models.keys()]).toContain('gpt-image-2');
    expect([...openai!.models.values()].every(({ model }) => model.provider === 'openai')).toBe(
      true,
    );
  });

  it('takes what an operator set on top, and drops the row of a setting that is gone', async () => {
    const row = { id: 'env:openai', apiKeySealed: null, servesCatalog: true };
    await kept.add({ ...row, isEnabled: false, priority: 90, slotsMax: 3, name: 'Main account' }, [
      { name: 'gpt-image-2', isEnabled: false },
    ]);
    const { directory } = kept.start();
    const openai = (await directory.find('env:openai'))!;
    expect(openai).toMatchObject({ isEnabled: false, priority: 90, slotsMax: 3 });
    expect(openai.credential.apiKey).toBe(HOUSE_KEY);
    expect(openai.models.has('gpt-image-2')).toBe(false);
    expect(openai.models.size).toBeGreaterThan(0);
    const without = kept.start({}).directory;
    expect(toIds(await without.listGlobal())).toEqual(['env:embedded']);
    expect(await without.find('env:openai')).toBeNull();
  });

  it("gives a space the house's, its own, and those of its owner, and nobody else's", async () => {
    const [anna, bert] = [await kept.addUser(), await kept.addUser()];
    const [annasSpace, bertsSpace] = [await kept.addSpace(anna), await kept.addSpace(bert)];
    const own = await kept.add({
      scope: 'space',
      searchSpaceId: annasSpace,
      apiKey: 'of the space',
    });
    const annas = await kept.add({ scope: 'user', userId: anna });
    const berts = await kept.add({ scope: 'user', userId: bert });
    const house = await kept.add({ provider: 'gemini' });
    const { directory } = kept.start();
    const all = await directory.listFor(annasSpace);
    expect(toIds(all).sort()).toEqual([own, annas, house, 'env:embedded', 'env:openai'].sort());
    expect(all.find(({ id }) => id === own)?.credential.apiKey).toBe('of the space');
    expect(toIds(await directory.listFor(bertsSpace))).toContain(berts);
    expect(toIds(await directory.listFor(bertsSpace))).not.toContain(own);
    expect(toIds(await directory.listFor(newId()))).not.toContain(berts);
    expect((await directory.find(berts))?.userId).toBe(bert);
    expect(await directory.find(newId())).toBeNull();

    await kept.dataSource.query('UPDATE memberships SET user_id = $2 WHERE search_space_id = $1', [
      annasSpace,
      bert,
    ]);
    kept.epoch.hasten();
    const after = toIds(await directory.listFor(annasSpace));
    expect(after).toContain(berts);
    expect(after).not.toContain(annas);
  });

  it('reads and opens nothing anew while only other things changed', async () => {
    const space = await kept.addSpace(await kept.addUser());
    const id = await kept.add({ scope: 'space', searchSpaceId: space });
    const opening = vi.spyOn(kept.box, 'open');
    const { directory } = kept.start();
    const first = await directory.listFor(space);
    for (let time = 0; time < 5; time += 1) {
      kept.epoch.hasten();
      expect(await directory.listFor(space)).toBe(first);
    }
    expect(opening).toHaveBeenCalledTimes(1);
    await kept.change(async (repository) => {
      const record = await repository.lock(id);
      await repository.save({ ...record!, priority: 99 });
    });
    expect((await directory.listFor(space)).find((one) => one.id === id)?.priority).toBe(99);
    expect(opening).toHaveBeenCalledTimes(2);
    opening.mockRestore();
  });

  it('answers rightly while caches are off', async () => {
    const { directory } = kept.start();
    kept.epoch.epoch = null;
    try {
      await directory.listGlobal();
      const id = await kept.add({ provider: 'gemini' }).finally(() => (kept.epoch.epoch = null));
      expect(toIds(await directory.listGlobal())).toContain(id);
    } finally {
      kept.epoch.epoch = 1_000;
    }
  });

  it('serves models under names of its own, as their base behaves', async () => {
    const id = await kept.add({ provider: 'openai', servesCatalog: false }, [
      {
        name: 'team-pictures',
        vendorModel: 'deployment-7',
        baseModel: 'gpt-image-2',
        capabilities: { nMax: 2, sizes: { kind: 'list', sizes: ['64x64', '512x512'] } },
        quality: 80,
      },
      { name: 'plain-pictures' },
      { name: 'plain-chat', kind: 'chat', capabilities: { tools: true } },
      { name: 'switched-off', isEnabled: false },
      { name: 'of-a-model-that-left', baseModel: 'no-such-model' },
    ]);
    const { models } = (await kept.start().directory.find(id))!;
    expect([...models.keys()]).toEqual(['plain-chat', 'plain-pictures', 'team-pictures']);
    const team = models.get('team-pictures')!;
    expect(team).toMatchObject({ vendorModel: 'deployment-7', quality: 80 });
    const base = kept.catalog.getImageModel('gpt-image-2');
    expect(team.model).toMatchObject({
      id: 'team-pictures',
      provider: 'openai',
      dialect: base.dialect,
      outputTokens: base.outputTokens,
      capabilities: { ...base.capabilities, nMax: 2, sizes: { kind: 'list' } },
      assumed: { size: '512x512', quality: base.assumed.quality },
    });
    expect(models.get('plain-pictures')?.model).toMatchObject({
      capabilities: { operations: ['generate'], nMax: 1 },
      dialect: null,
    });
    expect(models.get('plain-chat')?.model.capabilities).toMatchObject({ tools: true });
  });

  it('leaves out one whose secret cannot be opened, says so without it, and goes on', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const broken = await kept.add({ provider: 'gemini' });
    const sound = await kept.add({ provider: 'gemini' });
    await kept.dataSource.query(
      'UPDATE connections SET api_key_sealed = (SELECT api_key_sealed FROM connections WHERE id = $2) WHERE id = $1',
      [broken, sound],
    );
    kept.epoch.hasten();
    const ids = toIds(await kept.start().directory.listGlobal());
    expect(ids).toContain(sound);
    expect(ids).not.toContain(broken);
    expect(JSON.stringify(logged.mock.calls)).toContain(broken);
    expect(JSON.stringify(logged.mock.calls)).not.toContain('a key of somebody');
    logged.mockRestore();
  });

  it('lets a connection be of nobody, of a space or of a user, and of none of these two at once', async () => {
    const user = await kept.addUser();
    const space = await kept.addSpace(user);
    const wrong = [
      { scope: 'global', searchSpaceId: space },
      { scope: 'global', userId: user },
      { scope: 'space' },
      { scope: 'space', userId: user },
      { scope: 'space', searchSpaceId: space, userId: user },
      { scope: 'user' },
      { scope: 'user', searchSpaceId: space },
      { scope: 'everybody' },
      { id: 'env:openai', apiKeySealed: null, scope: 'space', searchSpaceId: space },
      { id: 'env:openai', apiKeySealed: null, baseUrl: 'https://example.com' },
      { id: 'env:openai' },
    ] as const;
    for (const parts of wrong) {
      await expect(kept.add(parts as object), JSON.stringify(parts)).rejects.toThrow(
        /connections_(scope|of_the_settings)/,
      );
    }
  });

  it('goes with its space, and with its user', async () => {
    const [user, owner] = [await kept.addUser(), await kept.addUser()];
    const space = await kept.addSpace(owner);
    const [ofSpace, ofUser] = [
      await kept.add({ scope: 'space', searchSpaceId: space }, [{}]),
      await kept.add({ scope: 'user', userId: user }, [{}]),
    ];
    await kept.change((repository) =>
      repository.savePreference(space, { ...NO_PREFERENCE, image: 'auto' }, new Date()),
    );
    const { directory } = kept.start();
    expect(await directory.find(ofUser)).not.toBeNull();
    await kept.dataSource.query('DELETE FROM users WHERE id = $1', [user]);
    await kept.dataSource.query('DELETE FROM memberships WHERE search_space_id = $1', [space]);
    await kept.dataSource.query('DELETE FROM roles WHERE search_space_id = $1', [space]);
    await kept.dataSource.query('DELETE FROM search_spaces WHERE id = $1', [space]);
    kept.epoch.hasten();
    expect(await directory.find(ofUser)).toBeNull();
    expect(await directory.find(ofSpace)).toBeNull();
    expect(await kept.dataSource.query('SELECT id FROM connection_models')).toEqual([]);
    expect(await kept.dataSource.query('SELECT * FROM model_preferences')).toEqual([]);
  });
});
