// Proves which route a name finds, what it comes down to, and that no chain of names runs on for ever.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLoop } from './find-loop.js';
import { RouteBook } from './route-book.js';
import { CHAIN_MAX, type Route, type RouteTarget, STOPS_MAX } from './route.js';

const SPACE = 'space';
type Written = string | Partial<RouteTarget>;

function toTarget(written: Written): RouteTarget {
  const target = typeof written === 'string' ? { model: written } : written;
  return { model: '', connectionId: null, weight: 100, order: 0, ...target };
}

function route(name: string, targets: Written[], more: Partial<Route> = {}): Route {
  const at = new Date(0);
  return {
    id: `${more.searchSpaceId ?? ''}/${name}`,
    searchSpaceId: null,
    name,
    targets: targets.map(toTarget),
    enableFallback: true,
    isRestricting: false,
    note: null,
    createdBy: 'operator',
    createdAt: at,
    updatedAt: at,
    ...more,
  };
}

const resolve = (routes: Route[], name: string, space = SPACE) =>
  new RouteBook(routes).resolve(space, name);
const chains = (routes: Route[], name: string) =>
  resolve(routes, name).stops.map(
    ({ chain, fault }) => `${chain.join('>')}${fault ? `!${fault}` : ''}`,
  );

describe('the route of a name', () => {
  const routes = [
    route('*', ['any']),
    route('gpt-*', ['short']),
    route('gpt-image-*', ['long']),
    route('gpt-image-2', ['exact']),
    route('gpt-*', ['own-wildcard'], { searchSpaceId: SPACE }),
    route('dall-e-3', ['own-exact'], { searchSpaceId: SPACE }),
  ];

  it.each([
    ['gpt-image-2', 'other', 'exact'],
    ['gpt-image-1', 'other', 'long'],
    ['gpt-4', 'other', 'short'],
    ['flux', 'other', 'any'],
    ['gpt-image-2', SPACE, 'own-wildcard'],
    ['dall-e-3', SPACE, 'own-exact'],
    ['dall-e-3', 'other', 'any'],
  ])('%s in %s is %s', (name, space, model) => {
    expect(resolve(routes, name, space).stops.map((stop) => stop.model)).toEqual([model]);
  });

  it('is none for a name that nothing matches: it is a model', () => {
    expect(resolve([route('gpt-*', ['x'])], 'flux')).toEqual({
      route: null,
      stops: [{ model: 'flux', connectionId: null, chain: ['flux'], fault: null }],
    });
  });

  it('restricts where it counts', () => {
    const restricting = { isRestricting: true };
    const own = new RouteBook([route('a', ['a'], { ...restricting, searchSpaceId: SPACE })]);
    expect([own.isRestricted(SPACE), own.isRestricted('other')]).toEqual([true, false]);
    expect(new RouteBook([route('a', ['a'], restricting)]).isRestricted('other')).toBe(true);
    expect(new RouteBook([route('a', ['a'])]).isRestricted(SPACE)).toBe(false);
  });
});

