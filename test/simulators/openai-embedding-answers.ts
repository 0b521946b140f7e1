import type { ServerResponse } from 'node:http';
import type { Fields } from './openai-chat-rules.js';
import { type Refusal, toText } from './openai-image-rules.js';
import { sendJson, sendRefusal, sendSuccess } from './simulated-answers.js';
import { embedText } from './simulated-chat.js';

/** A success that lies. `floats`: lists although base64 was asked for, as servers do that do not know it. */
export type EmbeddingLie =
  | 'too_few'
  | 'twice'
  | 'uneven'
  | 'not_finite'
  | 'floats'
  | 'bad_base64'
  | 'shuffled'
  | 'no_usage'
  | 'wild_usage'
  | 'bad_json'
  | 'too_long'
  | 'cut_body';

const DIMENSIONS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
  'text-embedding-ada-002': 1536,
};
const INPUTS_MAX = 2_048;
const FIELDS = ['input', 'model', 'dimensions', 'encoding_format', 'user'];
const TOO_LONG_BYTES = 3_000_000;

/** Whether the model is known to it. */
export function knowsEmbeddingModel(model: unknown): boolean {
  return Object.hasOwn(DIMENSIONS, toText(model, ''));
}

export async function answerEmbeddings(
  response: ServerResponse,
  fields: Fields,
  fault: string | null,
): Promise<void> {
  const inputs = toInputs(fields.input);
  const refusal = check(fields, inputs);
  if (refusal) return sendRefusal(response, refusal);
  const length = Number(fields.dimensions ?? DIMENSIONS[String(fields.model)]);
  const vectors = inputs.map((input) => embedText(JSON.stringify(input), length));
  if (fault === 'not_finite') vectors[0]?.fill(Number.NaN, 0, 1);
  if (fault === 'uneven') vectors[0] = embedText('short', length - 1);
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index: fault === 'twice' ? 0 : index,
    embedding: toForm(vector, fields, fault),
  }));
  if (fault === 'too_few') data.pop();
  if (fault === 'shuffled') data.reverse();
  const prompt_tokens = fault === 'wild_usage' ? -5 : inputs.length * 6;
  const usage =
    fault === 'no_usage' ? {} : { usage: { prompt_tokens, total_tokens: prompt_tokens } };
  const text = JSON.stringify({ object: 'list', data, model: fields.model, ...usage });
  if (fault === 'too_long') return sendSuccess(response, text.padEnd(TOO_LONG_BYTES), null);
  await sendSuccess(response, fault === 'bad_json' ? text.slice(0, -5) : text, fault);
}

export function sendModels(response: ServerResponse, id: string | null): void {
  const models = ['gpt-4o-mini', 'gpt-6-luna', ...Object.keys(DIMENSIONS)].map((name) => ({
    id: name,
    object: 'model',
    created: 1_776_729_600,
    owned_by: 'system',
    shutdown_date: null,
  }));
  if (id === null) return sendJson(response, 200, { object: 'list', data: models });
  const model = models.find((one) => one.id === id);
  if (model) return sendJson(response, 200, model);
  const message = `The model '${id}' does not exist`;
  sendRefusal(response, { ...toRefusal('model_not_found', message, 'model'), status: 404 });
}

function toForm(vector: Float32Array, fields: Fields, fault: string | null): unknown {
  const bytes = Buffer.from(vector.buffer);
  if (fault === 'bad_base64') return bytes.subarray(1).toString('base64');
  const isBase64 = fields.encoding_format === 'base64' && fault !== 'floats';
  return isBase64 ? bytes.toString('base64') : [...vector];
}

function check(fields: Fields, inputs: readonly unknown[]): Refusal | null {
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) {
    return toRefusal('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown);
  }
  if (inputs.length === 0 || inputs.length > INPUTS_MAX || inputs.includes('')) {
    return toRefusal('invalid_value', "'$.input' is invalid.", 'input');
  }
  if (fields.dimensions !== undefined && fields.model === 'text-embedding-ada-002') {
    const text = 'This model does not support specifying dimensions.';
    return toRefusal('unsupported_parameter', text, 'dimensions');
  }
  return null;
}

function toInputs(input: unknown): unknown[] {
  if (!Array.isArray(input)) return [input ?? ''];
  return typeof input[0] === 'number' ? [input] : input;
}

function toRefusal(code: string, message: string, param: string): Refusal {
  return { status: 400, message, type: 'invalid_request_error', code, param };
}
