// Proves where the space of a request is read from, and in which order.
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../common/caller.js';
import { findSpaceId } from './find-space-id.js';

const bound = { boundSpaceId: 'bound' } as Caller;
const free = { boundSpaceId: null } as Caller;
const request = (more: object) => ({ params: {}, query: {}, body: {}, headers: {}, ...more });
const header = { headers: { 'x-search-space-id': 'header' } };

describe('findSpaceId', () => {
  it('reads the path, and only the path, where the route says so', () => {
    expect(findSpaceId('path', request({ params: { spaceId: 'a', id: 'b' } }), bound)).toBe('a');
    expect(findSpaceId('path', request({ params: { id: 'b' }, ...header }), bound)).toBe('b');
    expect(findSpaceId('path', request(header), bound)).toBeNull();
  });

  it('prefers what the request names to the header, and the header to the key', () => {
    const named = { search_space_id: 'named' };
    expect(findSpaceId('body', request({ body: named, ...header }), bound)).toBe('named');
    expect(findSpaceId('query', request({ query: named, ...header }), bound)).toBe('named');
    expect(findSpaceId('body', request(header), bound)).toBe('header');
    expect(findSpaceId('body', request({}), bound)).toBe('bound');
    expect(findSpaceId('query', request({}), free)).toBeNull();
  });

  it('does not read a body that is not there yet, nor the query for the body', () => {
    expect(findSpaceId('body', request({ body: undefined, ...header }), free)).toBe('header');
    expect(
      findSpaceId('body', request({ body: null, query: { search_space_id: 'q' } }), free),
    ).toBeNull();
  });

  it.each([7, {}, ['a', 'b'], true])('refuses %j and names the field', (value) => {
    const wrong = request({ query: { search_space_id: value } });
    expect(() => findSpaceId('query', wrong, bound)).toThrow(/^search_space_id must be/);
  });
});
