import { DomainError } from '../common/domain-error.js';
import bflModels from './catalog/bfl.json' with { type: 'json' };
import embeddedModels from './catalog/embedded.json' with { type: 'json' };
import geminiModels from './catalog/gemini.json' with { type: 'json' };
import openaiModels from './catalog/openai.json' with { type: 'json' };
import replicateModels from './catalog/replicate.json' with { type: 'json' };
import stabilityModels from './catalog/stability.json' with { type: 'json' };
import { parseImageModels } from './parse-image-models.js';
import type { ImageModel } from './spec/image-model.js';

const FILES: readonly unknown[][] = [
  embeddedModels,
  openaiModels,
  geminiModels,
  stabilityModels,
  bflModels,
  replicateModels,
];

/** Every model the house knows of, from `catalog/*.json`: capability, sizes, limits, status. Prices live in billing. */
export class ModelCatalogService {
  private readonly imageModels: ReadonlyMap<string, ImageModel>;

  /** @param entries replaces the catalogue's files. */
  constructor(entries: readonly unknown[] = FILES.flat()) {
    this.imageModels = new Map(parseImageModels(entries).map((model) => [model.id, model]));
  }

  /** In the order of the files: the first of a provider is its best. */
  listImageModels(): ImageModel[] {
    return [...this.imageModels.values()];
  }

  /** Retired models are found too, so that asking for them names the successor. */
  findImageModel(id: string): ImageModel | null {
    return this.imageModels.get(id) ?? null;
  }

  /** @throws DomainError `routing.model_unknown` */
  getImageModel(id: string): ImageModel {
    const model = this.findImageModel(id);
    if (model) return model;
    throw new DomainError(
      'routing.model_unknown',
      `The image model ${JSON.stringify(id.slice(0, 100))} is not known. GET /v1/models lists the models you can use.`,
    );
  }
}
