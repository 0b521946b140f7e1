import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { DEFAULT_SCOPES, type Scope } from '../common/permission.js';
import { UnitOfWork, type WorkOptions, type WorkScope } from '../persistence/unit-of-work.port.js';
import { toApiKeyState } from './api-key-state.js';
import { type ApiKey, type KeyRestrictions, newApiKey, toSecret } from './domain/api-key.js';
import { ApiKeysReader } from './domain/api-keys.reader.port.js';
import { ApiKeysRepository } from './domain/api-keys.repository.port.js';
import { KeyAuthority } from './domain/key-authority.port.js';
import { ServiceAccountsReader } from './domain/service-accounts.reader.port.js';
import { toCidrs } from './key-gate.js';

/** Keys that are not revoked, of one user in one space. */
export const KEYS_PER_USER_MAX = 200;
/** The same of all in the space. */
export const KEYS_PER_SPACE_MAX = 2_000;

export interface NewApiKey extends Partial<KeyRestrictions> {
  name: string;
  searchSpaceId: string;
  description?: string;
  tags?: readonly string[];
  /** Undefined: `DEFAULT_SCOPES`. */
  scopes?: readonly Scope[];
  /** Undefined or null: never. */
  expiresAt?: Date | null;
  /** Undefined or null: the key acts for its maker. */
  serviceAccountId?: string | null;
}

/** A key as its maker sees it this once. */
export interface IssuedKey {
  key: string;
  apiKey: ApiKey;
}

/** Making, listing and revoking API keys. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly apiKeys: ApiKeysReader,
    private readonly accounts: ServiceAccountsReader,
    private readonly authority: KeyAuthority,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `request.not_found` for a space the caller is not in or a service account that is not in
   * it, `rbac.permission_denied` for a scope beyond the caller's role or an account beyond their power,
   * `rbac.operator_required`, `request.invalid` naming the field, `request.conflict` for one key too many
   */
  async create(caller: Caller, input: NewApiKey): Promise<IssuedKey> {
    const scopes = input.scopes ?? DEFAULT_SCOPES;
    const accountId = input.serviceAccountId ?? null;
    if (accountId === null) {
      await this.authority.assertMayGive(caller, input.searchSpaceId, scopes);
    } else {
      await this.assertAccount(caller, accountId, input.searchSpaceId);
      const account = { id: accountId, searchSpaceId: input.searchSpaceId };
      await this.authority.assertMayGiveFor(caller, account, scopes);
    }
    if (input.expiresAt && input.expiresAt <= this.clock.now()) {
      throw DomainError.invalid('expires_at', 'must be in the future');
    }
    const userId = accountId ?? caller.userId;
    const ready = { ...input, ...toCanonical(input), scopes };
    return this.unitOfWork.run(async (scope) => {
      assertRoom(await scope.get(ApiKeysRepository).lockCounts(input.searchSpaceId, userId));
      return this.addIn(scope, userId, ready);
    });
  }

  /** Adds a key in the caller's transaction, without asking who may. A given key is taken as it is. */
  async addIn(
    scope: WorkScope,
    userId: string,
    input: NewApiKey,
    key: string = newApiKey(),
  ): Promise<IssuedKey> {
    const secret = toSecret(key);
    const apiKey: ApiKey = {
      id: newId(),
      lookupId: secret.lookupId,
      name: input.name.trim(),
      description: input.description ?? '',
      tags: [...new Set(input.tags)],
      searchSpaceId: input.searchSpaceId,
      userId,
      serviceAccountId: input.serviceAccountId ?? null,
      scopes: [...new Set(input.scopes ?? DEFAULT_SCOPES)],
      isActive: true,
      expiresAt: input.expiresAt ?? null,
      revokedAt: null,
      lastUsedAt: null,
      createdAt: this.clock.now(),
      ...toRestrictions(input),
    };
    await scope.get(ApiKeysRepository).add(apiKey, secret);
    await scope.get(AuditTrail).record({
      action: 'api_key.created',
      target: { type: 'api_key', id: apiKey.id },
      searchSpaceId: apiKey.searchSpaceId,
      after: toApiKeyState(apiKey),
    });
    return { key, apiKey };
  }

  /** The caller's own keys; with a space, those in it, and everybody's for who manages API access there. */
  async list(caller: Caller, searchSpaceId: string | null, page: PageRequest): Promise<ApiKey[]> {
    if (searchSpaceId === null) {
      return this.apiKeys.list({ searchSpaceId, userId: caller.userId }, page);
    }
    await this.authority.assertMember(caller, searchSpaceId);
    const isManager = await this.authority.isManager(caller, searchSpaceId);
    return this.apiKeys.list({ searchSpaceId, userId: isManager ? null : caller.userId }, page);
  }

  /** @throws DomainError `request.not_found` for a key that is neither the caller's nor under their care */
  async get(caller: Caller, id: string): Promise<ApiKey> {
    const apiKey = isId(id) ? await this.apiKeys.findById(id) : null;
    if (!apiKey) throw DomainError.notFound('API key');
    const isTheirs =
      apiKey.userId === caller.userId ||
      (await this.authority.isManager(caller, apiKey.searchSpaceId));
    if (!isTheirs) throw DomainError.notFound('API key');
    return apiKey;
  }

  /** Stops the key, with all its secrets, everywhere within a second. Repeating it changes nothing. */
  async revoke(caller: Caller, id: string): Promise<void> {
    const apiKey = await this.get(caller, id);
    await this.unitOfWork.run(async (scope) => {
      const isChanged = await scope.get(ApiKeysRepository).revoke(apiKey.id, this.clock.now());
      if (isChanged) await recordRevoked(scope, apiKey.id, apiKey.searchSpaceId);
    }, withinSpaceOf(apiKey));
  }

  /** Revokes every key of a user in a space, in the caller's transaction, without asking who may. */
  async revokeAllIn(scope: WorkScope, userId: string, searchSpaceId: string): Promise<void> {
    const now = this.clock.now();
    const ids = await scope.get(ApiKeysRepository).revokeAllOf(userId, searchSpaceId, now);
    for (const id of ids) await recordRevoked(scope, id, searchSpaceId);
  }

  /** The key of a caller that is one. */
  findById(id: string): Promise<ApiKey | null> {
    return this.apiKeys.findById(id);
  }

  /** A person's id is no service account's, whatever the two hold. */
  private async assertAccount(caller: Caller, id: string, searchSpaceId: string): Promise<void> {
    await this.authority.assertMember(caller, searchSpaceId);
    const account = isId(id) ? await this.accounts.find(id, searchSpaceId) : null;
    if (!account) throw DomainError.notFound('service account');
  }
}

