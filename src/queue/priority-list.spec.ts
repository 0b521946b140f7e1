/** Proves the order in which waiting jobs come out. */
import { describe, expect, it } from 'vitest';
import { PriorityList } from './priority-list.js';

describe('PriorityList', () => {
  it('gives the lowest number first, the rest last, and equals in their order', () => {
    const list = new PriorityList<string>();
    list.push('plain 1');
    list.push('five 1', 5);
    list.push('one 1', 1);
    list.push('plain 2');
    list.push('five 2', 5);
    const order = Array.from({ length: 5 }, () => list.shift());
    expect(order).toEqual(['one 1', 'five 1', 'five 2', 'plain 1', 'plain 2']);
    expect(list.shift()).toBeUndefined();
    expect(list.size).toBe(0);
  });

  it('forgets all when cleared', () => {
    const list = new PriorityList<string>();
    list.push('a');
    list.clear();
    expect([list.size, list.shift()]).toEqual([0, undefined]);
  });
});
