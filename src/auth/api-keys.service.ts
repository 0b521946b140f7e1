import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { isId, newId } from '../common/ids.js';
import type { PageRequest } from '../common/page.js';
import { DEFAULT_SCOPES, type Scope } from '../common/permission.js';
import { assert } from '../common/assert.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { type ApiKey, findLookupId, newApiKey } from './domain/api-key.js';
import { ApiKeysReader } from './domain/api-keys.reader.port.js';
import { ApiKeysRepository } from './domain/api-keys.repository.port.js';
import { KeyAuthority } from './domain/key-authority.port.js';
import { sha256 } from './domain/opaque-token.js';

export interface NewApiKey {
  name: string;
  searchSpaceId: string;
  /** Undefined: `DEFAULT_SCOPES`. */
  scopes?: readonly Scope[];
  /** Undefined or null: never. */
  expiresAt?: Date | null;
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
    private readonly authority: KeyAuthority,
    private readonly clock: Clock,
  ) {}

  /**
   * @throws DomainError `request.not_found` for a space the caller is not in, `rbac.permission_denied` for a
   * scope beyond the caller's role, `request.invalid` for an expiry in the past
   */
  async create(caller: Caller, input: NewApiKey): Promise<IssuedKey> {
    const scopes = input.scopes ?? DEFAULT_SCOPES;
    await this.authority.assertMayGive(caller, input.searchSpaceId, scopes);
    if (input.expiresAt && input.expiresAt <= this.clock.now()) {
      throw DomainError.invalid('expires_at', 'must be in the future');
    }
    return this.unitOfWork.run((scope) => this.addIn(scope, caller.userId, { ...input, scopes }));
  }

  /** Adds a key in the caller's transaction, without asking who may. A given key is taken as it is. */
  async addIn(
    scope: WorkScope,
    userId: string,
    input: NewApiKey,
    key: string = newApiKey(),
  ): Promise<IssuedKey> {
    const lookupId = findLookupId(key);
    assert(lookupId, 'a key of another form');
    const apiKey: ApiKey = {
      id: newId(),
      lookupId,
      keyHash: sha256(key),
      name: input.name.trim(),
      searchSpaceId: input.searchSpaceId,
      userId,
      scopes: [...new Set(input.scopes ?? DEFAULT_SCOPES)],
      expiresAt: input.expiresAt ?? null,
      revokedAt: null,
      lastUsedAt: null,
      createdAt: this.clock.now(),
    };
    await scope.get(ApiKeysRepository).add(apiKey);
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

  /** Stops the key everywhere within a second. Repeating it changes nothing. */
  async revoke(caller: Caller, id: string): Promise<void> {
    const apiKey = await this.get(caller, id);
    await this.unitOfWork.run((scope) =>
      scope.get(ApiKeysRepository).revoke(apiKey.id, this.clock.now()),
    );
  }

  /** The key of a caller that is one. */
  findById(id: string): Promise<ApiKey | null> {
    return this.apiKeys.findById(id);
  }
}
