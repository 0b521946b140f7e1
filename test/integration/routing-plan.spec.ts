// Proves what a plan holds and why: names, routes, fallbacks, restriction, preference, own keys, options and errors.
import { describe, expect, it } from 'vitest';
import { DomainError } from '../../src/common/domain-error.js';
import { ModelCatalogService } from '../../src/providers/model-catalog.service.js';
import {
  listOf,
  listSkipped,
  makeConnection,
  makeModel,
  makeRoute,
  RoutingRoom,
  SPACE,
  toQuestion,
} from '../factories/routing.factory.js';

const OWN = { scope: 'space', searchSpaceId: SPACE } as const;
const EMBEDDED = makeConnection('env:embedded', [makeModel('embedded-image', 'embedded')]);
const ONLY_EDITS = makeModel('editor', 'openai', {
  capabilities: { ...makeModel('x').capabilities, operations: ['edit'] },
});

async function refusal(asked: Promise<unknown>): Promise<DomainError> {
  const error = await asked.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DomainError);
  return error as DomainError;
}

describe('a named model', () => {
  it('is called on each of its connections once, best first, as far as retries go', async () => {
    const connections = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => makeConnection(id, ['flux']));
    const room = new RoutingRoom([...connections, EMBEDDED]);
    const plan = await room.plan({ model: 'flux' });
    expect(plan.candidates).toHaveLength(4);
    expect(new Set(listOf(plan)).size).toBe(4);
    expect(plan.decision).toMatchObject({
      layer: 'named',
      requested: 'flux',
      route: null,
      chain: ['flux'],
      stickyHit: false,
      candidateCount: 6,
      topK: 6,
      loadSkew: 0,
    });
    expect(plan.decision.candidates.map(({ outcome }) => outcome)).toEqual([
      'chosen',
      'fallback',
      'fallback',
      'fallback',
      'skipped',
      'skipped',
    ]);
    expect(listSkipped(plan).every((told) => told.endsWith(' beyond_limit'))).toBe(true);
    const [first] = plan.decision.candidates;
    const sum = Object.values(first?.parts ?? {}).reduce((total, part) => total + part, 0);
    expect(first?.score).toBeCloseTo(sum);
    expect(await room.list({ model: 'flux', maxRetries: 1 })).toHaveLength(2);
    expect(await room.list({ model: 'flux', maxRetries: 9 })).toHaveLength(4);
    expect(await room.list({ model: 'flux', enableFallback: false })).toHaveLength(1);
  });

  it('leaves out what is off, over, cooling or broken, and says so', async () => {
    const room = new RoutingRoom([
      makeConnection('off', ['flux'], { isEnabled: false }),
      makeConnection('over', ['flux'], { expiresAt: new Date('2026-11-21T10:00:00Z') }),
      makeConnection('cooling', ['flux']),
      makeConnection('broken', ['flux']),
      makeConnection('trial', ['flux']),
    ]);
    const coolingUntil = new Date('2026-11-21T10:00:30Z');
    room.health.views.set('cooling', { coolingUntil });
    room.health.views.set('broken', { breaker: 'open' });
    room.health.views.set('trial', { breaker: 'half_open' });
    const plan = await room.plan({ model: 'flux' });
    expect(listOf(plan)).toEqual(['flux@trial']);
    expect(listSkipped(plan)).toEqual([
      'flux@off disabled',
      'flux@over expired',
      'flux@cooling cooling_down',
      'flux@broken breaker_open',
    ]);
    room.clock.move(30_000);
    expect(await room.list({ model: 'flux' })).toHaveLength(2);
  });

  it('says when to come again where all that could are cooling down', async () => {
    const room = new RoutingRoom([makeConnection('a', ['flux'])]);
    room.health.views.set('a', { coolingUntil: new Date('2026-11-21T10:01:30Z') });
    const error = await refusal(room.plan({ model: 'flux' }));
    expect(error).toMatchObject({ code: 'upstream.unavailable', retryAfterS: 90 });
  });

  it('is refused as what it is: unknown, retired, incapable, unserved, not for this key', async () => {
    const retired = makeModel('old', 'openai', { status: 'retired', successor: 'flux' });
    const room = new RoutingRoom([makeConnection('a', ['flux', retired, ONLY_EDITS])]);
    const codeOf = async (model: string, more = {}) =>
      (await refusal(room.plan({ model, ...more }))).code;
    expect(await codeOf('nothing')).toBe('routing.model_unknown');
    expect(await codeOf('nothing', { enableFallback: true })).toBe('routing.model_unknown');
    expect(await codeOf('old')).toBe('routing.model_retired');
    expect(await codeOf('editor')).toBe('routing.capability_missing');
    const unserved = await refusal(room.plan({ model: 'gpt-image-2' }));
    expect(unserved.code).toBe('routing.no_connection');
    expect(unserved.message).toContain('an operator must add one to openai, by its settings');
    expect(await codeOf('flux', { isAllowed: () => false })).toBe('auth.model_not_allowed');
    const error = await refusal(room.plan({ model: 'flux' }, { n: 99 }));
    expect(error.fields[0]?.field).toBe('n');
  });

  it('falls back to other models where the caller wants that, also where it cannot do it itself', async () => {
    const room = new RoutingRoom([
      makeConnection('a', ['flux', ONLY_EDITS]),
      makeConnection('b', ['sdxl', 'aurora']),
    ]);
    expect(await room.list({ model: 'flux' })).toEqual(['flux@a']);
    const wide = await room.list({ model: 'flux', enableFallback: true });
    expect(wide[0]).toBe('flux@a');
    expect(wide.slice(1).toSorted()).toEqual(['aurora@b', 'sdxl@b']);
    const plan = await room.plan({ model: 'editor', enableFallback: true });
    expect(listOf(plan)).not.toContain('editor@a');
    expect(plan.candidates).toHaveLength(3);
    expect(listSkipped(plan)).toContain('editor@a capability');
  });

  it('is called with own keys first, which cost nothing here', async () => {
    const room = new RoutingRoom([
      makeConnection('house', ['flux'], { priority: 100 }),
      makeConnection('own', ['flux'], { ...OWN, priority: 0 }),
      makeConnection('owner', ['flux'], { scope: 'user', userId: 'u', priority: 0 }),
    ]);
    for (const seed of ['1', '2', '3', '4', '5']) {
      const found = await room.list({ model: 'flux', seed });
      expect(found.slice(0, 2).toSorted()).toEqual(['flux@own', 'flux@owner']);
      expect(found[2]).toBe('flux@house');
    }
    room.health.views.set('own', { breaker: 'open' });
    room.health.views.set('owner', { breaker: 'open' });
    expect(await room.list({ model: 'flux' })).toEqual(['flux@house']);
  });

  it('is not called where somebody above objects', async () => {
    const room = new RoutingRoom([
      makeConnection('a', ['flux']),
      makeConnection('own', ['flux'], OWN),
    ]);
    const plan = await room.plan({
      model: 'flux',
      findObjection: (_model, { scope }) => (scope === 'global' ? 'no_credit' : null),
    });
    expect(listOf(plan)).toEqual(['flux@own']);
    expect(listSkipped(plan)).toEqual(['flux@a no_credit']);
  });
});

