// Proves that a role's permissions are those of the list alone, each once.
import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../common/permission.js';
import { toPermissionList } from './permission-list.js';

describe('toPermissionList', () => {
  it('takes every permission there is', () => {
    expect(toPermissionList([...PERMISSIONS])).toEqual(PERMISSIONS);
    expect(toPermissionList([])).toEqual([]);
  });

  it('keeps each once, in one order', () => {
    const texts = ['logs:read', 'chats:read', 'logs:read', 'chats:create'];
    expect(toPermissionList(texts)).toEqual(['chats:create', 'chats:read', 'logs:read']);
  });

  it.each(['chats:fly', 'Chats:read', ' chats:read', '', 'chats:*', '__proto__'])(
    'refuses "%s" and names it',
    (text) => {
      expect(() => toPermissionList(['chats:read', text])).toThrow(`"${text}"`);
    },
  );

  it('refuses the star, which no role but the owner`s holds', () => {
    expect(() => toPermissionList(['*'])).toThrow(/must not hold "\*"/);
  });
});
