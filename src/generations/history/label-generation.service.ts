import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../../audit/domain/audit-trail.port.js';
import type { Caller } from '../../common/caller.js';
import { DomainError } from '../../common/domain-error.js';
import { UnitOfWork } from '../../persistence/unit-of-work.port.js';
import {
  FAVOURITES_MAX,
  LabelsReader,
  LabelsRepository,
  type TagCount,
} from '../domain/labels.port.js';
import { toTag, toTags } from '../domain/tags.js';
import type { GenerationView } from '../generation-view.js';
import { ViewGenerationsService } from '../view-generations.service.js';
import { HistoryIndexer } from './history-indexer.js';

/** Tags, which a space shares, and favourites, which are each user's own. */
@Injectable()
export class LabelGenerationService {
  constructor(
    private readonly views: ViewGenerationsService,
    private readonly reader: LabelsReader,
    private readonly indexer: HistoryIndexer,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Puts these tags in place of those there are; answers the record with them.
   * @throws DomainError `request.invalid` naming the tag; as ViewGenerationsService.getFor
   */
  async tag(caller: Caller, id: string, texts: readonly string[]): Promise<GenerationView> {
    const tags = toTags(texts);
    const { generation } = await this.views.getFor(caller, id, 'image_generations:create');
    await this.unitOfWork.run(async (scope) => {
      const before = await scope.get(LabelsRepository).replaceTags(generation.id, tags);
      if (before === null) throw DomainError.notFound('image generation');
      await scope.get(AuditTrail).record({
        action: 'image_generation.tagged',
        target: { type: 'image_generation', id: generation.id },
        searchSpaceId: generation.searchSpaceId,
        before: { tags: before },
        after: { tags },
      });
    });
    await this.indexer.refresh(generation.id);
    return this.views.get(generation.id);
  }

  /**
   * Marks it for the caller's user; a second time changes nothing.
   * @throws DomainError `request.conflict` when there are too many; as ViewGenerationsService.getFor
   */
  async addFavourite(caller: Caller, id: string): Promise<void> {
    const { generation } = await this.views.getFor(caller, id, 'image_generations:read');
    const isMarked = await this.unitOfWork.run((scope) =>
      scope.get(LabelsRepository).addFavourite(caller.userId, generation.id),
    );
    if (!isMarked) throw tooManyFavourites();
  }

  /** @throws DomainError as ViewGenerationsService.getFor */
  async removeFavourite(caller: Caller, id: string): Promise<void> {
    const { generation } = await this.views.getFor(caller, id, 'image_generations:read');
    await this.unitOfWork.run((scope) =>
      scope.get(LabelsRepository).removeFavourite(caller.userId, generation.id),
    );
  }

  /** Tags of a space that begin so, with how often each is used; one more than the limit when there are more. */
  listTags(
    searchSpaceId: string,
    { prefix, after, limit }: { prefix: string; after: string; limit: number },
  ): Promise<TagCount[]> {
    return this.reader.listTags(searchSpaceId, { prefix: toTag(prefix), after, limit });
  }
}

function tooManyFavourites(): DomainError {
  return new DomainError(
    'request.conflict',
    `You have ${FAVOURITES_MAX} favourites, which is the most there may be. Remove some first.`,
  );
}
