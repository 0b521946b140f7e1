import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import type { Page, PageRequest } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import { findCurrentRequest } from '../http/request-scope.js';
import { MediaService } from '../media/media.service.js';
import { AccessService } from '../rbac/access.service.js';
import type { Generation } from './domain/generation.js';
import { GenerationsRepository } from './domain/generations.repository.port.js';
import {
  encodeHistoryCursor,
  type HistoryFilter,
  readHistoryCursor,
} from './domain/history-filter.js';
import { HistoryRepository } from './domain/history.repository.port.js';
import { LabelsReader } from './domain/labels.port.js';
import type { GenerationView } from './generation-view.js';

/** Reads generations with their attempts, pictures and labels. */
@Injectable()
export class ViewGenerationsService {
  constructor(
    private readonly repository: GenerationsRepository,
    private readonly media: MediaService,
    private readonly access: AccessService,
    private readonly history: HistoryRepository,
    private readonly labels: LabelsReader,
  ) {}

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<GenerationView> {
    const generation = isId(id) ? await this.repository.find(id) : null;
    if (!generation) throw DomainError.notFound('image generation');
    const [view] = await this.complete([generation]);
    return view!;
  }

  /** Those that are there, in no order; whoever asks has asserted the caller's right to them. */
  async findMany(ids: readonly string[]): Promise<GenerationView[]> {
    return this.complete(await this.repository.findMany(ids));
  }

  /**
   * @throws DomainError `request.not_found` for a missing row and for a space the caller is not in
   * alike; `rbac.permission_denied`, `auth.scope_missing`.
   */
  async getFor(caller: Caller, id: string, permission: Permission): Promise<GenerationView> {
    const generation = isId(id) ? await this.repository.find(id) : null;
    if (!generation) throw DomainError.notFound('image generation');
    if (!(await this.access.findAccess(caller, generation.searchSpaceId))) {
      throw DomainError.notFound('image generation');
    }
    await this.access.assertPermission(caller, generation.searchSpaceId, permission);
    const [view] = await this.complete([generation]);
    return view!;
  }

  /**
   * Of the named space, or of all that the caller may read. A page may hold fewer than asked for and yet have a next
   * one: what was deleted, or taken out of its collection, while the list was read is left out.
   * @throws DomainError `request.not_found`, `rbac.permission_denied`, `auth.scope_missing`; `request.invalid` for a
   * cursor of another filter and a search without a word.
   */
  async list(
    caller: Caller,
    filter: HistoryFilter,
    page: PageRequest,
  ): Promise<Page<GenerationView>> {
    const after = readHistoryCursor(filter, page);
    const searchSpaceIds = await this.listSpaceIds(caller, filter.searchSpaceId);
    const found = await this.history.listIds({
      filter,
      searchSpaceIds,
      userId: caller.userId,
      after,
      limit: page.limit + 1,
    });
    const ids = found.slice(0, page.limit);
    const last = found.length > page.limit ? ids.at(-1) : undefined;
    const data = await this.findInOrder(ids, filter.collectionId);
    return { data, next_cursor: last ? encodeHistoryCursor(filter, last) : null };
  }

  private async listSpaceIds(caller: Caller, searchSpaceId: string | null): Promise<string[]> {
    const permission = 'image_generations:read';
    if (searchSpaceId === null) return this.access.listReadableSpaceIds(caller, permission);
    await this.access.assertPermission(caller, searchSpaceId, permission);
    return [searchSpaceId];
  }

  /** The index may still know them by a collection that was deleted since. */
  private async findInOrder(
    ids: readonly string[],
    collectionId: string | null,
  ): Promise<GenerationView[]> {
    const views = new Map((await this.findMany(ids)).map((view) => [view.generation.id, view]));
    return ids.flatMap((id) => {
      const view = views.get(id);
      const isMeant =
        collectionId === null || view?.generation.collectionId === collectionId.toLowerCase();
      return view && isMeant ? [view] : [];
    });
  }

  /** Attempts, pictures and labels of all of them in one question each. */
  private async complete(generations: readonly Generation[]): Promise<GenerationView[]> {
    if (generations.length === 0) return [];
    const ids = generations.map(({ id }) => id);
    const [attempts, images, labels] = await Promise.all([
      this.repository.listAttempts(ids),
      this.media.findAssets(ids),
      this.labels.find(ids, findCurrentRequest()?.caller?.userId ?? null),
    ]);
    return generations.map((generation) => ({
      generation,
      attempts: attempts.filter(({ generationId }) => generationId === generation.id),
      images: images.filter(({ generationId }) => generationId === generation.id),
      labels: labels.get(generation.id),
    }));
  }
}
