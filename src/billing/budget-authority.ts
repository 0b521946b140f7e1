import { Injectable } from '@nestjs/common';
import { ApiKeysService } from '../auth/api-keys.service.js';
import type { ApiKey } from '../auth/domain/api-key.js';
import { UsersService } from '../auth/users.service.js';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { isGranted } from '../common/permission.js';
import { runAsSystem } from '../http/request-scope.js';
import { AccessService } from '../rbac/access.service.js';
import { SpacesService } from '../spaces/spaces.service.js';
import { type Budget, type BudgetManager, type MadeScope, NIL_ID } from './domain/budget.js';
import {
  budgetNotFound,
  operatorsBudget,
  operatorScope,
  planBudget,
} from './domain/budget.errors.js';
import type { BudgetSubject } from './domain/budgets.repository.port.js';

/** Whom a new budget is for, as its maker names them. */
export interface SubjectNames {
  scope: MadeScope;
  searchSpaceId?: string;
  userId?: string;
  apiKeyId?: string;
}

/** Operators make and change every budget; who manages the settings of a space those that members made in it. */
@Injectable()
export class BudgetAuthority {
  constructor(
    private readonly access: AccessService,
    private readonly apiKeys: ApiKeysService,
    private readonly users: UsersService,
    private readonly spaces: SpacesService,
  ) {}

  /** As whom the caller makes budgets. */
  toManager(caller: Caller): BudgetManager {
    return caller.isOperator ? 'operator' : 'space';
  }

