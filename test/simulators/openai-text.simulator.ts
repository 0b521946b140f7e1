import type { ServerResponse } from 'node:http';
import type { ChatLie } from './openai-chat-answers.js';
import { sendCompletion, streamCompletion } from './openai-chat-answers.js';
import { type Fields, knowsChatModel, readChat, toPromptText } from './openai-chat-rules.js';
import {
  answerEmbeddings,
  type EmbeddingLie,
  knowsEmbeddingModel,
  sendModels,
} from './openai-embedding-answers.js';
import { toText } from './openai-image-rules.js';
import {
  answerModeration,
  knowsModerationModel,
  type ModerationLie,
} from './openai-moderation-answers.js';
import { type ResponsesLie, sendSimulatedResponse } from './openai-responses-answers.js';
import { readResponses } from './openai-responses-rules.js';
import type { SimulatedBody } from './read-simulated-body.js';
import { type FixtureName, isFixtureName, sendFixture, sendRefusal } from './simulated-answers.js';
import {
  type SimulatedExchange,
  VendorSimulator,
  type VendorSimulatorOptions,
} from './vendor-simulator.js';

/** A fixture's name (errors look alike in all of OpenAI's APIs), or a success that lies; `echo_key` repeats the key. */
export type OpenaiTextFault =
  FixtureName | ChatLie | EmbeddingLie | ModerationLie | ResponsesLie | 'echo_key';

const TEXT_PATH =
  /^(?:\/v1|\/openai\/v1|\/openai\/deployments\/([^/]+))\/(chat\/completions|responses|embeddings|models|moderations)(?:\/([^/]+))?$/;

/** OpenAI's chat, embeddings and list of models on a local port, at its own address and at Azure's. */
export class OpenaiTextSimulator extends VendorSimulator<OpenaiTextFault> {
  static start(options: VendorSimulatorOptions = {}): Promise<OpenaiTextSimulator> {
    return new OpenaiTextSimulator(options).listen();
  }

  get baseUrl(): string {
    return `${this.origin}/v1`;
  }

  protected promptOf(body: SimulatedBody | null): string {
    return toTextPrompt(body);
  }

  protected async answer(exchange: SimulatedExchange): Promise<void> {
    const { request, response, fault } = exchange;
    const { apiKey = null } = this.options;
    const given = request.headers['api-key'] ?? request.headers.authorization;
    if (fault === 'echo_key') {
      const message = `Incorrect API key provided: ${String(given)}`;
      const code = 'invalid_api_key';
      return sendRefusal(response, { status: 401, message, type: 'x', code, param: null });
    }
    if (apiKey !== null && given === undefined) return sendFixture(response, 'no_key');
    if (apiKey !== null && given !== apiKey && given !== `Bearer ${apiKey}`) {
      return sendFixture(response, 'bad_key');
    }
    await answerOpenaiText(exchange);
  }
}

export function isTextPath(path: string): boolean {
  return TEXT_PATH.test(path);
}

/** The text in which a marker of a fault is looked for. */
export function toTextPrompt(body: SimulatedBody | null): string {
  const { messages, input } = body?.fields ?? {};
  if (isItems(input)) return input.map((item) => toPromptText(item)).join('\n');
  if (!Array.isArray(messages)) return toText(Array.isArray(input) ? input[0] : input, '');
  return messages.map((message) => toPromptText(message as Fields)).join('\n');
}

function isItems(input: unknown): input is Fields[] {
  return Array.isArray(input) && input.some((item) => typeof item?.role === 'string');
}

/** For a caller whose key was taken. */
export async function answerOpenaiText(exchange: SimulatedExchange): Promise<void> {
  const { response, path, body, fault } = exchange;
  if (isFixtureName(fault)) return sendFixture(response, fault);
  const [, deployment, resource, id = null] = TEXT_PATH.exec(path) ?? [];
  if (resource === 'models') return sendModels(response, id);
  if (resource === undefined || exchange.request.method !== 'POST') {
    return sendFixture(response, 'html_not_found');
  }
  if (!body) return sendFixture(response, 'invalid_value');
  const fields = { ...body.fields, ...(deployment ? { model: deployment } : {}) } as Fields;
  if (resource === 'embeddings') {
    if (!knowsEmbeddingModel(fields.model)) return sendFixture(response, 'model_not_found');
    return answerEmbeddings(response, fields, fault);
  }
  if (resource === 'moderations') {
    if (!knowsModerationModel(fields.model)) return sendFixture(response, 'model_not_found');
    return answerModeration(response, fields, fault);
  }
  if (resource === 'responses') return answerResponses(response, fields, fault);
  await answerChat(response, fields, fault);
}

async function answerResponses(
  response: ServerResponse,
  fields: Fields,
  fault: string | null,
): Promise<void> {
  if (!knowsChatModel(fields.model)) return sendFixture(response, 'model_not_found');
  const read = readResponses(fields, fault);
  if ('refusal' in read) return sendRefusal(response, read.refusal);
  await sendSimulatedResponse(response, fields, read, fault);
}

async function answerChat(
  response: ServerResponse,
  fields: Fields,
  fault: string | null,
): Promise<void> {
  if (!knowsChatModel(fields.model)) return sendFixture(response, 'model_not_found');
  const read = readChat(fields);
  if ('refusal' in read) return sendRefusal(response, read.refusal);
  if (fields.stream === true) return streamCompletion(response, fields, read.reply, fault);
  sendCompletion(response, fields, read.reply, fault);
}
