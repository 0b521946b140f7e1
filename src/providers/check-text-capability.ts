import { DomainError, type FieldFault } from '../common/domain-error.js';
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

/**
 * Refuses, before anything is held or sent, what this model cannot do.
 * @throws DomainError `routing.model_retired` naming the successor; `request.invalid` naming every field at fault
 */
export function checkChatCapability(model: ChatModel, shape: ChatRequestShape, now: Date): void {
  assertLive(model, now);
  const { contextTokensMax, outputTokensMax, imageInput, tools, jsonSchema, streaming } =
    model.capabilities;
  const faults: FieldFault[] = [];
  if (shape.inputTokensMin > contextTokensMax) {
    faults.push({ field: 'messages', message: `must fit into ${contextTokensMax} tokens` });
  }
  if (shape.outputTokens !== null && shape.outputTokens > outputTokensMax) {
    faults.push({ field: 'max_tokens', message: `must be at most ${outputTokensMax}` });
  }
  if (shape.hasImages && !imageInput) {
    faults.push({ field: 'messages', message: 'must hold no pictures' });
  }
  if (shape.hasTools && !tools) faults.push({ field: 'tools', message: 'are not taken' });
  if (shape.needsJsonSchema && !jsonSchema) {
    faults.push({ field: 'response_format', message: 'of the type json_schema is not taken' });
  }
  if (shape.isStream && !streaming) {
    faults.push({ field: 'stream', message: 'must be false' });
  }
  refuse(model, faults);
}

/** As `checkChatCapability`. */
export function checkEmbeddingCapability(
  model: EmbeddingModel,
  shape: EmbeddingRequestShape,
  now: Date,
): void {
  assertLive(model, now);
  const { dimensions, dimensionsAdjustable, inputTokensMax, inputsMax } = model.capabilities;
  const faults: FieldFault[] = [];
  if (shape.inputCount > inputsMax) {
    faults.push({ field: 'input', message: `must hold at most ${inputsMax} texts` });
  }
  if (shape.inputTokensMin > inputTokensMax) {
    faults.push({ field: 'input', message: `must hold texts of at most ${inputTokensMax} tokens` });
  }
  const asked = shape.dimensions;
  if (asked !== null && asked !== dimensions) {
    if (!dimensionsAdjustable) {
      faults.push({ field: 'dimensions', message: `must be ${dimensions}` });
    } else if (asked > dimensions) {
      faults.push({ field: 'dimensions', message: `must be at most ${dimensions}` });
    }
  }
  refuse(model, faults);
}

function refuse(model: ChatModel | EmbeddingModel, fields: readonly FieldFault[]): void {
  const [first] = fields;
  if (!first) return;
  throw new DomainError('request.invalid', `${first.field} ${first.message} with ${model.id}`, {
    fields,
    details: { model: model.id },
  });
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
