import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/caller.js';
import { DomainError } from '../common/domain-error.js';
import { isId } from '../common/ids.js';
import { type Page, type PageRequest, toPage } from '../common/page.js';
import type { Permission } from '../common/permission.js';
import { MediaService } from '../media/media.service.js';
import { AccessService } from '../rbac/access.service.js';
import type { Generation } from './domain/generation.js';
import {
  type GenerationFilter,
  GenerationsRepository,
} from './domain/generations.repository.port.js';
import type { GenerationView } from './generation-view.js';

/** Reads generations with their attempts and pictures. */
@Injectable()
export class ViewGenerationsService {
  constructor(
    private readonly repository: GenerationsRepository,
    private readonly media: MediaService,
    private readonly access: AccessService,
  ) {}

  /** @throws DomainError `request.not_found` */
  async get(id: string): Promise<GenerationView> {
    const generation = isId(id) ? await this.repository.find(id) : null;
    if (!generation) throw DomainError.notFound('image generation');
    const [view] = await this.complete([generation]);
    return view!;
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

  /** Of the named space, or of all that the caller may read. */
  async list(
    caller: Caller,
    searchSpaceId: string | null,
    filter: Omit<GenerationFilter, 'searchSpaceIds'>,
    page: PageRequest,
  ): Promise<Page<GenerationView & { id: string }>> {
    const permission = 'image_generations:read';
    if (searchSpaceId) await this.access.assertPermission(caller, searchSpaceId, permission);
    const searchSpaceIds = searchSpaceId
      ? [searchSpaceId]
      : await this.access.listReadableSpaceIds(caller, permission);
    const rows = await this.repository.list({ ...filter, searchSpaceIds }, page);
    const { data, next_cursor } = toPage(rows, page.limit);
    const views = await this.complete(data);
    return { data: views.map((view) => ({ ...view, id: view.generation.id })), next_cursor };
  }

  /** Attempts and pictures of all of them in one question each. */
  private async complete(generations: readonly Generation[]): Promise<GenerationView[]> {
    const ids = generations.map(({ id }) => id);
    const [attempts, images] = await Promise.all([
      this.repository.listAttempts(ids),
      this.media.findAssets(ids),
    ]);
    return generations.map((generation) => ({
      generation,
      attempts: attempts.filter(({ generationId }) => generationId === generation.id),
      images: images.filter(({ generationId }) => generationId === generation.id),
    }));
  }
}
