/** Proves the arithmetic of verdicts and profiles on made-up figures. */
import { describe, expect, it } from 'vitest';
import { judgeSoak, readGrowth } from './soak-verdicts.mjs';
import { sumProfile } from './sum-profile.mjs';
import { judge, TARGETS } from './targets.mjs';

const MB = 1_000_000;

function toSamples(toRssBytes) {
  return Array.from({ length: 600 }, (_, index) => ({
    atMs: index * 1_000,
    rssBytes: toRssBytes(index),
  }));
}

describe('readGrowth', () => {
  it('leaves the first minutes out', () => {
    const samples = toSamples((second) => (second < 120 ? 100 * MB + second * MB : 220 * MB));
    expect(readGrowth(samples, 120_000).growth).toBe(0);
  });

  it('sees a slow leak and not a single peak', () => {
    const leak = readGrowth(
      toSamples((second) => 200 * MB + second * 40_000),
      120_000,
    );
    expect(leak.growth).toBeGreaterThan(0.05);
    const peak = readGrowth(
      toSamples((second) => (second === 590 ? 900 : 200) * MB),
      120_000,
    );
    expect(peak.growth).toBe(0);
  });
});

describe('judgeSoak', () => {
  const facts = {
    samples: toSamples(() => 250 * MB),
    uniqueMs: 120_000,
    figures: { answeredCount: 100, errors: 0, faults: [], latency: { p50Ms: 20, p99Ms: 90 } },
    balance: { isBalanced: true, heldMicros: 0 },
    logBytes: 60_000,
    log: { linesCount: 100, found: [] },
    database: { columnsCount: 300, valuesCount: 9_000, found: [] },
  };

  it('is content with a run that leaves nothing behind', () => {
    expect(judgeSoak(facts).filter(({ isMet }) => !isMet)).toEqual([]);
  });

  it.each([
    ['growing memory', { samples: toSamples((second) => 200 * MB + second * 40_000) }],
    [
      'base64 in the database',
      { database: { columnsCount: 1, valuesCount: 1, found: ['t.c: 1'] } },
    ],
    ['base64 in the log', { log: { linesCount: 1, found: ['iVBOR'] } }],
    ['a database that showed no row', { database: { columnsCount: 1, valuesCount: 0, found: [] } }],
    ['a long log', { logBytes: 200_000 }],
    ['errors', { figures: { ...facts.figures, errors: 1, faults: ['1 × status 500'] } }],
    ['lost money', { balance: { isBalanced: false, heldMicros: 5 } }],
    ['no measurement at all', { samples: [] }],
  ])('objects to %s alone', (_what, spoilt) => {
    expect(judgeSoak({ ...facts, ...spoilt }).filter(({ isMet }) => !isMet)).toHaveLength(1);
  });
});

describe('judge', () => {
  const own = {
    figures: {
      chat: { loaded: { perSecond: 3_200 }, paced: { latency: { p50Ms: 3, p99Ms: 30 } } },
    },
    rssBytes: 250 * MB,
    startMs: 4_000,
  };
  const direct = { figures: { chat: { paced: { latency: { p50Ms: 1, p99Ms: 10 } } } } };

  it('compares with the pipe and with no gateway, and invents nothing', () => {
    const verdicts = judge(TARGETS.large, { own, direct, pipePerSecond: () => 12_800 });
    const lines = verdicts.map(({ demand, measured, verdict }) => [demand, measured, verdict]);
    expect(lines).toEqual([
      ['≥ 3,000', '3,200', 'yes'],
      ['≥ 0.2', '0.25', 'yes'],
      ['≥ 4,000', '3,200', 'no'],
      ['≥ 0.3', '0.25', 'no'],
      ['≤ 3 ms', '2.0 ms', 'yes'],
      ['≤ 15 ms', '20.0 ms', 'no'],
      ['≥ 200', '–', 'not measured'],
      ['≥ 100', '–', 'not measured'],
      ['≥ 100', '–', 'not measured'],
      ['< 300 MB', '250 MB', 'yes'],
      ['< 5 s', '4000.0 ms', 'yes'],
    ]);
  });
});

describe('sumProfile', () => {
  it('adds self time up by room, file and function, and leaves idling out', () => {
    const toNode = (id, functionName, url) => ({
      id,
      callFrame: { functionName, url, lineNumber: 9 },
    });
    const profile = {
      nodes: [
        toNode(1, 'run', 'file:///x/dist/billing/a.js'),
        toNode(2, '', 'file:///x/dist/billing/b.js'),
        toNode(3, 'write', 'file:///x/node_modules/@scope/pack/lib/c.js'),
        toNode(4, '(idle)', ''),
        toNode(5, '(garbage collector)', ''),
      ],
      samples: [1, 2, 3, 4, 5, 1],
      timeDeltas: [1_000, 2_000, 3_000, 50_000, 500, 4_000],
    };
    const { totalMs, groups, files, functions } = sumProfile(profile);
    expect(totalMs).toBe(10.5);
    expect(groups).toEqual([
      { name: 'src/billing', selfMs: 7 },
      { name: '@scope/pack', selfMs: 3 },
      { name: '(garbage collector)', selfMs: 0.5 },
    ]);
    expect(files[0]).toEqual({ name: 'src/billing/a.js', selfMs: 5 });
    expect(functions.map(({ name }) => name)).toContain('(anonymous) src/billing/b.js:10');
  });
});
