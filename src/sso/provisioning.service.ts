import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { UsersService } from '../auth/users.service.js';
import { assert } from '../common/assert.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { UnitOfWork, type WorkScope } from '../persistence/unit-of-work.port.js';
import { decideLink } from './domain/decide-link.js';
import { type Account, IdentitiesRepository } from './domain/identities.repository.port.js';
import type { IdentityProvider } from './domain/identity-provider.js';
import type { Vouched } from './domain/issuers.port.js';
import { type Profile, toProfile } from './domain/profile.js';
import { signInRefused } from './domain/sso.errors.js';
import { syncGroups } from './group-sync.js';
import { KnownProviders } from './known-providers.js';

export interface Admission {
  provider: IdentityProvider;
  vouched: Vouched;
  /** Whether claims that say nothing of groups mean that there are none. */
  isWithoutGroupsNone: boolean;
}

interface Newcomer extends Admission {
  profile: Profile;
  /** The provider that the domain of an e-mail address must use; null for any. */
  findForcedId: (email: string) => string | null;
  now: Date;
}

/** From what an identity provider vouches for to a user here: known by their subject, made at first sight. */
@Injectable()
export class ProvisioningService {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly users: UsersService,
    private readonly providers: KnownProviders,
    private readonly clock: Clock,
  ) {}

  /**
   * The user's id; name and mapped memberships are as the provider says from here on. `then` joins the transaction.
   * @throws DomainError `sso.refused` with the reason
   */
  async admit(
    admission: Admission,
    then: (scope: WorkScope, userId: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<string> {
    const { provider, vouched } = admission;
    const profile = toProfile(vouched.subject, vouched.claims, provider);
    const findForced = await this.providers.loadForced();
    const findForcedId = (email: string) => findForced(email)?.id ?? null;
    const newcomer = { ...admission, profile, findForcedId, now: this.clock.now() };
    return this.unitOfWork.run(async (scope) => {
      const account = await this.identify(scope, newcomer);
      if (!account.isActive) throw signInRefused('account_disabled');
      await this.refresh(scope, account, newcomer);
      await then(scope, account.id);
      return account.id;
    });
  }

  private async identify(scope: WorkScope, newcomer: Newcomer): Promise<Account> {
    const { provider, vouched, findForcedId, now } = newcomer;
    const identities = scope.get(IdentitiesRepository);
    await identities.lockSubject(provider.id, vouched.issuer, vouched.subject);
    const known = await identities.find(provider.id, vouched.issuer, vouched.subject);
    if (!known) return this.welcome(scope, newcomer);
    const account = await identities.lockAccount({ id: known.userId });
    assert(account, 'a link without its user');
    // The domain may have been given to another provider since they were linked.
    const forcedId = findForcedId(account.email);
    if (forcedId !== null && forcedId !== provider.id) {
      throw signInRefused('email_of_other_provider');
    }
    await identities.touch(known.id, now);
    return account;
  }

  /** Somebody new to this provider: their account is linked, made, or they are turned away. */
  private async welcome(scope: WorkScope, newcomer: Newcomer): Promise<Account> {
    const { provider, profile, findForcedId, vouched, now } = newcomer;
    const identities = scope.get(IdentitiesRepository);
    const { email: told } = profile;
    const existing = told === null ? null : await identities.lockAccount({ email: told });
    const hasAccount = existing !== null;
    const forcedProviderId = told === null ? null : findForcedId(told);
    const decision = decideLink({ provider, profile, forcedProviderId, hasAccount });
    if (decision.kind === 'refuse') throw signInRefused(decision.reason);
    const account = existing ?? (await this.create(scope, decision.email, profile, now));
    if (!account.isActive) throw signInRefused('account_disabled');
    await identities.add({
      id: newId(),
      userId: account.id,
      providerId: provider.id,
      issuer: vouched.issuer,
      subject: vouched.subject,
      createdAt: now,
      lastLoginAt: now,
    });
    await scope.get(AuditTrail).record({
      action: 'identity.linked',
      target: { type: 'user', id: account.id },
      searchSpaceId: null,
      after: { provider: provider.slug, subject: vouched.subject, is_new_account: !hasAccount },
      actorUserId: account.id,
    });
    return account;
  }

  private async create(
    scope: WorkScope,
    email: string,
    { name: told }: Profile,
    createdAt: Date,
  ): Promise<Account> {
    const id = newId();
    const name = told ?? email.slice(0, email.lastIndexOf('@'));
    await this.users.addIn(scope, {
      id,
      email,
      name,
      isOperator: false,
      status: 'active',
      version: 1,
      createdAt,
      passwordHash: null,
    });
    return { id, email, name, isActive: true };
  }

  private async refresh(scope: WorkScope, account: Account, newcomer: Newcomer): Promise<void> {
    const { provider, profile, isWithoutGroupsNone, now } = newcomer;
    if (provider.groupsClaim !== null) {
      const groups = profile.groups ?? (isWithoutGroupsNone ? [] : null);
      if (groups) await syncGroups(scope, { provider, userId: account.id, groups, now });
    }
    if (profile.name !== null && profile.name !== account.name) {
      await scope.get(IdentitiesRepository).rename(account.id, profile.name);
    }
  }
}
