/** Every permission a role may hold; any other text is refused with a 400. */
export const PERMISSIONS = [
  ...crud('documents'),
  ...crud('chats'),
  ...crud('llm_configs'),
  ...crud('podcasts'),
  ...crud('video_presentations'),
  ...crud('connectors'),
  'comments:create',
  'comments:read',
  'comments:delete',
  'image_generations:create',
  'image_generations:read',
  'image_generations:delete',
  'vision_configs:create',
  'vision_configs:read',
  'vision_configs:delete',
  'logs:read',
  'logs:delete',
  'members:invite',
  'members:view',
  'members:remove',
  'members:manage_roles',
  ...crud('roles'),
  'settings:view',
  'settings:update',
  'settings:delete',
  'api_access:manage',
  'public_sharing:view',
  'public_sharing:create',
  'public_sharing:delete',
  ...crud('automations'),
  'automations:execute',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Stands for every permission; only the Owner role holds it. */
export const ALL_PERMISSIONS = '*';

/** What an API key may be allowed to do. Sessions are not narrowed by scopes. */
export const SCOPES = ['images.generate', 'images.read', 'images.delete', 'billing.read'] as const;

export type Scope = (typeof SCOPES)[number];

/** A key made without a choice may generate, look at its results and see its bill. */
export const DEFAULT_SCOPES: readonly Scope[] = ['images.generate', 'images.read', 'billing.read'];

/** Permission → the scope a key needs for it. A permission not listed here is for sessions alone. */
const SCOPE_OF_PERMISSION: Partial<Record<Permission, Scope>> = {
  'image_generations:create': 'images.generate',
  'image_generations:read': 'images.read',
  'image_generations:delete': 'images.delete',
  'settings:view': 'billing.read',
};

/** The scope a key needs, or null when no key may do this. */
export function findScopeOf(permission: Permission): Scope | null {
  return SCOPE_OF_PERMISSION[permission] ?? null;
}

/** Whether a role's list grants the permission. */
export function isGranted(granted: readonly string[], permission: Permission): boolean {
  return granted.includes(ALL_PERMISSIONS) || granted.includes(permission);
}

function crud<N extends string>(noun: N) {
  return [`${noun}:create`, `${noun}:read`, `${noun}:update`, `${noun}:delete`] as const;
}
