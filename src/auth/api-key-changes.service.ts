import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isOperatorScope, type Scope } from '../common/permission.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { toApiKeyState } from './api-key-state.js';
import { ApiKeysService, type IssuedKey, toCanonical, withinSpaceOf } from './api-keys.service.js';
import { type ApiKey, type KeyChanges, newApiKey, toSecret } from './domain/api-key.js';
import { ApiKeysRepository } from './domain/api-keys.repository.port.js';
import { KeyAuthority } from './domain/key-authority.port.js';

const MS_PER_S = 1_000;
/** The longest that a replaced secret may go on working: a week. */
export const OVERLAP_S_MAX = 604_800;

/** Changes to keys that exist. Each is one transaction with the row under lock; a revoked key changes no more. */
@Injectable()
export class ApiKeyChangesService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly apiKeys: ApiKeysService,
    private readonly authority: KeyAuthority,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError as ApiKeysService.get and .create; `request.conflict` for a revoked key
   */
  async update(caller: Caller, id: string, given: KeyChanges): Promise<ApiKey> {
    const known = await this.apiKeys.get(caller, id);
    if (given.expiresAt && given.expiresAt <= this.clock.now()) {
      throw DomainError.invalid('expires_at', 'must be in the future');
    }
    if (given.scopes) {
      const added = given.scopes.filter((scope) => !known.scopes.includes(scope));
      await this.assertMayGive(caller, known, added);
    }
    const changes = toChanges(given);
    return this.change(known, 'api_key.updated', (key) => {
      // Somebody else may have taken a scope away since it was looked at.
      const added = changes.scopes?.filter((scope) => !key.scopes.includes(scope)) ?? [];
      if (added.some((scope) => known.scopes.includes(scope))) throw changedMeanwhile();
      return toDifferences(key, changes);
    });
  }

  /** @throws DomainError as ApiKeysService.get; `request.conflict` for a revoked key */
  async setActive(caller: Caller, id: string, isActive: boolean): Promise<ApiKey> {
    const known = await this.apiKeys.get(caller, id);
    return this.change(known, isActive ? 'api_key.activated' : 'api_key.deactivated', (key) =>
      toDifferences(key, { isActive }),
    );
  }

  /**
   * A new secret for the same key: id, limits, counts and spend stay. The secret so far works for `overlapS` more.
   * @throws DomainError as ApiKeysService.get; `rbac.permission_denied` for somebody else's key, whose secret is not
   * the caller's to know; `rbac.operator_required` for scopes of operators; `request.conflict` for a revoked key
   */
  async rotate(caller: Caller, id: string, overlapS: number): Promise<IssuedKey> {
    const known = await this.apiKeys.get(caller, id);
    await this.assertMayHold(caller, known);
    const key = newApiKey();
    const secret = toSecret(key);
    const now = this.clock.now();
    const oldEndsAt = overlapS > 0 ? new Date(now.getTime() + overlapS * MS_PER_S) : null;
    const apiKey = await this.unitOfWork.run(async (scope) => {
      const locked = toLive(await scope.get(ApiKeysRepository).lock(known.id));
      await scope.get(ApiKeysRepository).rotate(locked, secret, { now, oldEndsAt });
      await scope.get(AuditTrail).record({
        action: 'api_key.rotated',
        target: { type: 'api_key', id: locked.id },
        searchSpaceId: locked.searchSpaceId,
        after: { overlap_s: overlapS },
      });
      return { ...locked, lookupId: secret.lookupId };
    }, withinSpaceOf(known));
    return { key, apiKey };
  }

  private async change(
    known: ApiKey,
    action: string,
    decide: (key: ApiKey) => KeyChanges,
  ): Promise<ApiKey> {
    return this.unitOfWork.run(async (scope) => {
      const key = toLive(await scope.get(ApiKeysRepository).lock(known.id));
      const changes = decide(key);
      const names = Object.keys(changes) as (keyof KeyChanges)[];
      if (names.length === 0) return key;
      await scope.get(ApiKeysRepository).change(key.id, changes);
      const before = Object.fromEntries(names.map((name) => [name, key[name]])) as KeyChanges;
      await scope.get(AuditTrail).record({
        action,
        target: { type: 'api_key', id: key.id },
        searchSpaceId: key.searchSpaceId,
        before: toApiKeyState(before),
        after: toApiKeyState(changes),
      });
      return { ...key, ...changes };
    }, withinSpaceOf(known));
  }

  /** Nobody widens a key beyond themselves, nor another's beyond its maker, whose role bounds it at each use. */
  private async assertMayGive(caller: Caller, key: ApiKey, scopes: Scope[]): Promise<void> {
    if (scopes.length === 0) return;
    if (key.serviceAccountId !== null) {
      const account = { id: key.serviceAccountId, searchSpaceId: key.searchSpaceId };
      return this.authority.assertMayGiveFor(caller, account, scopes);
    }
    await this.authority.assertMayGive(caller, key.searchSpaceId, scopes);
    if (key.userId === caller.userId) return;
    if (scopes.some(isOperatorScope)) throw notTheirs('widen it so far');
    const maker: Caller = { ...caller, userId: key.userId, isOperator: false };
    await this.authority.assertMayGive(maker, key.searchSpaceId, scopes);
  }

  private async assertMayHold(caller: Caller, key: ApiKey): Promise<void> {
    if (key.serviceAccountId !== null) {
      const account = { id: key.serviceAccountId, searchSpaceId: key.searchSpaceId };
      return this.authority.assertMayGiveFor(caller, account, []);
    }
    if (key.userId !== caller.userId) throw notTheirs('get a new secret of it');
    // An operator who comes with an identity provider's token is none, and would be one with such a key.
    const operators = key.scopes.filter(isOperatorScope);
    if (operators.length > 0) {
      await this.authority.assertMayGive(caller, key.searchSpaceId, operators);
    }
  }
}

function notTheirs(what: string): DomainError {
  return new DomainError(
    'rbac.permission_denied',
    `Only the maker of an API key can ${what}. Deactivate or revoke it, and make one of your own.`,
  );
}

function changedMeanwhile(): DomainError {
  return new DomainError('request.conflict', 'The key was changed meanwhile. Look at it again.');
}

function toLive(key: ApiKey | null): ApiKey {
  if (!key) throw DomainError.notFound('API key');
  if (key.revokedAt === null) return key;
  throw new DomainError('request.conflict', 'This API key is revoked for good. Make a new one.');
}

function toChanges(given: KeyChanges): KeyChanges {
  const changes = {
    ...given,
    ...toCanonical(given),
    ...(given.name !== undefined && { name: given.name.trim() }),
    ...(given.scopes && { scopes: [...new Set(given.scopes)] }),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** Only what is other than it was. */
function toDifferences(key: ApiKey, changes: KeyChanges): KeyChanges {
  const names = Object.keys(changes) as (keyof KeyChanges)[];
  const differing = names.filter(
    (name) => JSON.stringify(key[name]) !== JSON.stringify(changes[name]),
  );
  return Object.fromEntries(differing.map((name) => [name, changes[name]]));
}
