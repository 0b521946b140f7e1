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
export const SCOPES = [
  'images.generate',
  'images.edit',
  'images.read',
  'images.delete',
  'models.list',
  'chat.completions',
  'embeddings.create',
  'chatbot.chat',
  'billing.read',
  'budget.read',
  'admin.cache',
  'admin.metrics',
  'admin.status',
] as const;

export type Scope = (typeof SCOPES)[number];

/** A key made without a choice may do what an Editor does with models: make, look at the results, see the bill. */
export const DEFAULT_SCOPES: readonly Scope[] = [
  'images.generate',
  'images.edit',
  'images.read',
  'models.list',
  'chat.completions',
  'embeddings.create',
  'billing.read',
  'budget.read',
];

interface ScopeRule {
  /** What the key's maker must hold in the key's space, when it is given and at each use; null: membership is enough. */
  permission: Permission | null;
  /** Whether the scope alone opens routes that ask for the permission; others open only routes that name them. */
  isOpener: boolean;
  /** Whether only an operator may give it; it dies when they are one no more. */
  isOperators: boolean;
}

/** The one table of what scopes stand for. A permission that no scope opens is for sessions alone. */
const SCOPE_RULES: Readonly<Record<Scope, ScopeRule>> = {
  'images.generate': opens('image_generations:create'),
  'images.edit': opens('image_generations:create'),
  'images.read': opens('image_generations:read'),
  'images.delete': opens('image_generations:delete'),
  'models.list': named(null),
  'chat.completions': opens('chats:create'),
  'embeddings.create': opens('documents:create'),
  'chatbot.chat': named('chats:create'),
  'billing.read': opens('settings:view'),
  'budget.read': named('settings:view'),
  'admin.cache': ofOperators(),
  'admin.metrics': ofOperators(),
  'admin.status': ofOperators(),
};

const OPENERS = toOpeners();

/** The scopes of which a key needs one for the permission; none when no key may do this. */
export function listScopesOf(permission: Permission): readonly Scope[] {
  return OPENERS.get(permission) ?? [];
}

/** What the maker of a key must hold for the scope to count; null: membership is enough. */
export function findPermissionOf(scope: Scope): Permission | null {
  return SCOPE_RULES[scope].permission;
}

export function isOperatorScope(scope: Scope): boolean {
  return SCOPE_RULES[scope].isOperators;
}

/** Whether a role's list grants the permission. */
export function isGranted(granted: readonly string[], permission: Permission): boolean {
  return granted.includes(ALL_PERMISSIONS) || granted.includes(permission);
}

function crud<N extends string>(noun: N) {
  return [`${noun}:create`, `${noun}:read`, `${noun}:update`, `${noun}:delete`] as const;
}

function opens(permission: Permission): ScopeRule {
  return { permission, isOpener: true, isOperators: false };
}

function named(permission: Permission | null): ScopeRule {
  return { permission, isOpener: false, isOperators: false };
}

function ofOperators(): ScopeRule {
  return { permission: null, isOpener: false, isOperators: true };
}

function toOpeners(): ReadonlyMap<Permission, readonly Scope[]> {
  const openers = new Map<Permission, readonly Scope[]>();
  for (const scope of SCOPES) {
    const { permission, isOpener } = SCOPE_RULES[scope];
    if (permission !== null && isOpener) {
      openers.set(permission, [...(openers.get(permission) ?? []), scope]);
    }
  }
  return openers;
}
