// Proves the score of connections part by part, and how evenly 10,000 choices spread load and weights.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from './seeded-random.js';
import {
  type ConnectionState,
  drawOrder,
  SCORE_WEIGHTS,
  toLoadSkew,
  TOP_K,
  weighConnections,
} from './weigh-connections.js';

const CHOICES = 10_000;
const IDLE: ConnectionState = {
  id: 'a',
  priority: 50,
  loadFactor: 10,
  running: 0,
  waiting: 0,
  errorRate: 0,
  answerMs: null,
};
const make = (...changes: Partial<ConnectionState>[]): ConnectionState[] =>
  changes.map((change, index) => ({ ...IDLE, id: String.fromCharCode(97 + index), ...change }));
const weigh = (...changes: Partial<ConnectionState>[]) => weighConnections(make(...changes));
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).join('');

describe('the score of a connection', () => {
  it('is made of five parts, which add up to it', () => {
    const [best, worst] = weigh(
      { priority: 100, answerMs: 200 },
      { priority: 0, answerMs: 400, running: 8, waiting: 2, errorRate: 1 },
    );
    expect(best).toEqual({
      id: 'a',
      score: 4,
      parts: { priority: 1, load: 1, queue: 0.7, errors: 0.8, speed: 0.5 },
      loadRate: 0,
    });
    expect(worst).toMatchObject({
      score: 0,
      parts: { priority: 0, load: 0, queue: 0, errors: 0, speed: 0 },
      loadRate: 100,
    });
  });

  it.each([
    ['priority', { priority: 60 }],
    ['load', { running: 0 }],
    ['queue', { waiting: 0, running: 6 }],
    ['errors', { errorRate: 0.1 }],
    ['speed', { answerMs: 100 }],
  ] as const)('rises with %s alone', (part, better) => {
    const plain = { running: 5, waiting: 1, errorRate: 0.2, answerMs: 300 };
    const [first, second] = weigh(plain, { ...plain, ...better });
    expect(first?.id).toBe('b');
    expect(first?.parts[part]).toBeGreaterThan(second?.parts[part] ?? Infinity);
  });

  it('holds half of the speed where nothing is known, or all are alike', () => {
    const half = SCORE_WEIGHTS.speed / 2;
    expect(weigh({}, { answerMs: 100 }).map(({ parts }) => parts.speed)).toEqual([half, half]);
  });

  it('counts running and waiting calls in percent of the load factor', () => {
    expect(weigh({ running: 3, waiting: 1, loadFactor: 2 })[0]?.loadRate).toBe(200);
  });

  it('stays between nothing and four, whatever the figures', () => {
    const state = fc.record({
      id: fc.uuid(),
      priority: fc.integer({ min: 0, max: 100 }),
      loadFactor: fc.integer({ min: 1, max: 1_000 }),
      running: fc.nat(10_000),
      waiting: fc.nat(10_000),
      errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
      answerMs: fc.option(fc.nat(100_000)),
    });
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 20 }), (states) => {
        const ranked = weighConnections(states);
        expect(ranked).toHaveLength(states.length);
        for (const { score } of ranked) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(4.000_001);
        }
        const scores = ranked.map(({ score }) => score);
        expect(scores).toEqual(scores.toSorted((left, right) => right - left));
      }),
    );
  });
});

describe('the order of connections', () => {
  it('is the same for the same seed, and names each once', () => {
    const ranked = weigh(...Array.from({ length: 12 }, (_one, index) => ({ priority: index })));
    const drawn = drawOrder(ranked, createRandom('session\nmodel'));
    expect(ids(drawOrder(ranked, createRandom('session\nmodel')))).toBe(ids(drawn));
    expect([...ids(drawn)].sort()).toEqual([...ids(ranked)].sort());
    expect(ids(drawn).slice(0, TOP_K).split('').sort()).toEqual(
      ids(ranked).slice(0, TOP_K).split('').sort(),
    );
    expect(ids(drawn).slice(TOP_K)).toBe(ids(ranked).slice(TOP_K));
  });

  it('puts a connection first as often as its score says', () => {
    const ranked = weigh({ priority: 0 }, { priority: 50 }, { priority: 100 });
    const least = ranked.at(-1)?.score ?? 0;
    const weights = ranked.map(({ id, score }) => ({ id, weight: score - least + 1 }));
    const total = weights.reduce((sum, { weight }) => sum + weight, 0);
    const firsts = Array.from({ length: CHOICES }, (_one, seed) =>
      ids(drawOrder(ranked, createRandom(`request-${seed}\nmodel`))).charAt(0),
    );
    for (const { id, weight } of weights) {
      const share = firsts.filter((first) => first === id).length / CHOICES;
      expect(Math.abs(share - weight / total)).toBeLessThan(0.02);
    }
  });

  it('keeps the load even: 10,000 calls on connections of three sizes, 60 at once', () => {
    const factors = [5, 5, 10, 10, 20, 20, 30];
    const running = factors.map(() => 0);
    const underWay: number[] = [];
    const skews: number[] = [];
    const taken = factors.map(() => 0);
    for (let call = 0; call < CHOICES; call += 1) {
      const states = make(
        ...factors.map((loadFactor, index) => ({ loadFactor, running: running[index] })),
      );
      const [first] = drawOrder(weighConnections(states), createRandom(`call-${call}\nmodel`));
      const index = (first?.id ?? '').charCodeAt(0) - 97;
      underWay.push(index);
      running[index]! += 1;
      taken[index]! += 1;
      // The oldest ends when the sixty-first begins.
      if (underWay.length > 60) running[underWay.shift()!]! -= 1;
      if (call >= 1_000) {
        skews.push(toLoadSkew(factors.map((factor, at) => (running[at]! * 100) / factor)));
      }
    }
    const mean = skews.reduce((sum, skew) => sum + skew, 0) / skews.length;
    const blind = toLoadSkew(factors.map((factor) => (60 / factors.length / factor) * 100));
    console.info(
      `load skew over ${CHOICES} choices: mean ${mean.toFixed(1)} points, blind spreading ${blind.toFixed(1)}; taken ${taken.join(', ')}`,
    );
    expect(mean).toBeLessThan(blind * 0.9);
    expect(taken.at(-1)).toBeGreaterThan(taken[0]!);
  });
});
