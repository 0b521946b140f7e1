// Proves the choice of a model nobody named: tiers, quality, the best five, and what a change of the list moves.
import { describe, expect, it } from 'vitest';
import { AUTO_TOP, type AutoModel, chooseAuto, isFailing } from './choose-auto.js';

const SPACES = Array.from({ length: 10_000 }, (_space, index) => `space-${index}`);
const model = (id: string, more: Partial<AutoModel> = {}): AutoModel => ({
  id,
  tier: 'A',
  quality: 50,
  success: 1,
  ...more,
});
const SEVEN = [90, 80, 70, 60, 50, 40, 30].map((quality) => model(`q${quality}`, { quality }));

describe('auto', () => {
  it('takes the best five by quality, and tells of the others', () => {
    const { ids, beyondIds } = chooseAuto(SEVEN, 'space');
    expect(ids.toSorted()).toEqual(['q50', 'q60', 'q70', 'q80', 'q90']);
    expect(beyondIds).toEqual(['q40', 'q30']);
  });

  it('counts how they fare for one half', () => {
    const list = [...SEVEN, model('failing', { quality: 100, success: 0.2 })];
    expect(chooseAuto(list, 'space').ids).not.toContain('failing');
    const fair = [...SEVEN, model('fair', { quality: 55, success: 1 })];
    expect(chooseAuto(fair, 'space').ids).toContain('fair');
  });

  it('stays with the house while it has one model, and keeps own ones for the last', () => {
    const own = model('own', { tier: 'BYOK', quality: 100 });
    expect(chooseAuto([own, model('house', { quality: 1 })], 'space')).toEqual({
      ids: ['house'],
      ownIds: ['own'],
      beyondIds: [],
    });
    expect(chooseAuto([own], 'space')).toEqual({ ids: ['own'], ownIds: [], beyondIds: [] });
    expect(chooseAuto([], 'space').ids).toEqual([]);
  });

  it('gives a space the same model while the list stands, whatever its order', () => {
    for (const space of SPACES.slice(0, 100)) {
      expect(chooseAuto(SEVEN.toReversed(), space)).toEqual(chooseAuto(SEVEN, space));
    }
  });

  it('spreads spaces evenly, and moves only those whose model left the list', () => {
    const firstOf = (list: AutoModel[], space: string) => chooseAuto(list, space).ids[0];
    const shares = new Map<string, number>();
    for (const space of SPACES) {
      const first = firstOf(SEVEN, space) ?? '';
      shares.set(first, (shares.get(first) ?? 0) + 1);
    }
    expect(shares.size).toBe(AUTO_TOP);
    for (const count of shares.values()) {
      expect(Math.abs(count / SPACES.length - 0.2)).toBeLessThan(0.02);
    }
    const without = SEVEN.filter(({ id }) => id !== 'q70');
    const moved = SPACES.filter((space) => firstOf(SEVEN, space) !== firstOf(without, space));
    const had = SPACES.filter((space) => firstOf(SEVEN, space) === 'q70');
    // The sixth takes the free place: it may also win spaces whose model is still there.
    const won = moved.filter((space) => firstOf(SEVEN, space) !== 'q70');
    expect(had.every((space) => moved.includes(space))).toBe(true);
    expect(won.every((space) => firstOf(without, space) === 'q40')).toBe(true);
    const five = SEVEN.slice(0, 5);
    const four = five.filter(({ id }) => id !== 'q70');
    const exact = SPACES.filter((space) => firstOf(five, space) !== firstOf(four, space));
    expect(exact).toEqual(SPACES.filter((space) => firstOf(five, space) === 'q70'));
    console.info(
      `auto: one of five gone moved ${exact.length} of ${SPACES.length} spaces, all its own`,
    );
  });
});

describe('the health gate', () => {
  it.each([
    [0.11, 20, true],
    [0.1, 20, false],
    [0.5, 19, false],
    [1, undefined, false],
  ])('an error rate of %s over %s calls is failing: %s', (errorRate, calls, expected) => {
    expect(isFailing(errorRate, calls)).toBe(expected);
  });
});
