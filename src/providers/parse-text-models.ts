import { assert } from '../common/assert.js';
import type { ChatModel, EmbeddingModel } from './spec/chat-model.js';
import { MODEL_STATUSES } from './spec/image-model.js';

const DATE_FORM = /^\d{4}-\d{2}-\d{2}$/;

/** Chat and embedding models of the catalogue's files; a slip in the data stops the start and names the model. */
export function parseTextModels(entries: readonly unknown[]): (ChatModel | EmbeddingModel)[] {
  const models = entries.map((entry) => entry as ChatModel | EmbeddingModel);
  const ids = new Set(models.map(({ id }) => id));
  assert(ids.size === models.length, 'a chat or embedding model is in the catalogue twice');
  for (const model of models) assertModel(model, ids);
  return models;
}

function assertModel(model: ChatModel | EmbeddingModel, ids: ReadonlySet<string>): void {
  const check = (condition: boolean, fault: string): void =>
    assert(condition, `catalogue, model ${model.id}: ${fault}`);
  check(MODEL_STATUSES.includes(model.status), 'unknown status');
  check(model.shutdownDate === null || DATE_FORM.test(model.shutdownDate), 'shutdownDate');
  check(model.successor === null || ids.has(model.successor), 'successor is not in the catalogue');
  const bounds =
    model.kind === 'chat'
      ? [model.capabilities.contextTokensMax, model.capabilities.outputTokensMax]
      : [
          model.capabilities.dimensions,
          model.capabilities.inputTokensMax,
          model.capabilities.inputsMax,
        ];
  check(
    bounds.every((bound) => Number.isInteger(bound) && bound >= 1),
    'a bound is no whole number of at least 1',
  );
}
