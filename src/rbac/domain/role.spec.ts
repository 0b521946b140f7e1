// Proves the three system roles word for word, and that no role covers more than it holds.
import { describe, expect, it } from 'vitest';
import { PERMISSIONS } from '../../common/permission.js';
import {
  EDITOR_ROLE,
  findExcess,
  isOwnerRole,
  OWNER_ROLE,
  SYSTEM_ROLES,
  VIEWER_ROLE,
} from './role.js';

const EDITED = [
  'documents',
  'chats',
  'llm_configs',
  'podcasts',
  'video_presentations',
  'connectors',
  'automations',
];

const EDITOR = [
  ...EDITED.flatMap((noun) => [`${noun}:create`, `${noun}:read`, `${noun}:update`]),
  'automations:execute',
  'comments:create',
  'comments:read',
  'image_generations:create',
  'image_generations:read',
  'vision_configs:create',
  'vision_configs:read',
  'logs:read',
  'members:invite',
  'members:view',
  'roles:read',
  'settings:view',
  'public_sharing:view',
  'public_sharing:create',
];

const VIEWER = [
  ...EDITED.map((noun) => `${noun}:read`),
  'comments:create',
  'comments:read',
  'image_generations:read',
  'vision_configs:read',
  'logs:read',
  'members:view',
  'roles:read',
  'settings:view',
  'public_sharing:view',
];

function permissionsOf(name: string): string[] {
  return [...(SYSTEM_ROLES.find((role) => role.name === name)?.permissions ?? [])];
}

describe('SYSTEM_ROLES', () => {
  it('are Owner, Editor and Viewer, with Editor the default', () => {
    expect(SYSTEM_ROLES.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      [OWNER_ROLE, false],
      [EDITOR_ROLE, true],
      [VIEWER_ROLE, false],
    ]);
  });

  it('give the owner everything', () => {
    expect(permissionsOf(OWNER_ROLE)).toEqual(['*']);
  });

  it('let an editor create, read and update, and delete nothing', () => {
    expect(permissionsOf(EDITOR_ROLE).toSorted()).toEqual(EDITOR.toSorted());
    expect(permissionsOf(EDITOR_ROLE).filter((name) => /delete|remove|manage/.test(name))).toEqual(
      [],
    );
  });

  it('let a viewer read what an editor reads, and comment', () => {
    expect(permissionsOf(VIEWER_ROLE).toSorted()).toEqual(VIEWER.toSorted());
  });

  it('hold only permissions that exist', () => {
    const known: readonly string[] = [...PERMISSIONS, '*'];
    const unknown = SYSTEM_ROLES.flatMap(({ permissions }) =>
      permissions.filter((name) => !known.includes(name)),
    );
    expect(unknown).toEqual([]);
  });
});

describe('findExcess', () => {
  it('finds the first permission that is not held', () => {
    expect(findExcess(['chats:read'], ['chats:read', 'chats:delete', 'logs:read'])).toBe(
      'chats:delete',
    );
    expect(findExcess(['chats:read', 'logs:read'], ['logs:read'])).toBeNull();
  });

  it('lets everything be given by who holds everything, and `*` by nobody else', () => {
    expect(findExcess(['*'], ['*'])).toBeNull();
    expect(findExcess([...PERMISSIONS], ['*'])).toBe('*');
    expect(isOwnerRole({ permissions: ['*'] })).toBe(true);
    expect(isOwnerRole({ permissions: [...PERMISSIONS] })).toBe(false);
  });
});
