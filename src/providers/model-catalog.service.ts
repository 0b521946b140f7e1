import { DomainError } from '../common/domain-error.js';
import bflModels from './catalog/bfl.json' with { type: 'json' };
import chatModels from './catalog/chat.json' with { type: 'json' };
import comfyuiModels from './catalog/comfyui.json' with { type: 'json' };
import embeddedModels from './catalog/embedded.json' with { type: 'json' };
import embeddingModels from './catalog/embedding.json' with { type: 'json' };
import falModels from './catalog/fal.json' with { type: 'json' };
import fashnModels from './catalog/fashn.json' with { type: 'json' };
import geminiModels from './catalog/gemini.json' with { type: 'json' };
import leonardoModels from './catalog/leonardo.json' with { type: 'json' };
import openaiModels from './catalog/openai.json' with { type: 'json' };
import replicateModels from './catalog/replicate.json' with { type: 'json' };
import runwareModels from './catalog/runware.json' with { type: 'json' };
import stabilityModels from './catalog/stability.json' with { type: 'json' };
import vertexModels from './catalog/vertex.json' with { type: 'json' };
import { parseImageModels } from './parse-image-models.js';
import { parseTextModels } from './parse-text-models.js';
import type { ChatModel, EmbeddingModel } from './spec/chat-model.js';
import type { ImageModel } from './spec/image-model.js';

const FILES: readonly unknown[][] = [
  embeddedModels,
  openaiModels,
  geminiModels,
  vertexModels,
  stabilityModels,
  bflModels,
  replicateModels,
  falModels,
  fashnModels,
  leonardoModels,
  runwareModels,
  comfyuiModels,
  chatModels,
  embeddingModels,
];

/** Every model the house knows of, from `catalog/*.json`: capability, sizes, limits, status. Prices live in billing. */
export class ModelCatalogService {
  private readonly imageModels: ReadonlyMap<string, ImageModel>;
  private readonly textModels: ReadonlyMap<string, ChatModel | EmbeddingModel>;

  /** @param entries replaces the catalogue's files. */
  constructor(entries: readonly unknown[] = FILES.flat()) {
    const images = entries.filter((entry) => kindOf(entry) === 'image');
    const texts = entries.filter((entry) => kindOf(entry) !== 'image');
    this.imageModels = new Map(parseImageModels(images).map((model) => [model.id, model]));
    this.textModels = new Map(parseTextModels(texts).map((model) => [model.id, model]));
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

  listChatModels(): ChatModel[] {
    return [...this.textModels.values()].filter((model) => model.kind === 'chat');
  }

  listEmbeddingModels(): EmbeddingModel[] {
    return [...this.textModels.values()].filter((model) => model.kind === 'embedding');
  }

  findChatModel(id: string): ChatModel | null {
    const model = this.textModels.get(id);
    return model?.kind === 'chat' ? model : null;
  }

  findEmbeddingModel(id: string): EmbeddingModel | null {
    const model = this.textModels.get(id);
    return model?.kind === 'embedding' ? model : null;
  }
}

function kindOf(entry: unknown): string {
  return (entry as { kind?: string }).kind ?? '';
}
