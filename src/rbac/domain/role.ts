import { ALL_PERMISSIONS, type Permission, PERMISSIONS } from '../../common/permission.js';

/** What a role grants: permissions of the list, or `*` alone. */
export type Grant = Permission | typeof ALL_PERMISSIONS;

/** A named set of permissions in one space. */
export interface Role {
  id: string;
  searchSpaceId: string;
  name: string;
  description: string;
  permissions: readonly Grant[];
  /** Given to a member who is added without naming a role. One a space. */
  isDefault: boolean;
  /** Made with the space; not renamed, not deleted. */
  isSystem: boolean;
}

type RoleTemplate = Pick<Role, 'name' | 'description' | 'permissions' | 'isDefault'>;

export const OWNER_ROLE = 'Owner';
export const EDITOR_ROLE = 'Editor';
export const VIEWER_ROLE = 'Viewer';

const EDITED_NOUNS: readonly string[] = [
  'documents',
  'chats',
  'llm_configs',
  'podcasts',
  'video_presentations',
  'connectors',
  'automations',
];

const EDITOR_EXTRAS: readonly Permission[] = [
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
  'automations:execute',
];

/** Creates, reads and changes; deletes nothing. */
const EDITOR_PERMISSIONS = PERMISSIONS.filter((permission) => {
  const [noun = '', verb] = permission.split(':');
  return EDITOR_EXTRAS.includes(permission) || (EDITED_NOUNS.includes(noun) && isEdit(verb));
});

/** Reads what an editor reads, and comments. */
const VIEWER_PERMISSIONS = EDITOR_PERMISSIONS.filter(
  (permission) => /:(read|view)$/.test(permission) || permission === 'comments:create',
);

/** The three roles every space is made with. */
export const SYSTEM_ROLES: readonly RoleTemplate[] = [
  {
    name: OWNER_ROLE,
    description: 'May do everything.',
    permissions: [ALL_PERMISSIONS],
    isDefault: false,
  },
  {
    name: EDITOR_ROLE,
    description: 'May create, read and change; may not delete or manage members.',
    permissions: EDITOR_PERMISSIONS,
    isDefault: true,
  },
  {
    name: VIEWER_ROLE,
    description: 'May read and comment.',
    permissions: VIEWER_PERMISSIONS,
    isDefault: false,
  },
];

/** Whether a role holds everything; such a role comes with ownership alone. */
export function isOwnerRole(role: Pick<Role, 'permissions'>): boolean {
  return role.permissions.includes(ALL_PERMISSIONS);
}

/** The first permission that `wanted` holds and `held` does not; null when `held` covers it all. */
export function findExcess(held: readonly Grant[], wanted: readonly Grant[]): Grant | null {
  if (held.includes(ALL_PERMISSIONS)) return null;
  return wanted.find((permission) => !held.includes(permission)) ?? null;
}

function isEdit(verb: string | undefined): boolean {
  return verb === 'create' || verb === 'read' || verb === 'update';
}
