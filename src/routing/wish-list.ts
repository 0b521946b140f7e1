import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/app-config.js';
import { ModelCatalogService } from '../providers/model-catalog.service.js';
import type { Resolution } from './domain/route-book.js';
import { isOpen, listOpenNames, type PlanContext } from './plan-context.js';
import type { AnyModel, ModelKind, RouteLayer } from './route-plan.js';
import { toRestricted } from './routing.errors.js';
import type { DomainError } from '../common/domain-error.js';
import { SpacePreferences } from './space-preferences.port.js';

/** One reading of a question: a name with what it comes down to, or a model of our choice. */
export interface Wish {
  layer: RouteLayer;
  /** Null = of our choice. */
  name: string | null;
  resolution: Resolution;
  /** Why the name is not open here; null = it is. */
  refusal: DomainError | null;
}

export const AUTO = 'auto';
const NO_ROUTE: Resolution = { route: null, stops: [] };

/** From what the caller wrote to names. */
@Injectable()
export class WishList {
  constructor(
    private readonly config: AppConfig,
    private readonly catalog: ModelCatalogService,
    private readonly preferences: SpacePreferences,
  ) {}

  /** In order: a later one counts only where nothing comes of those before. */
  async list(context: PlanContext<AnyModel>): Promise<Wish[]> {
    const { question, demand } = context;
    if (question.model !== null) return [toWish(context, question.model, null)];
    const preferred = await this.preferences.find(question.searchSpaceId, demand.kind);
    const standard = this.findDefault(context);
    return [
      ...(preferred === null ? [] : [toWish(context, preferred, 'preference')]),
      standard === null ? toAuto('default') : toWish(context, standard, 'default'),
    ];
  }

  /** The first of the vendor's models in the catalogue is its best. */
  private findDefault(context: PlanContext<AnyModel>): string | null {
    const { defaultProvider } = this.config.vendors;
    const models = this.listCatalog(context.demand.kind).filter(
      (model) =>
        !isGone(model, context.now) && context.reach.has(model.id) && isOpen(context, model.id),
    );
    return models.find(({ provider }) => provider === defaultProvider)?.id ?? null;
  }

  private listCatalog(kind: ModelKind): readonly AnyModel[] {
    switch (kind) {
      case 'image':
        return this.catalog.listImageModels();
      case 'chat':
        return this.catalog.listChatModels();
      case 'embedding':
        return this.catalog.listEmbeddingModels();
    }
  }
}

/** Whether the vendor no longer answers for it. */
export function isGone({ status, shutdownDate }: AnyModel, now: Date): boolean {
  if (status === 'retired') return true;
  return shutdownDate !== null && now >= new Date(`${shutdownDate}T00:00:00Z`);
}

function toWish(
  context: PlanContext<AnyModel>,
  name: string,
  layer: 'preference' | 'default' | null,
): Wish {
  const { book, question } = context;
  // A wildcard does not take `auto` away; a route of that very name does.
  if (name === AUTO && !book.findExact(question.searchSpaceId, AUTO))
    return toAuto(layer ?? 'auto');
  const resolution = book.resolve(question.searchSpaceId, name);
  return {
    layer: layer ?? (resolution.route ? 'route' : 'named'),
    name,
    resolution,
    refusal: isOpen(context, name) ? null : toRestricted(name, listOpenNames(context)),
  };
}

function toAuto(layer: RouteLayer): Wish {
  return { layer, name: null, resolution: NO_ROUTE, refusal: null };
}