async function recordRevoked(scope: WorkScope, id: string, searchSpaceId: string): Promise<void> {
  await scope.get(AuditTrail).record({
    action: 'api_key.revoked',
    target: { type: 'api_key', id },
    searchSpaceId,
  });
}

/** Networks in canonical form, where there are any. */
export function toCanonical(
  input: Partial<KeyRestrictions>,
): Pick<Partial<KeyRestrictions>, 'allowedCidrs' | 'deniedCidrs'> {
  return {
    ...(input.allowedCidrs && { allowedCidrs: toCidrs('allowed_cidrs', input.allowedCidrs) }),
    ...(input.deniedCidrs && { deniedCidrs: toCidrs('denied_cidrs', input.deniedCidrs) }),
  };
}

function toRestrictions(input: Partial<KeyRestrictions>): KeyRestrictions {
  return {
    allowedModels: [...new Set(input.allowedModels)],
    allowedEndpoints: [...new Set(input.allowedEndpoints)],
    allowedCidrs: [...(input.allowedCidrs ?? [])],
    deniedCidrs: [...(input.deniedCidrs ?? [])],
    rateLimitPerMinute: input.rateLimitPerMinute ?? null,
    rateLimitPerHour: input.rateLimitPerHour ?? null,
    rateLimitPerDay: input.rateLimitPerDay ?? null,
  };
}

function assertRoom({ ofUser, ofSpace }: { ofUser: number; ofSpace: number }): void {
  if (ofUser < KEYS_PER_USER_MAX && ofSpace < KEYS_PER_SPACE_MAX) return;
  const max = ofUser < KEYS_PER_USER_MAX ? KEYS_PER_SPACE_MAX : KEYS_PER_USER_MAX;
  throw new DomainError(
    'request.conflict',
    `There are ${max} API keys already, and no more are kept. Revoke those that are not used.`,
  );
}

/** A key stays its maker's own, also in a space they have left. */
export function withinSpaceOf({ searchSpaceId }: Pick<ApiKey, 'searchSpaceId'>): WorkOptions {
  return { searchSpaceIds: [searchSpaceId] };
}