describe('options of a vendor', () => {
  it('are for the provider that comes first, and for no other', async () => {
    const room = new RoutingRoom([
      makeConnection('a', ['flux']),
      makeConnection('b', [makeModel('flux', 'bfl')], OWN),
    ]);
    const plan = await room.plan({ model: 'flux' }, {}, { bfl_raw: true });
    expect(listOf(plan)).toEqual(['flux@b']);
    expect(listSkipped(plan)).toEqual(['flux@a provider_options']);
    await expect(room.plan({ model: 'flux' }, {}, { openai_x: 1 })).rejects.toThrow(
      'no option of bfl',
    );
  });
});

describe('a route', () => {
  const room = new RoutingRoom([
    makeConnection('a', ['flux', 'sdxl', ONLY_EDITS]),
    makeConnection('b', ['flux']),
    EMBEDDED,
  ]);

  it('leads to its models on their connections, in order, with the way told', async () => {
    room.setRoutes(
      makeRoute('team-*', [
        { model: '$1', connectionId: 'b' },
        { model: 'sdxl', order: 1 },
      ]),
    );
    const plan = await room.plan({ model: 'team-flux' });
    expect(listOf(plan)).toEqual(['flux@b', 'sdxl@a']);
    expect(plan.decision).toMatchObject({
      layer: 'route',
      requested: 'team-flux',
      route: 'team-*',
      chain: ['team-flux', 'flux'],
    });
  });

  it('passes over what cannot do it, and refuses in the words of the first where none can', async () => {
    room.setRoutes(makeRoute('x', ['editor', { model: 'flux', order: 1 }]));
    const plan = await room.plan({ model: 'x' });
    expect(plan.decision.chain).toEqual(['x', 'flux']);
    expect(listSkipped(plan)).toContain('editor@a capability');
    room.setRoutes(makeRoute('x', ['editor', { model: 'nothing', order: 1 }]));
    const error = await refusal(room.plan({ model: 'x' }));
    expect(error).toMatchObject({ code: 'routing.capability_missing' });
    expect(error.message).toContain('editor');
  });

  it('decides about fallbacks where the caller does not', async () => {
    room.setRoutes(makeRoute('x', ['flux', 'sdxl'], { enableFallback: false }));
    expect(await room.list({ model: 'x' })).toHaveLength(1);
    const wide = await room.plan({ model: 'x', enableFallback: true });
    expect(wide.candidates.length).toBeGreaterThan(2);
    // What the name stands for has the name's price, and nothing else.
    for (const { model, isOurChoice } of wide.candidates) {
      expect(isOurChoice).toBe(!['flux', 'sdxl'].includes(model.id));
    }
  });

  it('opens what it stands for to who may ask for its name', async () => {
    room.setRoutes(makeRoute('x', ['flux']));
    const isAllowed = (model: string) => model === 'x';
    expect(await room.list({ model: 'x', isAllowed })).toHaveLength(2);
    expect((await refusal(room.plan({ model: 'flux', isAllowed }))).code).toBe(
      'auth.model_not_allowed',
    );
  });

  it('that restricts leaves nothing else open: by name, by our choice, by default', async () => {
    room.setRoutes(makeRoute('fl*', ['flux'], { isRestricting: true, searchSpaceId: SPACE }));
    const error = await refusal(room.plan({ model: 'sdxl' }));
    expect(error).toMatchObject({ code: 'routing.model_restricted' });
    expect(error.message).toContain('fl*');
    const wide = await refusal(room.plan({ model: 'sdxl', enableFallback: true }));
    expect(wide.code).toBe('routing.model_restricted');
    for (const model of ['flux', 'auto', null]) {
      const found = await room.list({ model, enableFallback: true });
      expect(new Set(found.map((one) => one.split('@')[0]))).toEqual(new Set(['flux']));
    }
    const elsewhere = { searchSpaceId: '01a1ffc6-0000-7000-8000-000000000002' };
    expect(await room.list({ ...elsewhere, model: 'sdxl' })).toEqual(['sdxl@a']);
    room.setRoutes(makeRoute('nothing', ['flux'], { isRestricting: true }));
    for (const model of ['auto', null]) {
      expect((await refusal(room.plan({ model }))).code).toBe('routing.model_restricted');
    }
  });

  it('spreads spaces by weight, and moves only those that must', async () => {
    const spaces = Array.from({ length: 2_000 }, (_space, index) => `space-${index}`);
    const firstOf = async (searchSpaceId: string) =>
      (await room.plan({ model: 'x', searchSpaceId })).candidates[0]?.model.id ?? '';
    const targets = [
      { model: 'flux', weight: 300 },
      { model: 'sdxl', weight: 100 },
    ];
    room.setRoutes(makeRoute('x', targets));
    const before = await Promise.all(spaces.map(firstOf));
    const share = before.filter((model) => model === 'sdxl').length / spaces.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(0.04);
    room.setRoutes(makeRoute('x', [...targets, { model: 'embedded-image', weight: 100 }]));
    const after = await Promise.all(spaces.map(firstOf));
    const moved = after.filter((model, index) => model !== before[index]);
    expect(new Set(moved)).toEqual(new Set(['embedded-image']));
    expect(Math.abs(moved.length / spaces.length - 0.2)).toBeLessThan(0.04);
  });
});