  /** Does the work of a caller who may do it; an operator's is the system's, whatever the space. */
  runFor<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    return caller.isOperator ? runAsSystem(work) : work();
  }

  /**
   * Whom a new budget counts for, once it is clear that the caller may say so.
   * @throws DomainError `rbac.operator_required`, `rbac.permission_denied`, `request.invalid` naming the field,
   * `request.not_found` for what is missing and for another tenant's alike
   */
  async resolve(caller: Caller, names: SubjectNames): Promise<BudgetSubject> {
    assertNames(names);
    const { scope } = names;
    if (!caller.isOperator && (scope === 'global' || scope === 'user')) throw operatorScope(scope);
    if (scope === 'global') return { scope, subjectId: NIL_ID, searchSpaceId: null };
    if (scope === 'user') {
      return { scope, subjectId: await this.findUser(names.userId), searchSpaceId: null };
    }
    if (scope === 'key') {
      const { id, searchSpaceId } = await this.getKey(caller, names.apiKeyId, names.searchSpaceId);
      return { scope, subjectId: id, searchSpaceId };
    }
    const searchSpaceId = await this.assertManages(caller, names.searchSpaceId);
    if (scope === 'space') return { scope, subjectId: searchSpaceId, searchSpaceId };
    return {
      scope,
      subjectId: await this.findMember(caller, names.userId, searchSpaceId),
      searchSpaceId,
    };
  }

  /**
   * A key whose money the caller may bound.
   * @throws DomainError `request.not_found` also for who neither manages its space nor uses it;
   * `rbac.permission_denied` for who uses it
   */
  async getKey(caller: Caller, apiKeyId = '', searchSpaceId?: string): Promise<ApiKey> {
    const apiKey = isId(apiKeyId) ? await this.apiKeys.findById(apiKeyId) : null;
    if (!apiKey || apiKey.revokedAt) throw DomainError.notFound('API key');
    if (!caller.isOperator) await this.assertManagesKey(caller, apiKey);
    if (searchSpaceId !== undefined && searchSpaceId.toLowerCase() !== apiKey.searchSpaceId) {
      throw DomainError.invalid(
        'search_space_id',
        'is not the space of this API key: leave it out',
      );
    }
    return apiKey;
  }

  /**
   * Whether the caller may look: at all as an operator, at a space's with settings:view, at one's own always.
   * @throws DomainError `request.not_found`, `rbac.permission_denied`, `auth.scope_missing`, `auth.api_access_disabled`
   */
  async assertMayRead(caller: Caller, budget: Budget): Promise<void> {
    if (caller.isOperator) return;
    const { scope, subjectId } = budget;
    if (scope === 'user' && subjectId === caller.userId) {
      if (caller.kind === 'api_key') await this.access.getAccess(caller, caller.boundSpaceId);
      return;
    }
    const access = await this.access.findAccess(caller, budget.searchSpaceId);
    if (!access) throw budgetNotFound();
    const isOwn =
      (scope === 'member' && subjectId === caller.userId) ||
      (scope === 'key' && subjectId === caller.id);
    if (isOwn) await this.access.getAccess(caller, access.searchSpaceId);
    else await this.assertMayList(caller, access.searchSpaceId);
  }

  /** @throws DomainError `request.not_found`, `rbac.permission_denied`, `auth.scope_missing` */
  async assertMayList(caller: Caller, searchSpaceId: string): Promise<void> {
    await this.access.assertPermission(caller, searchSpaceId, 'settings:view', ['budget.read']);
  }

  /** @throws DomainError as `assertMayRead`; `rbac.operator_required`; `request.conflict` for a subscription's */
  async assertMayChange(caller: Caller, budget: Budget): Promise<void> {
    await this.assertMayRead(caller, budget);
    if (!caller.isOperator) {
      if (budget.searchSpaceId === null) throw operatorsBudget();
      await this.access.assertPermission(caller, budget.searchSpaceId, 'settings:update');
      if (budget.managedBy === 'operator') throw operatorsBudget();
    }
    if (budget.scope === 'subscription') throw planBudget();
  }

  private async assertManages(caller: Caller, searchSpaceId = ''): Promise<string> {
    if (caller.isOperator) {
      if (!isId(searchSpaceId)) throw DomainError.notFound('search space');
      return (await this.spaces.get(searchSpaceId)).id;
    }
    return (await this.access.assertPermission(caller, searchSpaceId, 'settings:update'))
      .searchSpaceId;
  }

  /** Members who manage nothing do not learn of each other's keys. */
  private async assertManagesKey(caller: Caller, apiKey: ApiKey): Promise<void> {
    const access = await this.access.findAccess(caller, apiKey.searchSpaceId);
    const isTheirs = apiKey.userId === caller.userId;
    if (!access || (!isTheirs && !isGranted(access.permissions, 'settings:update'))) {
      throw DomainError.notFound('API key');
    }
    await this.access.assertPermission(caller, apiKey.searchSpaceId, 'settings:update');
  }

  private async findUser(userId = ''): Promise<string> {
    const user = isId(userId) ? await this.users.findById(userId) : null;
    if (!user) throw DomainError.notFound('user');
    return user.id;
  }

  private async findMember(caller: Caller, userId = '', searchSpaceId: string): Promise<string> {
    const itself: Caller = { ...caller, userId: userId.toLowerCase(), boundSpaceId: null };
    const access = isId(userId) ? await this.access.findAccess(itself, searchSpaceId) : null;
    if (!access) throw DomainError.notFound('member');
    return access.userId;
  }
}

const NEEDED: Readonly<Record<MadeScope, readonly (keyof SubjectNames)[]>> = {
  global: [],
  space: ['searchSpaceId'],
  user: ['userId'],
  member: ['searchSpaceId', 'userId'],
  key: ['apiKeyId'],
};
const FIELDS = {
  searchSpaceId: 'search_space_id',
  userId: 'user_id',
  apiKeyId: 'api_key_id',
} as const;

/** @throws DomainError `request.invalid` for a field that the scope lacks or does not take */
function assertNames(names: SubjectNames): void {
  const needed = NEEDED[names.scope];
  for (const name of ['searchSpaceId', 'userId', 'apiKeyId'] as const) {
    const isGiven = names[name] !== undefined;
    const isNeeded = needed.includes(name);
    if (isGiven === isNeeded || (names.scope === 'key' && name === 'searchSpaceId')) continue;
    throw DomainError.invalid(
      FIELDS[name],
      isNeeded
        ? `is missing: a budget of scope ${names.scope} needs it`
        : `says nothing for the scope ${names.scope}: leave it out`,
    );
  }
}
