import { DomainError } from '../../common/domain-error.js';
import type { Refusal } from './access.js';
import type { InviteFault } from './invite.js';

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

/** No role is in reach: not missing, not another space's, not one with a malformed id. */
export function roleNotFound(): DomainError {
  return DomainError.notFound('role');
}

export function roleNameTaken(): DomainError {
  return new DomainError(
    'request.conflict',
    'name: there is a role of this name in the search space. Change that one, or take another name.',
    { fields: [{ field: 'name', message: 'is in use' }] },
  );
}

export function ownerRoleImmutable(): DomainError {
  return DomainError.invalid('role', 'is the role of the owner, which nobody changes or deletes');
}

/** The owner's word alone counts, whatever a role holds. */
export function ownerRequired(): DomainError {
  return new DomainError(
    'rbac.permission_denied',
    'Only the owner of the search space can do this. Ask them.',
  );
}

export function ownerCannotLeave(): DomainError {
  return DomainError.invalid(
    'user_id',
    'is the owner, who cannot leave: transfer the ownership first (POST …/transfer-ownership)',
  );
}

const FAULT_MESSAGES: Readonly<Record<Exclude<InviteFault, 'unknown'>, string>> = {
  inactive: 'This invite was revoked. Ask for a new one.',
  expired: 'This invite has expired. Ask for a new one.',
  used_up: 'This invite was used as often as it may be. Ask for a new one.',
  maker_without_rights:
    'Whoever made this invite may not give its role any more. Ask a member for a new one.',
  already_member: 'You are a member of this search space already.',
};

export function inviteRefused(fault: InviteFault): DomainError {
  if (fault === 'unknown') return DomainError.notFound('invite');
  return new DomainError('rbac.invite_refused', FAULT_MESSAGES[fault], {
    details: { reason: fault },
  });
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

export function roleInUse(why: string): DomainError {
  return new DomainError('request.conflict', `The role is in use. ${why}`);
}
