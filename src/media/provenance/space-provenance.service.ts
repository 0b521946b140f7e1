import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AuditTrail } from '../../audit/domain/audit-trail.port.js';
import { Clock } from '../../common/clock.js';
import { DomainError } from '../../common/domain-error.js';
import { CacheEpoch, CacheEpochMark } from '../../persistence/cache-epoch.js';
import { EpochCache } from '../../persistence/epoch-cache.js';
import { UnitOfWork } from '../../persistence/unit-of-work.port.js';
import {
  type ProvenanceChoice,
  ProvenanceReader,
  SpaceProvenanceRepository,
} from '../domain/space-provenance.js';
import { C2paIdentity } from './c2pa-identity.js';

const SPACES_CACHED_MAX = 10_000;

/** What spaces chose for the marks of their pictures; answered from memory. */
@Injectable()
export class SpaceProvenanceService {
  private readonly logger = new Logger(SpaceProvenanceService.name);
  private readonly cache: EpochCache<ProvenanceChoice>;
  /** What held when it was last asked for: pictures arrive while the database is away. */
  private readonly last = new LRUCache<string, ProvenanceChoice>({ max: SPACES_CACHED_MAX });

  constructor(
    epoch: CacheEpoch,
    private readonly reader: ProvenanceReader,
    private readonly unitOfWork: UnitOfWork,
    private readonly identity: C2paIdentity,
    private readonly clock: Clock,
  ) {
    this.cache = new EpochCache(epoch, { entriesMax: SPACES_CACHED_MAX });
  }

  async get(searchSpaceId: string): Promise<ProvenanceChoice> {
    const choice = await this.cache.get(searchSpaceId, () => this.reader.findChoice(searchSpaceId));
    this.last.set(searchSpaceId, choice);
    return choice;
  }

  /** The choice that held last when it cannot be read now; null = it was never known here. Never throws. */
  async getOrLast(searchSpaceId: string): Promise<ProvenanceChoice | null> {
    try {
      return await this.get(searchSpaceId);
    } catch (error) {
      this.logger.warn(`the choice of ${searchSpaceId} could not be read: ${String(error)}`);
      return this.last.get(searchSpaceId) ?? null;
    }
  }

  /** @throws DomainError `request.invalid` when pictures are to be signed and there is nothing to sign them with */
  async set(searchSpaceId: string, choice: ProvenanceChoice): Promise<ProvenanceChoice> {
    if (choice.signsC2pa && !this.identity.isAvailable) {
      throw DomainError.invalid(
        'c2pa',
        'needs a certificate: ask the operator to set C2PA_CERT_FILE and C2PA_KEY_FILE',
      );
    }
    await this.unitOfWork.run(async (scope) => {
      const repository = scope.get(SpaceProvenanceRepository);
      const before = await repository.find(searchSpaceId);
      await repository.save(searchSpaceId, choice, this.clock.now());
      await scope.get(AuditTrail).record({
        action: 'provenance.updated',
        target: { type: 'search_space', id: searchSpaceId },
        searchSpaceId,
        before: toState(before),
        after: toState(choice),
      });
      await scope.get(CacheEpochMark).bump();
    });
    return choice;
  }
}

function toState({ marksRelayed, signsC2pa }: ProvenanceChoice) {
  return { mark_relayed: marksRelayed, c2pa: signsC2pa };
}
