import { DomainError } from '../common/domain-error.js';
import { type ModelFault, refuseModelFaults } from './shared/model-lack.js';
import type { ChatModel, EmbeddingModel } from './spec/chat-model.js';

/** What decides whether a chat model can do a request. */
export interface ChatRequestShape {
  /** Tokens that the messages surely have; 0 = not counted. */
  inputTokensMin: number;
  /** Asked for; null = left to the model. */
  outputTokens: number | null;
  hasImages: boolean;
  hasTools: boolean;
  needsJsonSchema: boolean;
  isStream: boolean;
}

/** What decides whether an embedding model can do a request. */
export interface EmbeddingRequestShape {
  inputCount: number;
  /** Tokens that the longest text surely has; 0 = not counted. */
  inputTokensMin: number;
  /** Asked for; null = the model's own. */
  dimensions: number | null;
}

/** What the fields are called in which a request says these things. */
export interface ChatFieldNames {
  messages: string;
  outputTokens: string;
  format: string;
}

const CHAT_FIELDS: ChatFieldNames = {
  messages: 'messages',
  outputTokens: 'max_tokens',
  format: 'response_format',
};

/**
 * Refuses, before anything is held or sent, what this model cannot do.
 * @throws DomainError `routing.model_retired` naming the successor; `routing.capability_missing` naming every field that
 *   the model does not take
 */
export function checkChatCapability(
  model: ChatModel,
  shape: ChatRequestShape,
  now: Date,
  names: ChatFieldNames = CHAT_FIELDS,
): void {
  assertLive(model, now);
  const { contextTokensMax, outputTokensMax, imageInput, tools, jsonSchema, streaming } =
    model.capabilities;
  const faults: ModelFault[] = [];
  const lack = (isLack: boolean, field: string, message: string): void => {
    if (isLack) faults.push({ field, message, isLack });
  };
  const { inputTokensMin, outputTokens } = shape;
  const { messages, format } = names;
  lack(inputTokensMin > contextTokensMax, messages, `must fit into ${contextTokensMax} tokens`);
  lack(
    (outputTokens ?? 0) > outputTokensMax,
    names.outputTokens,
    `must be at most ${outputTokensMax}`,
  );
  lack(shape.hasImages && !imageInput, messages, 'must hold no pictures');
  lack(shape.hasTools && !tools, 'tools', 'must be left out');
  lack(shape.needsJsonSchema && !jsonSchema, format, 'must not be of the type json_schema');
  lack(shape.isStream && !streaming, 'stream', 'must be false');
  refuseModelFaults(model.id, faults);
}

/** As `checkChatCapability`. */
export function checkEmbeddingCapability(
  model: EmbeddingModel,
  shape: EmbeddingRequestShape,
  now: Date,
): void {
  assertLive(model, now);
  const { dimensions, dimensionsAdjustable, inputTokensMax, inputsMax } = model.capabilities;
  const faults: ModelFault[] = [];
  const lack = (field: string, message: string): void => {
    faults.push({ field, message, isLack: true });
  };
  if (shape.inputCount > inputsMax) lack('input', `must hold at most ${inputsMax} texts`);
  if (shape.inputTokensMin > inputTokensMax) {
    lack('input', `must hold texts of at most ${inputTokensMax} tokens`);
  }
  const asked = shape.dimensions;
  if (asked !== null && asked !== dimensions) {
    if (!dimensionsAdjustable) lack('dimensions', `must be ${dimensions}`);
    else if (asked > dimensions) lack('dimensions', `must be at most ${dimensions}`);
  }
  refuseModelFaults(model.id, faults);
}

function assertLive(model: ChatModel | EmbeddingModel, now: Date): void {
  const { id, status, shutdownDate, successor } = model;
  const isGone = shutdownDate !== null && now >= new Date(`${shutdownDate}T00:00:00Z`);
  if (status !== 'retired' && !isGone) return;
  const since = shutdownDate ? ` on ${shutdownDate}` : '';
  const instead = successor ? `Use ${successor} instead.` : 'Choose another model.';
  throw new DomainError(
    'routing.model_retired',
    `The model ${id} was shut down by its vendor${since}. ${instead}`,
    {
      fields: [{ field: 'model', message: 'was shut down' }],
      details: { model: id, successor },
    },
  );
}
