import { InvariantError } from '../common/assert.js';
import { DomainError } from '../common/domain-error.js';
import type { ModelCatalogService } from '../providers/model-catalog.service.js';
import { parseImageModels } from '../providers/parse-image-models.js';
import { parseTextModels } from '../providers/parse-text-models.js';
import { formatSize, isSizePossible, parseSize } from '../providers/size-rule.js';
import type { ChatModel, EmbeddingModel } from '../providers/spec/chat-model.js';
import type { ImageCapabilities, ImageModel, SizeRule } from '../providers/spec/image-model.js';
import type { ServedModel } from './connection.js';
import {
  type ConnectionRecord,
  type KeptConnection,
  MIDDLING,
  type ModelKind,
  type ModelRecord,
} from './domain/connection-record.js';
import { PLAIN_CAPABILITIES } from './plain-capabilities.js';

export type AnyModel = ImageModel | ChatModel | EmbeddingModel;

/** What a connection serves: the catalogue's models of its provider, as its own rows change them, and those of its own. */
export function serveModels(
  { record, models }: KeptConnection,
  catalog: ModelCatalogService,
): ReadonlyMap<string, ServedModel> {
  const served = new Map<string, ServedModel>();
  if (record.servesCatalog) {
    for (const model of listCatalog(catalog)) {
      if (model.provider !== record.provider) continue;
      served.set(model.id, { model, vendorModel: null, baseModel: null, quality: MIDDLING });
    }
  }
  for (const row of models) {
    served.delete(row.name);
    const model = row.isEnabled ? toModel(row, record, catalog) : null;
    if (!model) continue;
    const baseModel = findOwnBase(row, record, catalog);
    // Under another name than its base it is asked for by its own.
    const vendorModel = row.vendorModel ?? (baseModel === null ? null : row.name);
    served.set(row.name, { model, vendorModel, baseModel, quality: row.quality });
  }
  return served;
}

/** @throws DomainError `request.invalid` when what is said of the model does not fit together */
export function assertServable(
  row: ModelRecord,
  record: ConnectionRecord,
  catalog: ModelCatalogService,
): void {
  if (row.baseModel !== null && !findInCatalog(catalog, row.kind, row.baseModel)) {
    throw DomainError.invalid('base_model', `is no model for ${row.kind} of the catalogue`);
  }
  const model = shape(row, record, catalog);
  try {
    check(model);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    const fault = error.message.replace(/^.*: /s, '');
    throw DomainError.invalid('capabilities', `do not fit together: ${fault}`);
  }
}

export function findInCatalog(
  catalog: ModelCatalogService,
  kind: ModelKind,
  name: string,
): AnyModel | null {
  if (kind === 'image') return catalog.findImageModel(name);
  return kind === 'chat' ? catalog.findChatModel(name) : catalog.findEmbeddingModel(name);
}

/** Null = what it was based on has left the catalogue since. */
function toModel(
  row: ModelRecord,
  record: ConnectionRecord,
  catalog: ModelCatalogService,
): AnyModel | null {
  if (row.baseModel !== null && !findInCatalog(catalog, row.kind, row.baseModel)) return null;
  const model = shape(row, record, catalog);
  try {
    check(model);
  } catch (error) {
    if (error instanceof InvariantError) return null;
    throw error;
  }
  return model;
}

/** A base of another provider says what the model can do, and nothing of how this provider speaks to it. */
function findOwnBase(
  row: ModelRecord,
  record: ConnectionRecord,
  catalog: ModelCatalogService,
): string | null {
  if (row.baseModel === null || row.baseModel === row.name) return null;
  const base = findInCatalog(catalog, row.kind, row.baseModel);
  return base?.provider === record.provider ? row.baseModel : null;
}

function shape(row: ModelRecord, record: ConnectionRecord, catalog: ModelCatalogService): AnyModel {
  const base = findInCatalog(catalog, row.kind, row.baseModel ?? row.name);
  const capabilities = {
    ...(base?.capabilities ?? PLAIN_CAPABILITIES[row.kind]),
    ...row.capabilities,
  };
  const common = {
    kind: row.kind,
    id: row.name,
    provider: record.provider,
    title: row.title ?? base?.title ?? row.name,
    status: base?.status ?? 'active',
    shutdownDate: base?.shutdownDate ?? null,
    successor: base?.successor ?? null,
    capabilities,
  };
  if (row.kind !== 'image') return common as ChatModel | EmbeddingModel;
  const image = base?.kind === 'image' ? base : null;
  return {
    ...common,
    // How it is spoken to is its provider's own; another's form would not be understood.
    dialect: image?.provider === record.provider ? image.dialect : null,
    outputTokens: image?.outputTokens ?? null,
    assumed: assume(capabilities as ImageCapabilities, image),
  } as ImageModel;
}

/** As its base, where that is still possible; else the dearest there is. */
function assume(
  { sizes, qualities }: ImageCapabilities,
  base: ImageModel | null,
): ImageModel['assumed'] {
  const size = parseSize(base?.assumed.size ?? '');
  const quality = base?.assumed.quality ?? null;
  return {
    size: size && isSizePossible(sizes, size) ? formatSize(size) : findLargest(sizes),
    quality: quality === null || qualities.includes(quality) ? quality : (qualities.at(-1) ?? null),
  };
}

function findLargest(rule: SizeRule): string {
  if (rule.kind === 'grid') {
    const side = Math.min(rule.sideMaxPx, Math.floor(Math.sqrt(rule.pixelsMax)));
    const sidePx = Math.floor(side / rule.stepPx) * rule.stepPx;
    return formatSize({ widthPx: sidePx, heightPx: sidePx });
  }
  const known = rule.sizes.map(parseSize).filter((size) => size !== null);
  const largest = known.reduce(
    (best, size) => (size.widthPx * size.heightPx > best.widthPx * best.heightPx ? size : best),
    { widthPx: 0, heightPx: 0 },
  );
  return formatSize(largest);
}

/** The rules of the catalogue itself; who follows a model is its base's word and is not looked for here. */
function check(model: AnyModel): void {
  const alone = { ...model, successor: null };
  if (model.kind === 'image') parseImageModels([alone]);
  else parseTextModels([alone]);
}

function listCatalog(catalog: ModelCatalogService): AnyModel[] {
  return [
    ...catalog.listImageModels(),
    ...catalog.listChatModels(),
    ...catalog.listEmbeddingModels(),
  ];
}