describe('no model', () => {
  const room = new RoutingRoom([makeConnection('a', ['flux', ONLY_EDITS]), EMBEDDED]);

  it('is the best of the vendor that stands first', async () => {
    const plan = await room.plan();
    expect(listOf(plan)).toEqual(['embedded-image@env:embedded']);
    expect(plan.decision).toMatchObject({ layer: 'default', requested: null });
  });

  it.each([
    ['flux', 'flux@a', 'preference'],
    ['auto', null, 'preference'],
    ['gone', 'embedded-image@env:embedded', 'default'],
    ['editor', 'embedded-image@env:embedded', 'default'],
  ])('is what the space prefers: %s', async (preferred, expected, layer) => {
    room.preferences.model = preferred;
    const plan = await room.plan();
    if (expected) expect(listOf(plan)[0]).toBe(expected);
    expect(plan.decision.layer).toBe(layer);
    room.preferences.model = null;
  });
});

describe('chat and embeddings', () => {
  const catalog = new ModelCatalogService();
  const chat = catalog.findChatModel('embedded-chat')!;
  const embedding = catalog.listEmbeddingModels().find(({ provider }) => provider === 'embedded')!;
  const room = new RoutingRoom([
    makeConnection('env:embedded', [makeModel('embedded-image', 'embedded'), chat, embedding]),
  ]);
  const talk = {
    inputTokensMin: 10,
    outputTokens: null,
    hasImages: false,
    hasTools: true,
    needsJsonSchema: false,
    isStream: true,
  };

  it('are chosen by the same rules, each among its own kind', async () => {
    for (const model of ['embedded-chat', 'auto', null]) {
      const plan = await room.service.planChat(toQuestion({ model }), talk, {});
      expect(listOf(plan)).toEqual(['embedded-chat@env:embedded']);
    }
    const text = { inputCount: 2, inputTokensMin: 4, dimensions: null };
    const plan = await room.service.planEmbedding(toQuestion({ model: 'auto' }), text);
    expect(listOf(plan)).toEqual([`${embedding.id}@env:embedded`]);
    const wrong = await refusal(
      room.service.planChat(toQuestion({ model: 'embedded-image' }), talk, {}),
    );
    expect(wrong.code).toBe('routing.model_unknown');
  });

  it('are refused what they cannot do, by field', async () => {
    const pictures = { ...talk, hasImages: true, outputTokens: 10_000_000 };
    const error = await refusal(
      room.service.planChat(toQuestion({ model: 'embedded-chat' }), pictures, {}),
    );
    expect(error.fields.map(({ field }) => field)).toEqual(['max_tokens', 'messages']);
    const many = { inputCount: 1_000_000, inputTokensMin: 0, dimensions: 1 };
    const asked = room.service.planEmbedding(toQuestion({ model: embedding.id }), many);
    expect((await refusal(asked)).fields[0]?.field).toBe('input');
    const none = await refusal(room.service.planChat(toQuestion({ model: 'auto' }), pictures, {}));
    expect(none.code).toBe('routing.capability_missing');
  });
});
