// Proves the order in which a member's request is refused, for sessions and for keys.
import { describe, expect, it } from 'vitest';
import type { Caller } from '../../common/caller.js';
import {
  type Access,
  findRefusal,
  isWithinReach,
  listEffectivePermissions,
  toPermissions,
} from './access.js';

const session: Caller = {
  kind: 'user',
  id: 'u',
  userId: 'u',
  isOperator: true,
  sessionId: 's',
  boundSpaceId: null,
  scopes: null,
};
const key: Caller = {
  kind: 'api_key',
  id: 'k',
  userId: 'u',
  isOperator: false,
  sessionId: null,
  boundSpaceId: 'space',
  scopes: ['images.generate'],
};
const access: Access = {
  searchSpaceId: 'space',
  userId: 'u',
  isOwner: false,
  roleName: 'Editor',
  permissions: ['image_generations:create', 'image_generations:read', 'members:view'],
  isApiAccessEnabled: true,
};

describe('findRefusal', () => {
  it('grants a session what its role holds, and names what it lacks, operators included', () => {
    expect(findRefusal(session, access, 'members:view')).toBeNull();
    expect(findRefusal(session, access, 'settings:update')).toEqual({
      kind: 'permission_missing',
      permission: 'settings:update',
    });
  });

  it('refuses a key first for its space, then for its kind, then for its scope, then for its maker', () => {
    const closed = { ...access, isApiAccessEnabled: false };
    expect(findRefusal(key, closed, 'members:view')).toEqual({ kind: 'api_access_disabled' });
    expect(findRefusal(key, access, 'members:view')).toEqual({ kind: 'session_required' });
    expect(findRefusal(key, access, 'image_generations:read')).toEqual({
      kind: 'scope_missing',
      scope: 'images.read',
    });
    const demoted = { ...access, permissions: [] };
    expect(findRefusal(key, demoted, 'image_generations:create')).toEqual({
      kind: 'permission_missing',
      permission: 'image_generations:create',
    });
    expect(findRefusal(key, access, 'image_generations:create')).toBeNull();
  });

  it('does not let a switched-off space refuse a session', () => {
    expect(
      findRefusal(session, { ...access, isApiAccessEnabled: false }, 'members:view'),
    ).toBeNull();
  });

  it('keeps an owner`s key within its scopes', () => {
    const owner = { ...access, permissions: ['*'] as const };
    expect(findRefusal(key, owner, 'image_generations:delete')).toEqual({
      kind: 'scope_missing',
      scope: 'images.delete',
    });
    expect(listEffectivePermissions(key, owner)).toEqual(['image_generations:create']);
  });
});

describe('listEffectivePermissions', () => {
  it('is the role for a session, and scope and role together for a key', () => {
    expect(listEffectivePermissions(session, access)).toEqual(access.permissions);
    expect(listEffectivePermissions(key, access)).toEqual(['image_generations:create']);
    expect(listEffectivePermissions(key, { ...access, isApiAccessEnabled: false })).toEqual([]);
  });
});

describe('reach and ownership', () => {
  it('binds a key to its space and a session to none', () => {
    expect(isWithinReach(session, 'other')).toBe(true);
    expect(isWithinReach(key, 'space')).toBe(true);
    expect(isWithinReach(key, 'other')).toBe(false);
  });

  it('lets ownership stand above the role', () => {
    expect(toPermissions(true, ['chats:read'])).toEqual(['*']);
    expect(toPermissions(false, ['chats:read'])).toEqual(['chats:read']);
  });
});
