import { DomainError } from '../../common/domain-error.js';
import type { Refusal } from './access.js';

export function permissionDenied(permission: string): DomainError {
  return new DomainError(
    'rbac.permission_denied',
    `Your role in this search space lacks ${permission}. Ask the space's owner for it.`,
    { details: { permission } },
  );
}

/** The same whether the space is missing, malformed or not the caller's. */
export function spaceNotFound(): DomainError {
  return DomainError.notFound('search space');
}

export function ownerRoleNotGrantable(): DomainError {
  return DomainError.invalid(
    'role',
    'must not be the role of the owner: name Editor, Viewer or another',
  );
}

export function ownerUntouchable(): DomainError {
  return DomainError.invalid(
    'user_id',
    'is the owner, whose role stays as long as the space is theirs',
  );
}

export function escalationDenied(permission: string): DomainError {
  return new DomainError(
    'rbac.permission_denied',
    `You cannot give or take what you do not hold yourself: ${permission}.`,
    { details: { permission } },
  );
}

export function toRefusalError(refusal: Refusal): DomainError {
  switch (refusal.kind) {
    case 'api_access_disabled':
      return new DomainError(
        'auth.api_access_disabled',
        'API keys are switched off in this search space. Its owner can switch them on (api_access_enabled).',
      );
    case 'session_required':
      return new DomainError(
        'auth.session_required',
        'API keys cannot do this. Log in (POST /api/v1/auth/login) and send the access token.',
      );
    case 'scope_missing':
      return new DomainError(
        'auth.scope_missing',
        `This API key lacks the scope ${refusal.scope}. Use a key that has it.`,
        { details: { scope: refusal.scope } },
      );
    case 'permission_missing':
      return permissionDenied(refusal.permission);
  }
}
