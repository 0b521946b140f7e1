import { assert } from '../common/assert.js';
import { isSizePossible, parseSize } from './size-rule.js';
import {
  GARMENT_CATEGORIES,
  IMAGE_BACKGROUNDS,
  IMAGE_FORMATS,
  IMAGE_OPERATIONS,
  MODEL_STATUSES,
  type ImageModel,
} from './spec/image-model.js';

const DATE_FORM = /^\d{4}-\d{2}-\d{2}$/;

/** Takes the catalogue's files at boot; a slip in the data stops the start and names the model. */
export function parseImageModels(entries: readonly unknown[]): ImageModel[] {
  const models = entries.map((entry) => entry as ImageModel);
  const ids = new Set(models.map((model) => model.id));
  assert(ids.size === models.length, 'a model is in the catalogue twice');
  for (const model of models) assertModel(model, ids);
  return models;
}

function assertModel(model: ImageModel, ids: ReadonlySet<string>): void {
  const check = (condition: boolean, fault: string): void =>
    assert(condition, `catalogue, model ${model.id}: ${fault}`);
  const { capabilities, assumed } = model;
  check(MODEL_STATUSES.includes(model.status), 'unknown status');
  check(model.shutdownDate === null || DATE_FORM.test(model.shutdownDate), 'shutdownDate');
  check(model.status !== 'retired' || model.shutdownDate !== null, 'retired without a date');
  check(model.successor === null || ids.has(model.successor), 'successor is not in the catalogue');
  check(isSubset(capabilities.operations, IMAGE_OPERATIONS), 'unknown operation');
  check(isSubset(capabilities.formats, IMAGE_FORMATS), 'unknown format');
  check(isSubset(capabilities.backgrounds, IMAGE_BACKGROUNDS), 'unknown background');
  check(capabilities.nMax >= 1 && capabilities.promptCharsMax >= 1, 'nMax or promptCharsMax');
  check(
    isSubset(capabilities.garmentCategories ?? [], GARMENT_CATEGORIES),
    'unknown garment category',
  );
  const size = parseSize(assumed.size);
  check(size !== null && isSizePossible(capabilities.sizes, size), 'assumed.size is impossible');
  check(
    assumed.quality === null || capabilities.qualities.includes(assumed.quality),
    'assumed.quality is impossible',
  );
}

function isSubset(values: readonly string[], all: readonly string[]): boolean {
  return values.length === new Set(values).size && values.every((value) => all.includes(value));
}
