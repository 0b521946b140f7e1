import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/domain/audit-trail.port.js';
import { Clock } from '../common/clock.js';
import { DomainError } from '../common/domain-error.js';
import { AppConfig } from '../config/app-config.js';
import { UnitOfWork } from '../persistence/unit-of-work.port.js';
import { RetentionPolicies, RetentionStore } from './domain/retention.store.port.js';
import {
  type HouseTerms,
  type RetentionPolicy,
  type RetentionTerms,
  toHousePolicy,
} from './domain/retention-policy.js';

/** A space's policy as it stands. */
export interface PolicyView {
  policy: RetentionPolicy;
  /** Whether the space chose it; else it is the house's. */
  isOwn: boolean;
  house: HouseTerms;
}

/** How long spaces keep their pictures. */
@Injectable()
export class RetentionPoliciesService {
  constructor(
    private readonly config: AppConfig,
    private readonly store: RetentionStore,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async get(searchSpaceId: string): Promise<PolicyView> {
    return this.toView(await this.store.findPolicy(searchSpaceId));
  }

  /**
   * Puts this policy in place of the one there is; null = the house's from now on.
   * @throws DomainError `request.invalid` for days out of the house's bounds and for collections of other spaces
   */
  async set(searchSpaceId: string, policy: RetentionPolicy | null): Promise<PolicyView> {
    if (policy) this.assertBounds(policy);
    await this.unitOfWork.run(async (scope) => {
      const policies = scope.get(RetentionPolicies);
      const before = await policies.lock(searchSpaceId);
      const collectionIds = policy?.collections.map(({ collectionId }) => collectionId) ?? [];
      const strangers = await policies.listStrangers(searchSpaceId, collectionIds);
      if (strangers.length > 0) {
        throw DomainError.invalid(
          'collections',
          `name no collection of this space: ${strangers[0]}`,
        );
      }
      await policies.replace(searchSpaceId, policy, this.clock.now());
      await scope.get(AuditTrail).record({
        action: 'retention.updated',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: before && toState(before),
        after: policy && toState(policy),
      });
    });
    return this.toView(policy);
  }

  private toView(policy: RetentionPolicy | null): PolicyView {
    const house = this.config.retention;
    return { policy: policy ?? toHousePolicy(house), isOwn: policy !== null, house };
  }

  private assertBounds(policy: RetentionPolicy): void {
    this.assertDays('uploads_days', policy.uploadsDays);
    this.assertTerms('', policy);
    for (const [position, terms] of policy.collections.entries()) {
      this.assertTerms(`collections[${position}].`, terms);
    }
  }

  private assertTerms(place: string, terms: RetentionTerms): void {
    this.assertDays(`${place}generations_days`, terms.generationsDays);
    this.assertDays(`${place}failed_days`, terms.failedDays);
    this.assertDays(`${place}inputs_days`, terms.inputsDays);
  }

  private assertDays(field: string, days: number | null): void {
    if (days === null) return;
    const { minDays, maxDays } = this.config.retention;
    if (days < minDays) {
      throw DomainError.invalid(
        field,
        `must be ${minDays} or more: the house keeps things so long`,
      );
    }
    if (maxDays !== null && days > maxDays) {
      throw DomainError.invalid(
        field,
        `must be ${maxDays} or less: the house keeps nothing longer`,
      );
    }
  }
}

function toState({ collections, uploadsDays, ...terms }: RetentionPolicy) {
  return {
    ...toTermsState(terms),
    uploads_days: uploadsDays,
    collections: collections.map((own) => ({
      collection_id: own.collectionId,
      ...toTermsState(own),
    })),
  };
}

function toTermsState(terms: RetentionTerms) {
  return {
    generations_days: terms.generationsDays,
    failed_days: terms.failedDays,
    inputs_days: terms.inputsDays,
    keep_favourites: terms.keepsFavourites,
  };
}