describe('what a name comes down to', () => {
  it('takes the text of the wildcard, as $1 or *, and nothing in it for more', () => {
    const routes = [
      route(
        'gpt-*',
        ['openai/$1', 'azure-*-eu'].map((model, order) => ({ model, order })),
      ),
    ];
    expect(chains(routes, 'gpt-4')).toEqual(['gpt-4>openai/4', 'gpt-4>azure-4-eu']);
    expect(chains(routes, 'gpt-$&')).toEqual(['gpt-$&>openai/$&', 'gpt-$&>azure-$&-eu']);
  });

  it('goes tier by tier, and within a tier by the space', () => {
    const targets = ['a', 'b', 'c', 'd'].map((model, index) => ({
      model,
      order: index < 3 ? 1 : 0,
    }));
    const orders = Array.from({ length: 50 }, (_one, index) =>
      resolve([route('x', targets)], 'x', `space-${index}`)
        .stops.map(({ model }) => model)
        .join(''),
    );
    expect(new Set(orders.map((order) => order[0]))).toEqual(new Set(['d']));
    expect(new Set(orders).size).toBe(6);
  });

  it('is the model where the name stands for itself', () => {
    const on = { model: 'gpt-image-2', connectionId: 'env:openai' };
    expect(resolve([route('gpt-image-2', [on])], 'gpt-image-2').stops).toEqual([
      { ...on, chain: ['gpt-image-2'], fault: null },
    ]);
    expect(chains([route('gpt-*', ['gpt-image-2'])], 'gpt-4')).toEqual(['gpt-4>gpt-image-2']);
  });

  it('follows names through routes, and keeps the way', () => {
    const routes = [route('team', ['best']), route('best', [{ model: 'flux', connectionId: 'c' }])];
    expect(chains(routes, 'team')).toEqual(['team>best>flux']);
    expect(resolve(routes, 'team').stops[0]?.connectionId).toBe('c');
  });

  it('leads nowhere where it comes back or runs on, also when that was stored', () => {
    const circle = [route('a', ['b']), route('b', ['a', { model: 'flux', order: 1 }])];
    expect(chains(circle, 'a')).toEqual(['a>b>a!loop', 'a>b>flux']);
    const line = 'abcdefgh'.split('').map((name, at) => route(name, ['bcdefghi'[at] ?? '']));
    expect(chains(line, 'a')).toEqual(['a>b>c>d>e!chain_too_long']);
  });

  it('ends for any routes at all', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'a*', '*', 'b*', '*a');
    const target = fc.constantFrom('a', 'b', 'ab', 'c', 'd', 'a$1', '*b', '$1');
    const routes = fc.uniqueArray(
      fc.tuple(name, fc.array(target, { minLength: 1, maxLength: 5 })),
      { selector: ([one]) => one },
    );
    fc.assert(
      fc.property(routes, fc.constantFrom('a', 'b', 'ab', 'ba', 'c'), (written, asked) => {
        const all = written.map(([one, targets]) => route(one, targets));
        const { stops } = resolve(all, asked);
        expect(stops.length).toBeGreaterThan(0);
        expect(stops.length).toBeLessThanOrEqual(STOPS_MAX);
        for (const { chain } of stops) expect(chain.length).toBeLessThanOrEqual(CHAIN_MAX);
        // What is accepted at writing leads somewhere, whatever is asked for.
        if (all.every((one) => findLoop(new RouteBook(all), null, one) === null)) {
          expect(stops.every(({ fault }) => fault === null)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a loop', () => {
  const look = (routes: Route[], space: string | null = null) =>
    findLoop(new RouteBook(routes), space, routes.at(-1)!);

  it.each([
    ['of two', [route('b', ['a']), route('a', ['b'])]],
    ['of two, behind a wildcard', [route('y', ['z']), route('z', ['y']), route('x-*', ['y'])]],
    [
      'of two, behind what a wildcard may come to',
      [route('y-1', ['z']), route('z', ['y-1']), route('x-*', ['y-$1'])],
    ],
    [
      'of too many names',
      'efdcba'
        .split('')
        .map((name) => route(name, [`${name}${name}`, 'bcdef'['abcde'.indexOf(name)] ?? 'g'])),
    ],
  ])('%s is found', (_what, routes) => {
    expect(look(routes)).not.toBeNull();
  });

  it.each([
    ['a name that stands for itself', [route('a', ['a', 'b'])]],
    ['a wildcard that stands for itself', [route('gpt-*', ['gpt-$1', 'flux'])]],
    ['a wildcard for one of its own', [route('gpt-*', ['gpt-image-2'])]],
    ['a wildcard for all the rest', [route('flux', ['sdxl']), route('*', ['flux'])]],
    ['a wildcard that another leads to', [route('b-*', ['a-$1']), route('a-*', ['b-$1'])]],
    ['a chain', [route('c', ['d']), route('b', ['c']), route('a', ['b'])]],
  ])('%s is none', (_what, routes) => {
    expect(look(routes)).toBeNull();
  });

  it('is looked for with the routes of the space', () => {
    const routes = [route('b', ['a'], { searchSpaceId: SPACE }), route('a', ['b'])];
    expect(look(routes)).toBeNull();
    expect(look(routes, SPACE)).not.toBeNull();
  });
});
