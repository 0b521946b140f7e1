import { LINE_FORM } from '../common/text-form.js';
import type { ModelCatalogService } from '../providers/model-catalog.service.js';
import type { FoundModel } from '../providers/probe/found-model.js';
import type { FoundName } from './connection-models.service.js';
import { MODEL_KINDS, type ModelKind } from './domain/connection-record.js';
import { AUTO } from './domain/model-preference.js';
import { findInCatalog } from './serve-models.js';

const NAME_CHARS_MAX = 200;
/** More than a connection may have is of no use. */
const NAMES_READ_MAX = 10_000;
const EMBEDDING_NAME = /embed/i;
const IMAGE_NAME = /image|dall-e|flux|diffusion|sdxl|imagen|seedream|kontext|ideogram|recraft/i;

/** Whatever the vendor wrote: what cannot be a name here is left out, and each stands once. */
export function toNewModels(
  found: readonly FoundModel[],
  known: ReadonlySet<string>,
  catalog: ModelCatalogService,
): FoundName[] {
  const fresh = new Map<string, FoundName>();
  for (const model of found.slice(0, NAMES_READ_MAX)) {
    const { name, title } = model;
    if (!isName(name) || known.has(name) || fresh.has(name)) continue;
    const isTitle = title !== null && isName(title);
    fresh.set(name, { name, title: isTitle ? title : null, kind: guessModelKind(model, catalog) });
  }
  return [...fresh.values()];
}

/** As the catalogue has it, as the vendor says, or as the name sounds; a member sets it right before enabling it. */
export function guessModelKind(
  { name, kind }: FoundModel,
  catalog: ModelCatalogService,
): ModelKind {
  const listed = MODEL_KINDS.find((one) => findInCatalog(catalog, one, name) !== null);
  if (listed) return listed;
  if (kind) return kind;
  if (EMBEDDING_NAME.test(name)) return 'embedding';
  return IMAGE_NAME.test(name) ? 'image' : 'chat';
}

function isName(text: string): boolean {
  return (
    text.length <= NAME_CHARS_MAX && LINE_FORM.test(text) && text.trim() === text && text !== AUTO
  );
}
